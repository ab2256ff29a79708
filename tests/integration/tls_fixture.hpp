// A private certificate authority, made with the openssl program, and a server that speaks TLS with what it issued.
// Used by tls_test.cpp and secret_leak_test.cpp beside it.
#pragma once

#include "service/cluster/identity.hpp"
#include "service/cluster/process.hpp"
#include "tests/integration/credential_fixture.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace tripool::test {

/// Keys and certificates in a folder of their own. Names are those of their files, without ".crt" and ".key".
class certificate_workshop {
public:
  std::string operator/(const std::string& name) const { return folder_ / name; }

  /// A certificate authority.
  void make_authority(const std::string& name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
             folder_ / (name + ".key"), "-out", folder_ / (name + ".crt"), "-subj", "/CN=" + name, "-days", "30"});
  }
  /// A certificate that an authority vouches for. `host` empty: one for a client.
  void issue(const std::string& name, const std::string& common_name, const std::string& host,
             const std::string& authority, int days = 30) {
    std::vector<std::string> request{"req",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1",
                                     "-nodes",
                                     "-keyout",
                                     folder_ / (name + ".key"),
                                     "-out",
                                     folder_ / (name + ".csr"),
                                     "-subj",
                                     "/CN=" + common_name};
    if (!host.empty()) request.insert(request.end(), {"-addext", "subjectAltName=DNS:" + host});
    openssl(std::move(request));
    openssl({"x509", "-req", "-in", folder_ / (name + ".csr"), "-CA", folder_ / (authority + ".crt"), "-CAkey",
             folder_ / (authority + ".key"), "-CAcreateserial", "-copy_extensions", "copy", "-days",
             std::to_string(days), "-out", folder_ / (name + ".crt")});
  }
  /// A copy of a key that needs a passphrase.
  void encrypt_key(const std::string& from, const std::string& to, const std::string& passphrase) {
    folder_.put("passphrase", passphrase);
    openssl({"ec", "-aes256", "-in", folder_ / (from + ".key"), "-out", folder_ / (to + ".key"), "-passout",
             "file:" + (folder_ / "passphrase")});
    chmod((folder_ / (to + ".key")).c_str(), 0600);
  }
  const own_folder& folder() const noexcept { return folder_; }

private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    const auto done = cluster::run_checked({.arguments = std::move(arguments), .environment = {"HOME=/nonexistent"}},
                                           std::chrono::seconds{30}, "openssl");
    if (!done) FAIL(cluster::to_string(done.error()));
  }

  own_folder folder_;
};

/// One server with TLS, and the certificates around it:
///   ca: the authority that clients trust; other-ca: one that nobody trusts
///   right, wrong-name, expired (by ca), untrusted (by other-ca): the server's, for "localhost" but for wrong-name
///   client (CN=tls_cert), client-other-name (by ca), client-untrusted (by other-ca)
class tls_server {
public:
  static constexpr const char* password = "scram p@ss/word";

  tls_server() : home_(must(cluster::private_cluster::start(options_of_cluster()))) {
    certs.make_authority("ca");
    certs.make_authority("other-ca");
    certs.issue("right", "localhost", "localhost", "ca");
    certs.issue("wrong-name", "db.elsewhere", "db.elsewhere", "ca");
    certs.issue("expired", "localhost", "localhost", "ca", -1);
    certs.issue("untrusted", "localhost", "localhost", "other-ca");
    certs.issue("client", "tls_cert", "", "ca");
    certs.issue("client-other-name", "somebody_else", "", "ca");
    certs.issue("client-untrusted", "tls_cert", "", "other-ca");
    must(home_.create_role("tls_scram", password));
    must(home_.sql(0, "create role tls_cert login; create table proof (n int); grant all on table proof to public; "
                      "grant all on schema public to public"));
    hand_over("hba", "local all all scram-sha-256\nhostssl all tls_cert 127.0.0.1/32 cert\n"
                     "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    hand_over("ca.crt", read(certs / "ca.crt"));
    must(home_.configure(0, "hba_file", served("hba")));
    must(home_.configure(0, "ssl_ca_file", served("ca.crt")));
    serve("right", "right");
    must(home_.configure(0, "ssl", "on"));
    must(home_.restart_member(0)); // For hba_file.
  }

  /// Serves new sessions with another certificate from now on.
  void present(const std::string& name) {
    serve(name, name);
    await("ssl_cert_file", served(name + ".crt"));
    await("ssl_key_file", served(name + ".key"));
  }
  void set_ssl(bool on) {
    must(home_.configure(0, "ssl", on ? "on" : "off"));
    await("ssl", on ? "on" : "off");
  }
  cluster::private_cluster& home() noexcept { return home_; }

  /// The options of an instance with one pool on this server.
  options pool_options_for(const std::string& user) const {
    auto o = default_options();
    o.pools.resize(1);
    auto& p = o.pools[0];
    const auto at = home_.at(0);
    p.target.host = "localhost";
    p.target.address = at.host;
    p.target.port = at.port;
    p.target.dbname = "postgres";
    p.target.user = user;
    p.connections_min = 1;
    p.connections_max = 2;
    p.target.options = {{"sslmode", "verify-full"}, {"sslrootcert", certs / "ca.crt"}};
    return o;
  }

  certificate_workshop certs;

private:
  static cluster::cluster_options options_of_cluster() {
    cluster::cluster_options o;
    o.standbys = 0;
    return o;
  }
  static std::string read(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::string served(const std::string& name) const { return (home_.state_directory() / name).string(); }
  /// Puts a file where the server's user can read it, and nobody else.
  void hand_over(const std::string& name, const std::string& content) const {
    const auto path = served(name);
    std::ofstream{path + ".new"} << content;
    chmod((path + ".new").c_str(), 0600);
    must(cluster::give_to(must(cluster::server_identity()), path + ".new"));
    std::filesystem::rename(path + ".new", path);
  }
  /// Waits until new sessions have this setting: then the server has read its certificates as well.
  void await(const std::string& parameter, const std::string& value) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (must(home_.value(0, "show " + parameter)) != value) REQUIRE(std::chrono::steady_clock::now() < until);
  }
  void serve(const std::string& name, const std::string& key) {
    hand_over(name + ".crt", read(certs / (name + ".crt")));
    hand_over(name + ".key", read(certs / (key + ".key")));
    must(home_.configure(0, "ssl_cert_file", served(name + ".crt")));
    must(home_.configure(0, "ssl_key_file", served(name + ".key")));
  }

  cluster::private_cluster home_;
};

} // namespace tripool::test
