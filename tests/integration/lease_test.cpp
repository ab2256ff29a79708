// Leases on a real PostgreSQL: what session work leaves behind is gone when the connection comes back.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_session.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct scene {
  answer<lease_handle> lend() { return db.ask<lease_handle>(db.delegate(), acquire{}); }
  answer<result> run(const session_handle& on_it, std::string text) {
    return db.ask<result>(on_it.to, statement{std::move(text)});
  }
  /// Borrows until it is the connection of that server process again.
  lease_handle the_same(std::int32_t pid) {
    std::vector<lease_handle> others; // Kept, so that none of them comes again.
    for (int i = 0; i < 9; ++i) {
      auto l = lend();
      REQUIRE(l);
      if (l->backend_pid == pid) return *l;
      others.push_back(*l);
    }
    FAIL("the connection did not come back");
    return {};
  }

  test_database home;
  running_instance on{home};
  blocking_client db{on.system(), on.delegate()};
};

} // namespace

TEST_CASE("settings, temporary tables, advisory locks and prepared statements end with the lease") {
  scene s;
  auto l = s.lend();
  REQUIRE(l);
  const auto pid = l->backend_pid;
  for (int i = 0; i < 3; ++i) REQUIRE(s.run(*l, "select 1 as prepared_by_now"));
  REQUIRE(s.run(*l, "set work_mem = '7MB'"));
  REQUIRE(s.run(*l, "create temp table mine (k int)"));
  REQUIRE(s.run(*l, "insert into mine values (1)"));
  REQUIRE(s.run(*l, "select pg_advisory_lock(42)"));
  REQUIRE(s.run(*l, "listen somewhere"));
  REQUIRE(s.run(*l, "prepare p as select 1"));
  auto shown = s.run(*l, "show work_mem");
  REQUIRE(shown);
  CHECK(shown->one<std::string>().value() == "7MB");
  REQUIRE_FALSE(s.db.tell(l->to, release{}));

  auto next = s.the_same(pid);
  shown = s.run(next, "show work_mem");
  REQUIRE(shown);
  CHECK(shown->one<std::string>().value() != "7MB");
  auto gone = s.run(next, "select * from mine");
  REQUIRE(!gone);
  CHECK(gone.error().sqlstate == "42P01");
  auto locks = s.run(next, "select count(*)::int from pg_locks where locktype = 'advisory'");
  REQUIRE(locks);
  CHECK(locks->one<int>().value() == 0);
  auto prepared = s.run(next, "select count(*)::int from pg_prepared_statements");
  REQUIRE(prepared);
  CHECK(prepared->one<int>().value() == 0);
  REQUIRE_FALSE(s.db.tell(next.to, release{}));
  for (int i = 0; i < 20; ++i) REQUIRE(s.db.execute(statement{"select 1 as prepared_by_now"}));
}

TEST_CASE("a lease that is dropped is reset as well") {
  scene s;
  std::int32_t pid = 0;
  {
    auto l = s.lend();
    REQUIRE(l);
    pid = l->backend_pid;
    REQUIRE(s.run(*l, "set work_mem = '7MB'"));
    REQUIRE(s.run(*l, "begin"));
  }
  auto next = s.the_same(pid);
  auto shown = s.run(next, "show work_mem");
  REQUIRE(shown);
  CHECK(shown->one<std::string>().value() != "7MB");
}

TEST_CASE("a lease that discards what is prepared goes on") {
  scene s;
  auto l = s.lend();
  REQUIRE(l);
  for (int i = 0; i < 3; ++i) REQUIRE(s.run(*l, "select 1 as a"));
  REQUIRE(s.run(*l, "discard all"));
  for (int i = 0; i < 3; ++i) REQUIRE(s.run(*l, "select 1 as a"));
}

TEST_CASE("transactions by hand and by message on one lease") {
  scene s;
  auto l = s.lend();
  REQUIRE(l);
  REQUIRE(s.run(*l, "create table t (k int)"));
  REQUIRE_FALSE(s.db.tell(l->to, begin{}));
  REQUIRE(s.run(*l, "insert into t values (1)"));
  REQUIRE(s.db.ask<result>(l->to, commit{}));
  REQUIRE(s.run(*l, "begin"));
  REQUIRE(s.run(*l, "insert into t values (2)"));
  REQUIRE(!s.run(*l, "select 1 / 0"));
  auto end = s.run(*l, "commit");
  REQUIRE(!end);
  CHECK(end.error().sqlstate == "25P02");
  batch both;
  both.statements = {statement{"insert into t values (3)"}, statement{"insert into t values (1 / 0)"}};
  CHECK(!s.db.ask<reply>(l->to, both));
  auto n = s.run(*l, "select count(*)::int from t");
  REQUIRE(n);
  CHECK(n->one<int>().value() == 1);
}

TEST_CASE("vacuum runs on a lease, COPY has its own messages") {
  scene s;
  auto l = s.lend();
  REQUIRE(l);
  CHECK(s.run(*l, "create table t (k int)"));
  CHECK(s.run(*l, "vacuum t"));
  auto copy = s.run(*l, "copy t from stdin");
  REQUIRE(!copy);
  CHECK(copy.error().hint.find("copy_in") != std::string::npos);
  CHECK(s.run(*l, "select 1"));
}

TEST_CASE("leases are counted, and those that cannot be had are refused in time") {
  scene s;
  std::vector<lease_handle> all;
  for (;;) {
    acquire x;
    x.pool = "primary";
    x.timeout = 5s; // What the one that cannot be had waits; the others have time to be dialled.
    auto l = s.db.ask<lease_handle>(s.db.delegate(), x);
    if (!l) {
      CHECK(l.error().kind == outcome::not_executed);
      CHECK(l.error().message.find("leases-max") != std::string::npos);
      break;
    }
    all.push_back(*l);
    REQUIRE(all.size() < 100);
  }
  const auto status = s.on.status();
  for (const auto& p : status.pools) {
    if (p.stats.name != "primary") continue;
    CHECK(p.stats.connections.lent == all.size());
    CHECK(p.stats.lent_max == all.size());
  }
  CHECK(s.db.execute(statement{"select 1"})); // Statements are still served.
}
