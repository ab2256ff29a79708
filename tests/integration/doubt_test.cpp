// Doubts on real servers: a lost answer to COMMIT is looked up by the transaction's id, and what was written is read by
// its position in the log.
#include "tests/chaos/proxy.hpp"
#include "tests/integration/credential_fixture.hpp"
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/core/statement/sql.hpp"

#include <chrono>
#include <future>
#include <string>
#include <tuple>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 10s;

statement note(int number) {
  return sql("insert into notes values ($1) returning number", number);
}

/// The shared cluster with a table without any key, so that a second effect shows; the primary behind a proxy.
struct scene {
  test_database home;
  std::optional<test_role> role; ///< Nothing: the superuser.
  chaos::fault_proxy wire;
  running_instance x;
  blocking_client client;

  explicit scene(const std::string& user = {})
    : wire(home.at(0).port, 7), x(home, setup(user)), client{x.system(), x.delegate()} {
    for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
    REQUIRE(x.wait_until_writable(bound));
  }

  instance_setup setup(const std::string& user) {
    instance_setup how;
    home.sql("create table notes (number int)");
    if (!user.empty()) {
      role.emplace(home, user, "a-secret");
      home.sql("grant all on notes to " + user);
      how.user = user;
      how.password = "a-secret";
    }
    how.adjust = [this](options& o) {
      o.pools[0].target.host = "127.0.0.1";
      o.pools[0].target.port = wire.port();
    };
    return how;
  }

  int count(int number) {
    const auto n = client.execute("select count(*)::int from notes where number = $1", number);
    REQUIRE(n);
    return n->one<int>().value();
  }
};

} // namespace

TEST_CASE("when the answers to COMMIT are cut off, writes that are looked up are done once each", "[doubt]") {
  scene s;
  for (int i = 0; i < 20; ++i) {
    const auto before = s.wire.caught();
    s.wire.lay(chaos::ambush::cut_commit, 1);
    auto asked = std::async(std::launch::async, [&s, i] {
      blocking_client mine{s.x.system(), s.x.delegate()};
      auto x = note(i);
      x.resolve = true;
      x.timeout = 8000ms;
      return mine.execute(std::move(x));
    });
    const auto until = std::chrono::steady_clock::now() + bound;
    while (s.wire.caught() == before && asked.wait_for(5ms) != std::future_status::ready)
      REQUIRE(std::chrono::steady_clock::now() < until);
    s.wire.lay(chaos::ambush::none);
    const auto done = asked.get();
    INFO((done ? std::string{} : to_string(done.error())));
    REQUIRE(done);
    CHECK(done->one<int>().value() == i);
  }
  s.wire.mend();
  CHECK(s.wire.caught() >= 10);
  for (int i = 0; i < 20; ++i) CHECK(s.count(i) == 1);
  CHECK(s.x.status().delegate.settled >= 10);
}

TEST_CASE("a look-up that its role may not make leaves the write in doubt, and says why", "[doubt]") {
  scene s{"tripool_test_doubt"};
  s.home.sql("revoke execute on function pg_logical_emit_message(boolean, text, text) from public");
  s.wire.lay(chaos::ambush::cut_commit, 1);
  auto x = note(1);
  x.resolve = true;
  x.timeout = 8000ms;
  const auto done = s.client.execute(std::move(x));
  s.wire.mend();
  REQUIRE(s.wire.caught() == 1);
  REQUIRE_FALSE(done);
  const auto& f = done.error();
  INFO(to_string(f));
  CHECK(f.kind == outcome::in_doubt);
  CHECK(to_string(f).find("the transaction's status could not be asked: permission denied") != std::string::npos);
  CHECK(s.count(1) <= 1);
}

TEST_CASE("a write that fails is told as its server told it, and leaves nothing, though it was to be looked up",
          "[doubt]") {
  scene s;
  auto x = sql("insert into notes values ('many')");
  x.resolve = true;
  const auto refused = s.client.execute(x);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == outcome::rejected);
  CHECK(refused.error().sqlstate == "22P02");
  batch b;
  b.resolve = true;
  b.statements = {note(1), note(2)};
  const auto both = s.client.execute(b);
  REQUIRE(both);
  CHECK(both->size() == 2);
}

TEST_CASE("a read that asks for the position of a write sees it, on a standby too", "[doubt]") {
  scene s;
  int on_standbys = 0;
  wal_position at_last;
  for (int i = 0; i < 300; ++i) {
    auto w = note(i);
    w.report_position = true;
    const auto written = s.client.execute(w);
    INFO((written ? std::string{} : to_string(written.error())));
    REQUIRE(written);
    const auto at = written->receipt().position;
    REQUIRE(at);
    at_last = *at;
    auto r = sql_read("select count(*)::int, pg_is_in_recovery() from notes where number = $1", i);
    r.at_least = at;
    const auto seen = s.client.execute(r);
    INFO((seen ? std::string{} : to_string(seen.error())));
    REQUIRE(seen);
    const auto [rows, standby] = seen->one<std::tuple<int, bool>>().value();
    REQUIRE(rows == 1);
    on_standbys += standby;
  }
  auto only = sql_read("select pg_is_in_recovery()");
  only.pool = "backup";
  only.at_least = wal_position{1, 1};
  const auto there = s.client.execute(only);
  REQUIRE(there);
  CHECK(there->one<bool>().value());
  // Once they are known to have caught up, standbys serve such reads.
  auto last = sql_read("select pg_is_in_recovery()");
  last.at_least = at_last;
  const auto until = std::chrono::steady_clock::now() + bound;
  while (on_standbys == 0) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    const auto seen = s.client.execute(last);
    REQUIRE(seen);
    on_standbys += seen->one<bool>().value();
  }
}
