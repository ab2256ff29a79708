// Servers that cannot be reached, that refuse, or that come later: the pipe starts all the same, answers every
// request by its deadline with what is wrong, serves what it can, and finds the server when it is there. And it tells
// no secret.
#include "tests/integration/pipe_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory.hpp"

#include <string>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool contains(const json& text, const std::string& what) {
  return text.is_string() && text.get<std::string>().find(what) != std::string::npos;
}

/// A port of 127.0.0.1 that accepts connections into the kernel's queue and never says anything; or, when `refuses`,
/// one where nobody listens.
class odd_port {
public:
  explicit odd_port(bool refuses) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    if (!refuses) REQUIRE(listen(fd_, 64) == 0);
    socklen_t size = sizeof at;
    REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  ~odd_port() { close(fd_); }
  odd_port(const odd_port&) = delete;
  odd_port& operator=(const odd_port&) = delete;
  std::uint16_t port() const noexcept { return port_; }

private:
  int fd_;
  std::uint16_t port_ = 0;
};

cluster::endpoint nowhere(std::uint16_t port) {
  return {"127.0.0.1", port, "somebody", "a-secret-password", "app"};
}

/// Asks for a read and a write, and requires the failure of both, in time, with `says` in one of their texts.
void require_not_executed(pipe_session& p, const std::string& says) {
  for (const auto* kind : {"read", "write"}) {
    const auto begin = std::chrono::steady_clock::now();
    auto x = p.ask({{"id", kind}, {"kind", kind}, {"sql", "select 1"}, {"deadline_ms", 700}});
    const auto took = std::chrono::steady_clock::now() - begin;
    INFO(x.dump());
    CHECK(x["ok"] == false);
    CHECK(x["class"] == "not_executed");
    CHECK(took < 700ms + lateness_max);
    CHECK((contains(x["message"], says) || contains(x["detail"], says)));
  }
}

json ask_until_done(pipe_session& p, const std::string& kind) {
  const auto until = std::chrono::steady_clock::now() + 15s;
  json x;
  do {
    x = p.ask({{"id", "again"}, {"kind", kind}, {"sql", "select 1"}, {"deadline_ms", 1000}});
  } while (x["ok"] != true && std::chrono::steady_clock::now() < until);
  return x;
}

} // namespace

TEST_CASE("no server at all: every request is answered in time with what is wrong", "[pipe][unreachable]") {
  odd_port refusing{true};
  SECTION("refused") {
    const auto at = nowhere(refusing.port());
    pipe_session p{pipe_configuration::text({{"primary", at, ""}, {"backup", at, ""}, {"failover", at, ""}})};
    p.await_ready();
    require_not_executed(p, "refused");
    p.require_orderly_end();
  }
  SECTION("accepted and never answered") {
    odd_port silent{false};
    pipe_session p{pipe_configuration::text({{"primary", nowhere(silent.port()), ""}})};
    p.await_ready();
    require_not_executed(p, "no answer"); // To a probe, or to a dial before there was one.
    p.require_orderly_end();
  }
  SECTION("no such host") {
    auto at = nowhere(refusing.port());
    at.host = "no-such-host.invalid";
    pipe_session p{pipe_configuration::text({{"primary", at, ""}})};
    p.await_ready();
    require_not_executed(p, "no-such-host.invalid");
    p.require_orderly_end();
  }
}

TEST_CASE("one unreachable server disturbs nobody who does not need it", "[pipe][unreachable]") {
  test_database home;
  odd_port silent{false};
  auto pools = three_pools(home);
  pools[1].at = nowhere(silent.port());
  const auto begin = std::chrono::steady_clock::now();
  pipe_session p{pipe_configuration::text(pools)};
  p.await_ready();
  // Writes wait until every server has been asked once, for two seconds at most.
  CHECK(std::chrono::steady_clock::now() - begin < 4s);
  CHECK(p.write("create table t (n int)")["ok"] == true);
  for (int i = 0; i < 50; ++i) {
    auto x = p.write("insert into t values ($1)", {i});
    INFO(x.dump());
    CHECK(x["ok"] == true);
    p.require_well();
  }
  // Who insists on it hears why not.
  auto x = p.ask({{"id", 1}, {"kind", "read"}, {"sql", "select 1"}, {"pool", "backup"}, {"deadline_ms", 700}}, 5s);
  INFO(x.dump());
  CHECK(x["class"] == "not_executed");
  p.require_orderly_end();
}

TEST_CASE("a wrong password, user or database is named in the answer", "[pipe][unreachable]") {
  test_database home;
  auto at = home.at(0);
  std::string says;
  SECTION("password") {
    at.password = "not-the-password";
    says = "password authentication failed";
  }
  SECTION("database") {
    at.database = "nonesuch";
    says = "\"nonesuch\" does not exist";
  }
  pipe_session p{pipe_configuration::text({{"primary", at, ""}})};
  p.await_ready();
  require_not_executed(p, says);
  p.require_orderly_end();
  CHECK(p.program.output().find("not-the-password") == std::string::npos);
  CHECK(p.program.errors().find("not-the-password") == std::string::npos);
}

TEST_CASE("a server that is down at the start is found when it comes", "[pipe][unreachable]") {
  test_database home;
  must(home.home().stop_member(0));
  pipe_session p{home};
  p.await_ready();
  // The standbys serve reads meanwhile.
  CHECK(ask_until_done(p, "read")["ok"] == true);
  auto refused = p.ask({{"id", 1}, {"kind", "write"}, {"sql", "select 1"}, {"deadline_ms", 700}});
  INFO(refused.dump());
  CHECK(refused["class"] == "not_executed");
  must(home.home().start_member(0));
  auto x = ask_until_done(p, "write");
  INFO(x.dump());
  CHECK(x["ok"] == true);
  p.require_orderly_end();
}

TEST_CASE("no secret and no parameter is told, even by the most talkative log", "[pipe][secrets]") {
  test_database home;
  const std::string right = home.at(0).password;
  REQUIRE(right.size() >= 4);
  auto pools = three_pools(home);
  pools[1].at.password = "a-wrong-and-secret-password";
  pools.push_back({"dead", nowhere(1), ""});
  pipe_session p{pipe_configuration::text(pools), {"--log-level", "trace"}};
  p.await_ready();
  CHECK(p.write("create table t (n text)")["ok"] == true);
  CHECK(p.write("insert into t values ($1)", {"a-private-value"})["ok"] == true);
  CHECK(p.read("select 1 / $1::int", {0})["ok"] == false);
  CHECK(p.read("select $1::int", {"a-private-value-that-is-no-number"})["ok"] == false);
  CHECK(p.read("selec $1", {"a-private-value"})["ok"] == false);
  REQUIRE(p.program.wait_for_error("pool backup"));
  p.require_orderly_end();
  const auto& log = p.program.errors();
  const auto all = log + p.program.output();
  CHECK(log.find(" debug ") != std::string::npos);
  CHECK(all.find("a-wrong-and-secret-password") == std::string::npos);
  CHECK(all.find("a-secret-password") == std::string::npos);
  CHECK(all.find(right) == std::string::npos);
  CHECK(log.find("a-private-value") == std::string::npos);
}
