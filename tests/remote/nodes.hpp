// Tripool nodes and callers for the tests of remote callers: a node in this process or in one of its own, a caller with
// an actor system of its own, and the certificates that they show each other.
// Used by the tests beside it.
#pragma once

#include "service/app/system.hpp"
#include "service/cluster/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_program.hpp"
#include "tests/support/test_cluster.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/actors/remote/publish.hpp"
#include "tripool/actors/remote/remote_delegate.hpp"
#include "tripool/actors/status.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// A folder of its own, removed at the end.
class remote_folder {
public:
  remote_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "tripool-remote-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) FAIL("no temporary folder");
    path_ = pattern;
  }
  ~remote_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  remote_folder(const remote_folder&) = delete;
  remote_folder& operator=(const remote_folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

/// Certificates: authority `name` and, by it, one for both sides.
class remote_certificates {
public:
  /// Returns the files of a party whose certificate comes from `authority` and that trusts `trusted`.
  remote_tls_files issue(const std::string& name, const std::string& authority, const std::string& trusted) {
    for (const auto& a : {authority, trusted})
      if (!std::filesystem::exists(folder_ / (a + ".crt"))) make_authority(a);
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
             folder_ / (name + ".key"), "-out", folder_ / (name + ".csr"), "-subj", "/CN=" + name});
    openssl({"x509", "-req", "-in", folder_ / (name + ".csr"), "-CA", folder_ / (authority + ".crt"), "-CAkey",
             folder_ / (authority + ".key"), "-CAcreateserial", "-days", "30", "-out", folder_ / (name + ".crt")});
    return {folder_ / (name + ".crt"), folder_ / (name + ".key"), folder_ / (trusted + ".crt")};
  }

private:
  void make_authority(const std::string& name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
             folder_ / (name + ".key"), "-out", folder_ / (name + ".crt"), "-subj", "/CN=" + name, "-days", "30"});
  }
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    must(cluster::run_checked({.arguments = std::move(arguments), .environment = {"HOME=/nonexistent"}},
                              std::chrono::seconds{30}, "openssl"));
  }

  remote_folder folder_;
};

/// A node in this process.
class local_node {
public:
  explicit local_node(test_database& on, std::string address = "127.0.0.1", gate_limits limits = {},
                      const remote_tls_files& files = {}) {
    const auto wrong = configure_remote(config_, files);
    if (!wrong.empty()) FAIL(wrong);
    system_ = std::make_unique<caf::actor_system>(config_);
    auto o = default_options();
    o.pools.resize(1);
    const auto at = on.at(0);
    auto& p = o.pools[0];
    p.target.host = at.host;
    p.target.port = at.port;
    p.target.dbname = at.database;
    p.target.user = at.user;
    p.connections_max = 8;
    p.codel_interval = std::chrono::hours{1}; // A slow machine is no overload.
    instance_parts parts;
    parts.passwords.emplace(p.name, secret{std::string{at.password}});
    if (const char* level = std::getenv("TRIPOOL_TEST_LOG")) parts.log = service::make_log(level);
    db_ = std::make_unique<instance>(*system_, std::move(o), std::move(parts));
    listen_options how;
    how.host = std::move(address);
    how.tls = !files.empty();
    how.limits = limits;
    how.version = "as tested";
    auto out = publish_delegate(*system_, *db_, how);
    if (!out) FAIL(out.error());
    gate_ = out->gate;
    at_ = {how.host, out->port};
  }
  ~local_node() { stop(std::chrono::seconds{0}); }
  local_node(const local_node&) = delete;
  local_node& operator=(const local_node&) = delete;

  /// As a service that is stopped: takes nothing new, finishes, ends.
  void stop(duration limit) {
    gate_ = nullptr;
    if (db_) db_->stop(limit);
    db_.reset();
    system_.reset();
  }
  const remote_node& at() const noexcept { return at_; }
  caf::actor_system& system() noexcept { return *system_; }
  const caf::actor& delegate() const noexcept { return db_->delegate(); }
  gate_status gate() {
    blocking_client ask{*system_, db_->delegate()};
    auto out = ask.ask<gate_status>(gate_, get_status{});
    if (!out) FAIL(to_string(out.error()));
    return *out;
  }
  service_status status() {
    blocking_client ask{*system_, db_->delegate()};
    auto out = ask.ask<service_status>(db_->delegate(), get_service_status{});
    if (!out) FAIL(to_string(out.error()));
    return *out;
  }

private:
  service::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<instance> db_;
  caf::actor gate_;
  remote_node at_;
};

/// A caller with a proxy for some nodes.
class remote_caller {
public:
  explicit remote_caller(std::vector<remote_node> nodes, const remote_tls_files& files = {},
                         const remote_limits& limits = {}) {
    const auto wrong = configure_remote(config_, files);
    if (!wrong.empty()) FAIL(wrong);
    system_ = std::make_unique<caf::actor_system>(config_);
    remote_options how;
    how.nodes = std::move(nodes);
    how.tls = !files.empty();
    how.limits = limits;
    proxy_ = spawn_remote_delegate(*system_, std::move(how));
  }
  ~remote_caller() { end(); }
  remote_caller(const remote_caller&) = delete;
  remote_caller& operator=(const remote_caller&) = delete;

  /// Goes away, with everything that it had open.
  void end() {
    if (proxy_) caf::anon_send_exit(proxy_, caf::exit_reason::kill);
    proxy_ = nullptr;
    system_.reset();
  }
  caf::actor_system& system() noexcept { return *system_; }
  const caf::actor& proxy() const noexcept { return proxy_; }
  blocking_client client() { return blocking_client{*system_, proxy_}; }
  remote_status status() {
    auto c = client();
    auto out = c.ask<remote_status>(proxy_, get_status{});
    if (!out) FAIL(to_string(out.error()));
    return *out;
  }
  /// Waits until so many nodes are up.
  bool wait_for_nodes(std::size_t n, std::chrono::seconds limit = std::chrono::seconds{20}) {
    return cluster::wait_until(limit, [&] {
      std::size_t up = 0;
      for (const auto& x : status().nodes) up += x.state == "up" ? 1 : 0;
      return up == n;
    });
  }

private:
  service::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::actor proxy_;
};

/// A statement with a time limit.
inline statement asking(std::string text, access mode = access::write,
                        std::chrono::milliseconds timeout = std::chrono::seconds{10}) {
  statement s;
  s.text = std::move(text);
  s.mode = mode;
  s.format = result_format::text;
  s.timeout = timeout;
  return s;
}

/// Has a write of this caller lose its server session while it runs; returns what it was answered.
inline failure doubtful_write(test_database& home, remote_caller& caller) {
  caf::scoped_actor self{caller.system()};
  auto pending = self->request(caller.proxy(), caf::infinite, asking("select pg_sleep(20), 'doubtful'"));
  const std::string which = " from pg_stat_activity where state = 'active' and query like 'select pg_sleep%doubtful%'";
  REQUIRE(cluster::wait_until(std::chrono::seconds{10}, [&] { return home.value("select count(*)" + which) == "1"; }));
  home.sql("select pg_terminate_backend(pid)" + which);
  failure out;
  pending.receive([](const result&) { FAIL("it was done"); }, [&](const caf::error& e) { out = failure_of(e); });
  return out;
}

} // namespace tripool::test
