// Configuration in CAF's syntax: what is read from where, and how errors name their place.
#include "tests/support/catch.hpp"

#include "tripool/actors/config/load.hpp"

#include <caf/actor_system_config.hpp>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdlib.h>
#include <unistd.h>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

std::string errors_of(const load_result& x) {
  const auto* errors = std::get_if<std::vector<config_error>>(&x);
  return errors == nullptr ? std::string{} : to_string(*errors);
}

std::string errors_of(std::string text) {
  return errors_of(load_text(std::move(text), "t.conf"));
}

loaded_config good(std::string text) {
  auto x = load_text(std::move(text), "t.conf");
  INFO(errors_of(x));
  REQUIRE(std::holds_alternative<loaded_config>(x));
  return std::move(std::get<loaded_config>(x));
}

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

caf::settings read_by_caf(const std::string& text) {
  std::istringstream in{text};
  auto x = caf::actor_system_config::parse_config(in);
  REQUIRE(x);
  return std::move(*x);
}

// A file that is removed again.
struct temporary_file {
  std::string path;
  explicit temporary_file(const std::string& text) {
    char name[] = "/tmp/tripool-config-XXXXXX";
    const int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    close(fd);
    path = name;
    std::ofstream{path} << text;
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::remove(path.c_str()); }
};

const std::string two_pools = R"(
[tripool]
log-level = "warn"   ; a comment
drain-timeout = 10s
pools {
  primary {
    connection = "host=db1 port=5433 dbname=app user=alice"
    connections-max = 20
  }
  ; between two pools
  backup { host = "db2", port = 5434, sslmode = "verify-full" }
}
monitor = { heartbeat-interval = 500ms }
)";

} // namespace

TEST_CASE("groups may be nested in braces") {
  const auto x = good(two_pools);
  REQUIRE(x.options.pools.size() == 2);
  const auto& primary = x.options.pools[0];
  CHECK(primary.name == "primary");
  CHECK(primary.target.host == "db1");
  CHECK(primary.target.port == 5433);
  CHECK(primary.target.dbname == "app");
  CHECK(primary.target.user == "alice");
  CHECK(primary.connections_max == 20);
  CHECK(x.options.pools[1].target.host == "db2");
  CHECK(x.options.monitor.heartbeat_interval == 500ms);
  CHECK(x.options.log_level == "warn");
  CHECK(x.options.drain_timeout == 10s);
  CHECK(x.warnings.empty());
}

TEST_CASE("groups may be sections of their own, also several of one group") {
  const auto x = good("[tripool.pools.primary]\nhost = \"a\"\n"
                      "[tripool.pools.backup]\nhost = \"b\"\n"
                      "[tripool.pools.primary]\nport = 1\n"
                      "[tripool.requests]\ndeadline = \"1h\"\n");
  REQUIRE(x.options.pools.size() == 2);
  CHECK(x.options.pools[0].target.host == "a");
  CHECK(x.options.pools[0].target.port == 1);
  CHECK(x.options.pools[1].target.host == "b");
  CHECK(x.options.requests.deadline == 1h);
}

TEST_CASE("the whole group may stand at the top of the file without a section") {
  CHECK(good("tripool {\n pools { only { host = \"a\" } }\n}\n[other]\nx = 1\n").options.pools.size() == 1);
}

TEST_CASE("what stands outside the group belongs to the application") {
  const auto x = good("scheduler { max-threads = 2 }\n[logger]\nverbosity = 'trace'\n[tripool.pools.primary]\n"
                      "host = \"a\"\n[mine]\nxs = [1, {a = 2}, [3]]\n");
  CHECK(x.options.pools.size() == 1);
}

TEST_CASE("errors name the file, the line, the key, the value and what is allowed") {
  CHECK(errors_of("; first\n\n[tripool.pools.primary]\nconnections-max = 0\nhost = 5\n")
        == "t.conf:4: tripool.pools.primary.connections-max = 0: must be 1 to 1000 connections\n"
           "t.conf:5: tripool.pools.primary.host = 5: is an integer, but a text is wanted: a text in double quotes");
  CHECK(errors_of("\n[tripool.pools.primary]\nqueue-max = [1, 2]\n")
        == "t.conf:3: tripool.pools.primary.queue-max = a list: is a list, but an integer is wanted: 1 to 1000000 "
           "requests");
  CHECK(contains(errors_of("[tripool.pools.primary]\nconnections-min = 5\nconnections-max = 2\n"),
                 "t.conf:2: tripool.pools.primary.connections-min = 5: is above connections-max = 2 in line 3"));
  CHECK(
    contains(errors_of("[tripool]\npools {\n primary {\n  prot = 1\n }\n}\n"), "t.conf:4: tripool.pools.primary.prot"));
  CHECK(contains(errors_of("[tripool]\npools {\n primary {\n  tls {\n   x = 1\n  }\n }\n}\n"),
                 "t.conf:4: tripool.pools.primary.tls: there is no such group"));
}

TEST_CASE("syntax errors name file, line and column") {
  const std::string head = "[tripool.pools.primary]\n";
  CHECK(errors_of(head + "# no\n") == "t.conf:2:1: unexpected '#': a comment begins with a semicolon");
  CHECK(contains(errors_of(head + "host = db1\n"), "t.conf:2:8: the value of host is none: a text stands in double"));
  CHECK(contains(errors_of(head + "host = \"db1\n"), "t.conf:2:12: the line ends before the value of host does"));
  CHECK(
    contains(errors_of(head + "connection = \"host=a\nport=1\"\n"), "t.conf:2:21: the line ends before the value of"));
  CHECK(contains(errors_of(head + "lifetime = 30 s\n"), "t.conf:2:16: only a comment may follow a value"));
  CHECK(contains(errors_of(head + "lifetime = 30m\n"), "t.conf:2:15: the value of lifetime is no number; durations"));
  CHECK(contains(errors_of(head + "lifetime = 1.5h\n"), "t.conf:2"));
  CHECK(contains(errors_of(head + "lifetime = 1.5s\n"), "a duration has no fraction"));
  CHECK(contains(errors_of(head + "port = 99999999999999999999\n"), "t.conf:2:"));
  CHECK(contains(errors_of(head + "host = 'far-too-long-word'\n"), "a text stands in double quotes"));
  CHECK(contains(errors_of(head + "host = \"a\\d\"\n"), "after a backslash only"));
  CHECK(contains(errors_of("tripool { pools { primary { host = \"a\" }\n"), "the file ends in the middle"));
  CHECK(contains(errors_of(head + "port = 1 host = \"a\"\n"), "t.conf:2: the line should end before host"));
  CHECK(contains(errors_of(head + "port\n"), "t.conf:2:5: the line ends too early"));
}

TEST_CASE("a text that would break the parser is refused before") {
  CHECK(contains(errors_of(std::string{"[tripool]\na\0b", 13}), "t.conf:2:2: a NUL byte"));
  CHECK(
    contains(errors_of("[tripool.pools.primary]\nlifetime = 9999999999h\n"), "t.conf:2:12: the duration is too long"));
  CHECK(contains(errors_of("x = " + std::string(100'000, '[')), "nested more than 32 levels deep"));
  CHECK(contains(errors_of("x = " + std::string(100'000, '{')), "nested more than 32 levels deep"));
  // Within texts and comments all of that is harmless.
  CHECK(good("; {{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{\n[tripool.pools.primary]\nhost = \"9999999999h\"\n")
          .options.pools.front()
          .target.host
        == "9999999999h");
}

TEST_CASE("line ends of other systems and a byte order mark do no harm") {
  CHECK(good("\xEF\xBB\xBF[tripool.pools.primary]\r\nhost = \"a\"\r\n").options.pools.front().target.host == "a");
}

TEST_CASE("a file without the group, or with a wrong name for it, is an error") {
  CHECK(errors_of("") == "t.conf: there is no group tripool: settings stand below [tripool]");
  CHECK(contains(errors_of("[tripol.pools.primary]\nhost = \"a\"\n"), "there is a group tripol"));
  CHECK(contains(errors_of("tripool = 5\n"), "t.conf:1: tripool is a group"));
  CHECK(contains(errors_of("[tripool]\n"), "no pool is configured"));
}

TEST_CASE("files that cannot be read are errors that say why") {
  CHECK(errors_of(load_file("/nonexistent/t.conf"))
        == "/nonexistent/t.conf: cannot be read: No such file or directory");
  CHECK(errors_of(load_file("/tmp")) == "/tmp: is a folder, not a file");
}

TEST_CASE("a password in the file reaches nothing but the secret") {
  const auto x = good("[tripool.pools.primary]\nconnection = \"postgresql://alice:hunter2@db1/app\"\n");
  CHECK(std::string{x.inline_passwords.at("primary").reveal()} == "hunter2");
  REQUIRE(x.warnings.size() == 1);
  CHECK_FALSE(contains(x.warnings.front(), "hunter2"));
  CHECK(x.options.pools.front().target.user == "alice");
  for (const auto* connection : {"host=a hunter2", "postgresql://alice:hunter2@db1:port/app", "hunter2"}) {
    const auto errors = errors_of(std::string{"[tripool.pools.primary]\nconnection = \""} + connection + "\"\n");
    INFO(errors);
    CHECK(contains(errors, "t.conf:2: tripool.pools.primary.connection: "));
    CHECK_FALSE(contains(errors, "hunter2"));
  }
}

TEST_CASE("a password file that cannot be read is a warning") {
  const auto x = good("[tripool.pools.primary]\nhost = \"a\"\npassword-file = \"/nonexistent/secret\"\n");
  REQUIRE(x.warnings.size() == 1);
  CHECK(contains(x.warnings.front(), "pool primary: /nonexistent/secret cannot be read now: No such file"));
}

TEST_CASE("settings that CAF has read are taken over") {
  auto x = load(read_by_caf(two_pools));
  INFO(errors_of(x));
  REQUIRE(std::holds_alternative<loaded_config>(x));
  const auto& loaded = std::get<loaded_config>(x);
  REQUIRE(loaded.options.pools.size() == 2);
  CHECK(loaded.options.pools[0].target.host == "db1");
  CHECK(loaded.options.monitor.heartbeat_interval == 500ms);
  CHECK(errors_of(load(read_by_caf("x = 1\n"))) == "the settings hold no group tripool");
  CHECK(errors_of(load(read_by_caf("[tripool]\npools { primary { port = 0 } }\n")))
        == "tripool.pools.primary.port = 0: must be 1 to 65535");
}

TEST_CASE("given the file, settings that CAF has read have lines, and pools keep their order") {
  const std::string text = "[tripool]\npools {\n zulu { port = 0 }\n alpha {\n  port = 70000\n }\n}\n";
  const temporary_file file{text};
  CHECK(errors_of(load(read_by_caf(text), file.path))
        == file.path + ":3: tripool.pools.zulu.port = 0: must be 1 to 65535\n" + file.path
             + ":5: tripool.pools.alpha.port = 70000: must be 1 to 65535");
  auto overridden = read_by_caf(text);
  caf::put(overridden, "tripool.pools.zulu.port", 1);
  caf::put(overridden, "tripool.pools.alpha.port", 2);
  auto x = load(overridden, file.path);
  INFO(errors_of(x));
  REQUIRE(std::holds_alternative<loaded_config>(x));
  CHECK(std::get<loaded_config>(x).options.pools[0].name == "zulu");
}

TEST_CASE("sections that CAF loses are found") {
  const std::string text = "[tripool.pools.primary]\nport = 1\n[tripool.pools.backup]\nport = 2\n";
  const temporary_file file{text};
  CHECK(contains(errors_of(load(read_by_caf(text), file.path)),
                 file.path + ":2: tripool.pools.primary.port: was lost when CAF read the file"));
}
