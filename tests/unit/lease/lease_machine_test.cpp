// What a borrowed session's machine promises while its server answers: order, states, savepoints, the end.
#include "tests/support/catch.hpp"
#include "tests/unit/lease/lease_bench.hpp"

#include "tripool/core/lease/traces.hpp"
#include "tripool/core/result/parameter_change.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;
using phase = lease_machine::phase;

TEST_CASE("lease: commands run in their order and share round trips", "[lease]") {
  lease_bench b;
  REQUIRE(b.open(b.transaction())->is_done());
  b.link().hold();
  const auto x = b.run("insert a 1");
  const auto y = b.run("select a");
  const auto end = b.commit();
  b.drain();
  CHECK(b.db.ledger().committed("insert a 1") == 1); // All of it is on its way before the first answer.
  b.link().release_all();
  b.drain();
  CHECK(x->is_done());
  CHECK(y->done->results.front().size() == 1);
  CHECK(end->is_done());
  CHECK(b.state() == phase::over);
  CHECK(b.machine->ended_as() == "was committed");
}

TEST_CASE("lease: statements are prepared at their second use, as elsewhere", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  for (int i = 0; i < 3; ++i) b.run("select a");
  b.drain();
  CHECK(b.backend().prepared_statements() == 1);
  b.rollback();
  b.drain();
  CHECK(b.machine->take_statements().prepared() == 1); // They stay with the session.
}

TEST_CASE("lease: names that the session has lost are prepared anew", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  for (int i = 0; i < 2; ++i) b.run("select a");
  b.drain();
  b.backend().forget_statements();
  const auto x = b.run("select a");
  b.drain();
  CHECK(x->is_done());
  b.run("select a");
  b.drain();
  b.db.change_schema();
  const auto y = b.run("select a");
  b.drain();
  CHECK(y->is_done());
}

TEST_CASE("lease: nothing is asked of a transaction that is being ended, or has ended", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.commit();
  const auto at_once = b.run("insert a 1");
  b.drain();
  const auto late = b.run("insert b 1");
  for (const auto& x : {at_once, late}) {
    REQUIRE(x->is(outcome::rejected));
    CHECK(x->failed->sqlstate == "25000");
    CHECK_FALSE(x->failed->hint.empty());
  }
  CHECK(b.db.ledger().executed("insert a 1") == 0);
}

TEST_CASE("lease: a failed transaction says where it failed, and that its COMMIT became a ROLLBACK", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("insert a 1");
  const auto bad = b.run("insart");
  const auto after = b.run("insert c 1");
  const auto end = b.commit();
  b.drain();
  CHECK(bad->failed->sqlstate == "42601");
  CHECK(after->failed->sqlstate == "25P02");
  CHECK(after->failed->detail.find("42601") != std::string::npos);
  REQUIRE(end->is(outcome::rejected));
  CHECK(end->failed->sqlstate == "25P02");
  CHECK(b.db.ledger().commits().empty());
  CHECK(b.state() == phase::over);
}

TEST_CASE("lease: an error of the COMMIT itself is the transaction's", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before_commit, fault_kind::error, "40001"});
  b.run("insert a 1");
  const auto end = b.commit();
  b.drain();
  REQUIRE(end->is(outcome::rejected));
  CHECK(end->failed->sqlstate == "40001");
  CHECK(b.state() == phase::over);
}

TEST_CASE("lease: savepoints are known by name, and an unknown one harms nothing", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("insert a 1");
  b.savepoint("x");
  b.savepoint("y");
  b.run("insart");
  const auto back = b.rollback_to("x");
  const auto gone = b.rollback_to("y");
  const auto unknown = b.rollback_to("z");
  const auto empty = b.savepoint("");
  const auto longest = b.savepoint(std::string(64, 'n'));
  b.run("insert b 1");
  const auto end = b.commit();
  b.drain();
  CHECK(back->is_done());
  CHECK(gone->failed->sqlstate == "3B001");
  CHECK(unknown->failed->sqlstate == "3B001");
  CHECK(empty->failed->sqlstate == "42601");
  CHECK(longest->failed->sqlstate == "42622");
  CHECK(end->is_done());
  CHECK(b.db.ledger().committed("insert b 1") == 1);
}

TEST_CASE("lease: names are quoted", "[lease]") {
  CHECK(quote_name("a") == "\"a\"");
  CHECK(quote_name("a\"; drop table t; --") == "\"a\"\"; drop table t; --\"");
  CHECK(begin_text({isolation::serializable, true, true}) == "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE");
  CHECK(begin_text({}) == "BEGIN");
}

TEST_CASE("lease: a lease's state is thrown away, a clean transaction's is kept", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.run("set a b");
  b.drain();
  CHECK(b.backend().settings().size() == 1);
  const auto end = b.release();
  b.drain();
  CHECK(end->is_done());
  CHECK(b.backend().settings().empty());
  CHECK(b.machine->was_reset());
  lease_bench c;
  c.open(c.transaction());
  c.run("insert a 1");
  c.commit();
  c.drain();
  CHECK(c.state() == phase::over);
  CHECK_FALSE(c.machine->was_reset());
}

TEST_CASE("lease: what may leave traces is known by name", "[lease]") {
  CHECK(may_leave_traces("select set_config('a', 'b', false)"));
  CHECK(may_leave_traces("select PG_Advisory_Lock(1)"));
  CHECK(may_leave_traces("select pg_try_advisory_lock_shared(1)"));
  CHECK(may_leave_traces("do $$ begin set a = b; end $$"));
  CHECK_FALSE(may_leave_traces("select pg_advisory_xact_lock(1)"));
  CHECK_FALSE(may_leave_traces("update t set config = 1"));
  CHECK_FALSE(may_leave_traces(""));
}

TEST_CASE("lease: a transaction with traces is reset", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("select pg_advisory_lock(1)");
  b.rollback();
  b.drain();
  CHECK(b.state() == phase::over);
  CHECK(b.machine->was_reset());
}

TEST_CASE("lease: a session that cannot be reset is closed", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.run("insert a 1");
  b.drain();
  b.db.hang();
  const auto end = b.release();
  b.drain();
  CHECK(end->answers == 0);
  b.pass(b.limits.cancel_grace);
  CHECK(end->is_done()); // It is given back, one way or another.
  CHECK(b.closed);
}

TEST_CASE("lease: a dropped handle lets finish what was asked, and rolls the rest back", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  const auto x = b.run("insert a 1");
  b.machine->dropped();
  b.drain();
  CHECK(x->is_done());
  CHECK(b.state() == phase::over);
  CHECK(b.db.ledger().commits().empty());
  CHECK(b.machine->ended_as() == "was rolled back");
}

TEST_CASE("lease: commands beyond queue-max are refused, and harm nothing", "[lease]") {
  lease_bench b;
  b.limits.queue_max = 3;
  b.open(b.transaction());
  std::vector<recorded> all;
  for (int i = 0; i < 5; ++i) all.push_back(b.run("insert a" + std::to_string(i) + " 1"));
  b.drain();
  CHECK(all[2]->is_done());
  REQUIRE(all[3]->is(outcome::not_executed));
  CHECK(all[3]->failed->why == cause::queue_full);
}

TEST_CASE("lease: a result that is too large is cancelled", "[lease]") {
  lease_bench b;
  b.limits.result_bytes_max = 1000;
  b.open(b.lease());
  auto [r, x] = make_recorded(
    [] {
      statement s{"select big 5000"};
      s.mode = access::read;
      return s;
    }(),
    b.now, b.now + 1s);
  b.machine->submit(lease_task::statement, std::move(r), {}, b.now);
  b.drain();
  REQUIRE(x->is(outcome::rejected));
  CHECK(x->failed->why == cause::result_too_large);
}

TEST_CASE("lease: a write that meets a read-only server is trouble for the pool", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.set_read_only(true);
  const auto x = b.run("insert a 1");
  b.drain();
  CHECK(x->is(outcome::not_executed));
  REQUIRE(b.troubles.size() == 1);
  CHECK(b.troubles.front().sqlstate == "25006");
}

TEST_CASE("lease: a borrower that may have made itself read-only does not bring trouble on the pool", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("set transaction read only");
  b.db.set_read_only(true);
  const auto x = b.run("insert a 1");
  b.drain();
  CHECK(x->is(outcome::rejected));
  CHECK(b.troubles.empty());
  b.rollback();
  b.drain();
  using enum read_only_wish;
  for (const char* text : {"begin read only", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ/**/ONLY",
                           "set transaction read  only", "select set_config('transaction_read_only', 'on', true)"})
    CHECK(read_only_wish_of(text) == block);
  for (const char* text :
       {"SET Default_Transaction_Read_Only = on", "set session characteristics as transaction read only",
        "select set_config('default_transaction_read_only', 'on', false)"})
    CHECK(read_only_wish_of(text) == session);
  for (const char* text : {"select 'read only'", "begin read write", "select read, only from t", "", "select thread",
                           "show transaction_read_only", "update t set is_read_only = true"})
    CHECK(read_only_wish_of(text) == none);
}

TEST_CASE("lease: a read-only session of the borrower's ends when the server reports so", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.run("set default_transaction_read_only = on");
  b.drain();
  CHECK(b.machine->read_only_by_borrower());
  b.machine->on_parameter("default_transaction_read_only", "on");
  CHECK(b.machine->read_only_by_borrower());
  b.machine->on_parameter("default_transaction_read_only", "off");
  CHECK_FALSE(b.machine->read_only_by_borrower());
  b.db.set_read_only(true);
  const auto x = b.run("insert a 1");
  b.drain();
  CHECK(x->is(outcome::not_executed));
  CHECK(b.troubles.size() == 1);
}

TEST_CASE("lease: a read-only block of the borrower's ends with the block", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.link().hold();
  b.db.set_read_only(true);
  const auto before = b.run("insert a 1"); // On its way when the block begins: the server's own word.
  b.run("begin read only");
  const auto inside = b.run("insert a 2");
  b.run("rollback");
  const auto after = b.run("insert a 3");
  b.drain();
  b.link().release_all();
  b.drain();
  CHECK(before->is(outcome::not_executed));
  CHECK(inside->is(outcome::rejected));
  CHECK(after->is(outcome::not_executed));
  CHECK(b.troubles.size() == 2);
}

TEST_CASE("lease: a session whose borrower is gone before it opens does not wait for ever to be opened", "[lease]") {
  lease_bench b;
  auto [order, answer] = make_recorded(b.transaction(), b.now, b.now + b.deadline);
  b.machine.emplace(b.limits, server_info{}, statement_cache{b.limits.statement_cache}, std::move(order), b.now, b.now);
  b.machine->abandon({}, b.now);
  b.link().lose_writes(); // The server's machine is gone, and nobody says so.
  b.drain();
  CHECK(answer->answers == 1);
  b.pass(2 * b.limits.cancel_grace + 1s);
  CHECK_FALSE(b.is_open());
  CHECK(b.state() == phase::lost);
}

TEST_CASE("lease: a transaction that lacks a statement which was turned away is not committed", "[lease]") {
  lease_bench b;
  b.limits.queue_max = 2;
  b.open(b.transaction());
  b.link().hold();
  const auto first = b.run("insert a 1");
  b.drain();
  const auto second = b.run("insert b 1");
  const auto third = b.run("insert c 1");
  REQUIRE(third->is(outcome::not_executed));
  b.link().release_all();
  b.drain();
  const auto end = b.commit();
  b.drain();
  CHECK(end->is(outcome::rejected));
  CHECK(b.db.store().at("a").empty());
  CHECK(b.db.store().at("b").empty());
}

TEST_CASE("lease: a session terminated while its COMMIT waits for a standby says so, since no status could",
          "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  const auto x = b.run("insert a 1");
  b.drain();
  b.db.set_synchronous(true);
  const auto end = b.commit();
  b.drain();
  REQUIRE(end->answers == 0);
  b.db.terminate_all();
  b.drain();
  b.pass(1s);
  CHECK(end->is(outcome::in_doubt));
  REQUIRE(end->failed);
  CHECK(end->failed->sqlstate == "01000");
}

TEST_CASE("lease: notices and changed settings stay with the statement that ran", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::after, fault_kind::notice, "01000", "exec_stmt_raise"});
  const auto x = b.run("insert a 1");
  const auto y = b.run("select a");
  b.drain();
  REQUIRE(x->is_done());
  REQUIRE(x->done->results.front().notices().size() == 1);
  CHECK(x->done->results.front().notices()[0].sqlstate == "01000");
  CHECK(parameter_changes(x->done->results.front()).empty());
  REQUIRE(y->is_done());
  CHECK(y->done->results.front().notices().empty());
  b.machine->on_parameter("TimeZone", "UTC"); // Nothing runs: nobody is told.
  b.link().hold();
  const auto z = b.run("select a");
  b.drain();
  b.machine->on_parameter("TimeZone", "Asia/Kolkata");
  b.link().release_all();
  b.drain();
  REQUIRE(z->is_done());
  CHECK(parameter_changes(z->done->results.front()) == std::vector<parameter_change>{{"TimeZone", "Asia/Kolkata"}});
}
