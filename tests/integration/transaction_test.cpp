// Transactions on a real PostgreSQL: isolation, conflicts, savepoints, and what becomes of one whose borrower, time or
// connection is gone.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_session.hpp"

#include <memory>
#include <string>
#include <utility>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A database with one table of two rows, and clients.
struct scene {
  scene() {
    REQUIRE(main.execute(statement{"create table t (k int primary key, v int)"}));
    REQUIRE(main.execute(statement{"insert into t values (1, 10), (2, 20)"}));
  }

  answer<transaction_handle> open(blocking_client& by, begin x = {}) {
    return by.ask<transaction_handle>(by.delegate(), std::move(x));
  }
  answer<result> run(blocking_client& by, const session_handle& t, std::string text,
                     std::chrono::milliseconds limit = 5s) {
    statement s{std::move(text)};
    s.timeout = limit;
    return by.ask<result>(t.to, std::move(s));
  }
  answer<result> commit_of(blocking_client& by, const session_handle& t) { return by.ask<result>(t.to, commit{}); }
  int value(int key) {
    auto x = main.execute(statement{"select v from t where k = " + std::to_string(key)});
    REQUIRE(x);
    return x->one<int>().value();
  }
  /// Waits until nothing is lent and no transaction is open on the server.
  void wait_until_given_back() {
    for (int i = 0; i < 100; ++i) {
      std::size_t lent = 0;
      for (const auto& p : on.status().pools) lent += p.stats.connections.lent;
      auto open = main.execute(statement{"select count(*)::int from pg_stat_activity where backend_type = "
                                         "'client backend' and state like 'idle in%'"});
      REQUIRE(open);
      if (lent == 0 && open->one<int>().value() == 0) return;
      // Each round asks the server, which takes its time.
      REQUIRE(main.execute(statement{"select pg_sleep(0.05)"}));
    }
    FAIL("a connection was not given back");
  }

  test_database home;
  running_instance on{home};
  blocking_client main{on.system(), on.delegate()};
};

} // namespace

TEST_CASE("a transaction is seen by others when it is committed, not before") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 11 where k = 1"));
  CHECK(s.value(1) == 10);
  auto end = s.commit_of(s.main, *t);
  REQUIRE(end);
  CHECK(end->command_tag() == "COMMIT");
  CHECK(s.value(1) == 11);
  auto late = s.run(s.main, *t, "select 1");
  REQUIRE(!late);
  CHECK(late.error().sqlstate == "25000");
  s.wait_until_given_back();
}

TEST_CASE("each isolation level is what the server says it is") {
  scene s;
  const std::pair<isolation, const char*> all[] = {{isolation::standard, "read committed"},
                                                   {isolation::read_committed, "read committed"},
                                                   {isolation::repeatable_read, "repeatable read"},
                                                   {isolation::serializable, "serializable"}};
  for (const auto& [level, name] : all) {
    begin x;
    x.level = level;
    auto t = s.open(s.main, x);
    REQUIRE(t);
    auto shown = s.run(s.main, *t, "show transaction_isolation");
    REQUIRE(shown);
    CHECK(shown->one<std::string>().value() == name);
  }
  begin x;
  x.level = isolation::serializable;
  x.read_only = x.deferrable = true;
  auto t = s.open(s.main, x);
  REQUIRE(t);
  auto bad = s.run(s.main, *t, "update t set v = 0");
  REQUIRE(!bad);
  CHECK(bad.error().kind == outcome::rejected);
  CHECK(bad.error().sqlstate == "25006");
  CHECK(s.commit_of(s.main, *t)); // It was refused before it was sent.
  x.level = isolation::standard;
  auto useless = s.open(s.main, x);
  REQUIRE(!useless);
  CHECK(useless.error().sqlstate == "22023");
}

TEST_CASE("two serializable transactions that cannot both be: one hears 40001") {
  scene s;
  blocking_client other{s.on.system(), s.on.delegate()};
  begin x;
  x.level = isolation::serializable;
  auto a = s.open(s.main, x);
  auto b = s.open(other, x);
  REQUIRE(a);
  REQUIRE(b);
  REQUIRE(s.run(s.main, *a, "select sum(v) from t"));
  REQUIRE(s.run(other, *b, "select sum(v) from t"));
  REQUIRE(s.run(s.main, *a, "update t set v = v + 1 where k = 1"));
  REQUIRE(s.run(other, *b, "update t set v = v + 1 where k = 2"));
  REQUIRE(s.commit_of(s.main, *a));
  auto end = s.commit_of(other, *b);
  REQUIRE(!end);
  CHECK(end.error().kind == outcome::rejected);
  CHECK(end.error().sqlstate == "40001");
  CHECK(s.value(1) == 11);
  CHECK(s.value(2) == 20);
  s.wait_until_given_back();
}

TEST_CASE("savepoints with any name save what came before them") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  const std::string name = "it's \"quoted\"; drop table t";
  REQUIRE(s.run(s.main, *t, "update t set v = 11 where k = 1"));
  CHECK_FALSE(s.main.tell(t->to, savepoint{name}));
  auto bad = s.run(s.main, *t, "insert into t values (1, 1)");
  REQUIRE(!bad);
  CHECK(bad.error().sqlstate == "23505");
  auto failed = s.run(s.main, *t, "select 1");
  REQUIRE(!failed);
  CHECK(failed.error().sqlstate == "25P02");
  auto unknown = s.main.tell(t->to, rollback_to{"other"});
  REQUIRE(unknown);
  CHECK(unknown->sqlstate == "3B001");
  CHECK_FALSE(s.main.tell(t->to, rollback_to{name}));
  REQUIRE(s.run(s.main, *t, "update t set v = 22 where k = 2"));
  CHECK_FALSE(s.main.tell(t->to, release_savepoint{name}));
  REQUIRE(s.commit_of(s.main, *t));
  CHECK(s.value(1) == 11);
  CHECK(s.value(2) == 22);
}

TEST_CASE("a COMMIT that became a ROLLBACK is reported as that") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 11 where k = 1"));
  REQUIRE(!s.run(s.main, *t, "select 1 / 0"));
  auto end = s.commit_of(s.main, *t);
  REQUIRE(!end);
  CHECK(end.error().kind == outcome::rejected);
  CHECK(end.error().sqlstate == "25P02");
  CHECK(end.error().detail.find("22012") != std::string::npos);
  CHECK(s.value(1) == 10);
}

TEST_CASE("a deferred constraint that fails at COMMIT rejects the transaction") {
  scene s;
  REQUIRE(s.main.execute(statement{"create table child (k int references t deferrable initially deferred)"}));
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "insert into child values (99)"));
  auto end = s.commit_of(s.main, *t);
  REQUIRE(!end);
  CHECK(end.error().kind == outcome::rejected);
  CHECK(end.error().sqlstate == "23503");
  s.wait_until_given_back();
}

TEST_CASE("a borrower that dies, a handle that is dropped and a time that is over all roll back") {
  scene s;
  {
    auto mortal = std::make_unique<blocking_client>(s.on.system(), s.on.delegate());
    auto t = s.open(*mortal);
    REQUIRE(t);
    REQUIRE(s.run(*mortal, *t, "update t set v = 0 where k = 1"));
    mortal.reset(); // The handle outlives its borrower.
    s.wait_until_given_back();
    CHECK(s.value(1) == 10);
  }
  {
    auto t = s.open(s.main);
    REQUIRE(t);
    REQUIRE(s.run(s.main, *t, "update t set v = 0 where k = 1"));
    t->hold.reset();
    s.wait_until_given_back();
    CHECK(s.value(1) == 10);
  }
  begin x;
  x.hold_max = 200ms;
  auto t = s.open(s.main, x);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 0 where k = 1"));
  auto slow = s.run(s.main, *t, "select pg_sleep(30)");
  REQUIRE(!slow);
  s.wait_until_given_back();
  CHECK(s.value(1) == 10);
  auto late = s.commit_of(s.main, *t);
  REQUIRE(!late);
  CHECK(late.error().message.find("held for longer") != std::string::npos);
}

TEST_CASE("a statement out of its time is cancelled and its transaction rolled back") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 0 where k = 1"));
  auto slow = s.run(s.main, *t, "select pg_sleep(30)", 200ms);
  REQUIRE(!slow);
  CHECK(slow.error().why == cause::deadline);
  auto end = s.commit_of(s.main, *t);
  REQUIRE(!end);
  CHECK(s.value(1) == 10);
  s.wait_until_given_back();
}

TEST_CASE("a server process that is ended takes its transaction with it, and says so") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 0 where k = 1"));
  REQUIRE(s.main.execute(statement{"select pg_terminate_backend(" + std::to_string(t->backend_pid) + ")"}));
  auto end = s.commit_of(s.main, *t);
  REQUIRE(!end);
  CHECK((end.error().kind == outcome::not_executed || end.error().kind == outcome::in_doubt));
  CHECK(s.value(1) == 10);
  s.wait_until_given_back();
}

TEST_CASE("a borrowed session's actor that is killed leaves nothing open") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 0 where k = 1"));
  caf::anon_send_exit(t->to, caf::exit_reason::kill);
  auto end = s.commit_of(s.main, *t);
  REQUIRE(!end);
  CHECK(end.error().kind == outcome::not_executed);
  s.wait_until_given_back();
  CHECK(s.value(1) == 10);
}

TEST_CASE("instances end with transactions open") {
  scene s;
  auto t = s.open(s.main);
  REQUIRE(t);
  REQUIRE(s.run(s.main, *t, "update t set v = 0 where k = 1"));
  s.on.db().stop(200ms);
  auto late = s.commit_of(s.main, *t);
  REQUIRE(!late);
  CHECK(late.error().kind == outcome::not_executed);
}
