// TLS against a real server with certificates of a private authority: who is let in, who is not, and that the error
// says why.
#include "tests/integration/tls_fixture.hpp"

#include <algorithm>
#include <set>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 15s;

/// Made once for all tests of this file that are run.
tls_server& server() {
  static tls_server made;
  return made;
}

using option_list = std::vector<std::pair<std::string, std::string>>;

/// An instance that dials as `user`, with libpq options beside verify-full and the authority.
struct tls_client {
  explicit tls_client(const std::string& user, const option_list& more = {},
                      const std::function<void(pool_options&)>& adjust = {}) {
    auto o = server().pool_options_for(user);
    auto& p = o.pools[0];
    for (const auto& [key, value] : more) {
      std::erase_if(p.target.options, [&, &k = key](const auto& x) { return x.first == k; });
      if (!value.empty()) p.target.options.emplace_back(key, value);
    }
    if (adjust) adjust(p);
    instance_parts parts;
    if (user == "tls_scram") parts.passwords.emplace("primary", secret{std::string{tls_server::password}});
    db.emplace(std::move(o), std::move(parts));
  }
  void require_served(const std::string& version = "TLSv1") {
    REQUIRE(db->wait_until_writable(bound));
    const auto a = db->ask("select version from pg_stat_ssl where pid = pg_backend_pid()", access::read);
    REQUIRE(a.value);
    CHECK(a.value->starts_with(version));
  }
  std::optional<running_instance> db;
};

void must_refuse(tls_client&& x, const std::string& says) {
  const auto f = require_refused(*x.db, says);
  CHECK(to_string(f).find(tls_server::password) == std::string::npos);
}

/// A certificate of the server for the length of a test.
struct presented {
  explicit presented(const std::string& name) { server().present(name); }
  ~presented() { server().present("right"); }
};

} // namespace

TEST_CASE("the right server is served over TLS, with SCRAM bound to the channel", "[tls]") {
  tls_client{"tls_scram"}.require_served();
  tls_client{"tls_scram", {{"channel_binding", "require"}}}.require_served();
  tls_client{"tls_scram", {{"ssl_min_protocol_version", "TLSv1.3"}}}.require_served("TLSv1.3");
}

TEST_CASE("a server with another name is refused", "[tls]") {
  presented other{"wrong-name"};
  must_refuse(tls_client{"tls_scram"}, "does not match host name \"localhost\"");
}

TEST_CASE("a server with an expired certificate is refused", "[tls]") {
  presented other{"expired"};
  must_refuse(tls_client{"tls_scram"}, "certificate verify failed"); // Its date is all that is wrong with it.
}

TEST_CASE("a server that no trusted authority vouches for is refused", "[tls]") {
  presented other{"untrusted"};
  must_refuse(tls_client{"tls_scram"}, "certificate verify failed");
}

TEST_CASE("an authority's file that is not there is named", "[tls]") {
  must_refuse(tls_client{"tls_scram", {{"sslrootcert", "/nonexistent/ca.crt"}}}, "/nonexistent/ca.crt");
}

TEST_CASE("plaintext is refused by a server that wants TLS", "[tls]") {
  must_refuse(tls_client{"tls_scram", {{"sslmode", "disable"}, {"sslrootcert", ""}}}, "no encryption");
  must_refuse(tls_client{"tls_scram", {{"sslmode", "disable"}, {"sslrootcert", ""}, {"channel_binding", "require"}}},
              "28000");
}

TEST_CASE("a server without TLS is refused by a client that wants it", "[tls]") {
  server().set_ssl(false);
  must_refuse(tls_client{"tls_scram"}, "does not support SSL");
  server().set_ssl(true);
  tls_client{"tls_scram"}.require_served();
}

TEST_CASE("a client's certificate lets in whom it names, and nobody else", "[tls]") {
  const auto& certs = server().certs;
  const auto with = [&](const std::string& name) {
    return option_list{{"sslcert", certs / (name + ".crt")}, {"sslkey", certs / (name + ".key")}};
  };
  {
    tls_client right{"tls_cert", with("client")};
    right.require_served();
    const auto s = right.db->status().carrier.credentials.at(0);
    CHECK(s.source == "client certificate " + (certs / "client.crt"));
    CHECK(s.valid == "accepted");
  }
  must_refuse(tls_client{"tls_cert", with("client-other-name")}, "certificate authentication failed");
  must_refuse(tls_client{"tls_cert", with("client-untrusted")}, "unknown ca");
  must_refuse(tls_client{"tls_cert"}, "valid client certificate");
}

TEST_CASE("a client's key that others may read, or that needs a passphrase, is named before anybody is dialled",
          "[tls]") {
  auto& certs = server().certs;
  certs.folder().put("open.key", "");
  std::filesystem::copy_file(certs / "client.key", certs / "open.key",
                             std::filesystem::copy_options::overwrite_existing);
  chmod((certs / "open.key").c_str(), 0644);
  const auto with = [&](const std::string& key) {
    return option_list{{"sslcert", certs / "client.crt"}, {"sslkey", certs / key}};
  };
  must_refuse(tls_client{"tls_cert", with("open.key")}, "others may use it (mode 0644): chmod 600");
  must_refuse(tls_client{"tls_cert", with("missing.key")}, "missing.key: No such file");
  certs.encrypt_key("client", "locked", "a phrase to pass");
  must_refuse(tls_client{"tls_cert", with("locked.key")}, "no ssl-key-passphrase-file is configured");
  const auto phrase = [&](const std::string& text) {
    certs.folder().put("phrase", text);
    return [&](pool_options& p) { p.credentials.key_passphrase_file = certs / "phrase"; };
  };
  tls_client{"tls_cert", with("locked.key"), phrase("a phrase to pass\n")}.require_served();
  tls_client wrong{"tls_cert", with("locked.key"), phrase("wrong-phrase")};
  const auto f = require_refused(*wrong.db, "could not load private key file");
  CHECK(to_string(f).find("wrong-phrase") == std::string::npos);
}

namespace {

std::set<std::int32_t> backends_of(const service_status& x) {
  std::set<std::int32_t> out;
  for (const auto& c : x.pools.at(0).connections)
    if (c.state == "open") out.insert(c.backend_pid);
  return out;
}

} // namespace

TEST_CASE("a client's certificate that is replaced is used by new connections, and old ones go", "[tls]") {
  auto& certs = server().certs;
  for (const auto* end : {".crt", ".key"})
    std::filesystem::copy_file(certs / (std::string{"client"} + end), certs / (std::string{"rotated"} + end),
                               std::filesystem::copy_options::overwrite_existing);
  tls_client x{
    "tls_cert", {{"sslcert", certs / "rotated.crt"}, {"sslkey", certs / "rotated.key"}}, [](pool_options& p) {
      p.credentials.check_interval = 200ms;
      p.credentials.rotation_spread = 200ms;
    }};
  x.require_served();
  const auto before = x.db->status();
  const auto generation = before.carrier.credentials.at(0).generation;
  const auto backends = backends_of(before);
  REQUIRE_FALSE(backends.empty());
  certs.issue("rotated", "tls_cert", "", "ca");
  REQUIRE(cluster::wait_until(bound, [&] { return x.db->status().carrier.credentials.at(0).generation > generation; }));
  // Each session that the pool had is replaced in the end.
  REQUIRE(cluster::wait_until(bound, [&] {
    const auto now = backends_of(x.db->status());
    return std::none_of(now.begin(), now.end(), [&](auto pid) { return backends.contains(pid); });
  }));
  x.require_served();
}
