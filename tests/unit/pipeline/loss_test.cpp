// What may be claimed when the connection is lost: reads move on, writes that were handed over are in doubt, and what
// provably never ran is said not to have run.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;

TEST_CASE("a connection lost before a lone write runs leaves it in doubt", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::lose});
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->why == cause::connection_lost);
  CHECK(a->failed->server == "db:5432");
  CHECK(a->failed->pool == "primary");
  CHECK(b.db.ledger().executed("insert 1 a") == 0);
}

TEST_CASE("a connection lost before or after the commit leaves a write in doubt", "[pipeline]") {
  const auto at = GENERATE(fault_point::after, fault_point::before_commit, fault_point::after_commit);
  const auto framed = GENERATE(false, true);
  pipeline_bench b;
  b.db.script().add({"insert 1 a", at, fault_kind::lose});
  const auto a = b.write("insert 1 a");
  if (framed) b.write("insert 2 b");
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(b.db.store().at("1").size() == (at == fault_point::after_commit ? 1u : 0u));
}

TEST_CASE("the answer of a committed write that is lost on its way leaves it in doubt", "[pipeline]") {
  pipeline_bench b;
  b.link().hold();
  const auto a = b.write("insert 1 a");
  b.drain();
  b.link().cut();
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(b.db.store().at("1").size() == 1);
}

TEST_CASE("answers that arrived before the loss count", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::lose});
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = b.write("insert 2 b");
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is(outcome::in_doubt));
}

TEST_CASE("a read whose answer is lost moves on, as does a write declared harmless", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"select 1", fault_point::after, fault_kind::lose});
  const auto a = b.read("select 1");
  const auto c = b.harmless("insert 1 a");
  b.drain();
  REQUIRE(b.moves.size() == 2);
  for (const auto& x : b.moves) CHECK(x.why == cause::connection_lost);
  CHECK(a->answers == 1);
  CHECK(c->answers == 1);
}

TEST_CASE("what was not sent when the connection was lost did not run", "[pipeline]") {
  pipeline_bench b;
  b.link().block_writes(true);
  const auto handed = b.write("insert 1 a");
  b.pump();
  const auto waiting = b.write("insert 2 b");
  b.pump();
  CHECK(b.link().unwritten() > 0);
  b.link().cut();
  b.drain();
  CHECK(handed->is(outcome::in_doubt)); // How much left the client's buffer is not known.
  CHECK(waiting->is(outcome::not_executed));
  CHECK(b.db.ledger().entries().empty());
}

TEST_CASE("a FATAL rejects or doubts its own statement, and what stands behind it did not run", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::fatal, "57P01"});
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = b.write("insert 2 b"), d = b.write("insert 3 c");
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->sqlstate == "57P01");
  CHECK(c->is(outcome::not_executed));
  CHECK(d->is(outcome::not_executed));
  CHECK(b.lost);
}

TEST_CASE("a FATAL in the middle of a frame: those before are done, those behind did not run", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::fatal, "57P02"});
  const auto a = b.write("insert 1 a"), c = b.write("insert 2 b"), d = b.write("insert 3 c");
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is(outcome::in_doubt));
  CHECK(d->is(outcome::not_executed));
  CHECK(b.db.ledger().executed("insert 3 c") == 0);
}

TEST_CASE("a FATAL at a Sync leaves its statement in doubt, and what stands behind it did not run", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before_commit, fault_kind::fatal, "25P03"});
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = b.write("insert 2 b"), d = b.write("insert 3 c");
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(c->is(outcome::not_executed));
  CHECK(d->is(outcome::not_executed));
}

TEST_CASE("an idle session that was terminated doubts what was sent to it unaware", "[pipeline]") {
  pipeline_bench b;
  b.db.terminate_all();
  const auto a = b.write("insert 1 a");
  b.pump(); // Looks accepted.
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->sqlstate == "57P01");
}

TEST_CASE("a session that the server ended for its own sake did not run what was sent to it unaware", "[pipeline]") {
  pipeline_bench b;
  b.db.terminate_all("57P05", "terminating connection due to idle-session timeout");
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = b.write("insert 2 b");
  b.drain();
  CHECK(a->is(outcome::not_executed));
  CHECK(c->is(outcome::not_executed));
}

TEST_CASE("a session whose server failed within itself doubts what was sent to it", "[pipeline]") {
  pipeline_bench b;
  b.db.terminate_all("XX000", "internal error");
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->is(outcome::in_doubt));
}

TEST_CASE("a commit whose wait for the synchronous standby was cancelled is in doubt, not done", "[pipeline]") {
  const auto framed = GENERATE(false, true);
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::after_commit, fault_kind::notice, "01000", "SyncRepWaitForLSN"});
  const auto a = b.write("insert 1 a");
  const auto c = framed ? b.write("insert 2 b") : nullptr;
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->sqlstate == "01000");
  if (c) CHECK(c->is_done());
}

TEST_CASE("another warning of SQLSTATE 01000 says nothing about the commit", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::after, fault_kind::notice, "01000", "exec_stmt_raise"});
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->is_done());
}

TEST_CASE("a termination while waiting for the standby is in doubt", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::after_commit, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->answers == 0);
  b.db.terminate_all();
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(b.db.store().at("1").size() == 1);
}

TEST_CASE("a session that refuses an operation did not run what it did not take whole", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.statement_cache = 0;
  pipeline_bench b{limits};
  const std::size_t takes = GENERATE(0u, 1u, 2u, 3u, 4u, 5u, 6u);
  b.link().refuse_sends_after(takes); // BEGIN, INSERT, COMMIT; BEGIN, INSERT, COMMIT; Sync.
  const auto a = b.write("insert 1 a"), c = b.write("insert 2 b");
  b.drain();
  CHECK(a->is(takes < 3 ? outcome::not_executed : outcome::in_doubt));
  CHECK(c->is(takes < 6 ? outcome::not_executed : outcome::in_doubt));
  CHECK(b.db.store().log().empty());
  CHECK(b.lost);
}

TEST_CASE("a lone statement that the session took without its Sync is in doubt: it may commit by itself",
          "[pipeline]") {
  pipeline_bench b;
  const std::size_t takes = GENERATE(0u, 1u);
  b.link().refuse_sends_after(takes);
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->is(takes == 0 ? outcome::not_executed : outcome::in_doubt));
}

TEST_CASE("requests can be taken back while they wait, untouched", "[pipeline]") {
  pipeline_bench b;
  b.link().block_writes(true);
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = b.write("insert 2 b");
  b.drain();
  auto back = b.machine.take_waiting();
  REQUIRE(back.size() == 1);
  CHECK(back[0]->progress == stage::queued);
  CHECK(back[0]->attempts == 0);
  CHECK(c->answers == 0);
  back.clear(); // Nobody answers it: the debt itself does.
  CHECK(c->is(outcome::not_executed));
  CHECK(a->answers == 0);
}

TEST_CASE("what can be repeated leaves a connection that is given up, the rest stays", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a"), c = b.read("select 1"), d = b.harmless("insert 2 b");
  b.drain();
  b.machine.give_up_repeatable("for the test");
  b.drain();
  CHECK(a->answers == 0);
  CHECK(d->answers == 1);
  CHECK(b.machine.next_wake());
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(c->answers == 1);
}

TEST_CASE("a connection that was given up does not hang on what it still has to do for nobody", "[pipeline]") {
  pipeline_bench b;
  b.db.hang();
  const auto a = b.read("select 1");
  b.drain();
  b.machine.give_up_repeatable("for the test");
  b.pass(std::chrono::seconds{0});
  CHECK(a->answers == 1);
  CHECK(b.machine.next_wake() == b.now + std::chrono::seconds{2});
  b.pass_by_wakes(std::chrono::seconds{2});
  CHECK(b.closed);
}
