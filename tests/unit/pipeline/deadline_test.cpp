// Deadlines and cancels: every request is answered by its deadline and half a second, cancels strike whom they were
// meant for, and who is struck by mistake runs again.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("a request whose deadline passes while it waits did not run", "[pipeline]") {
  pipeline_bench b;
  b.pumping = false;
  b.deadline = 1s;
  const auto a = b.write("insert 1 a");
  REQUIRE(b.machine.next_wake() == b.now + 1s);
  b.pass(1s);
  CHECK(a->is(outcome::not_executed));
  CHECK(a->failed->why == cause::deadline);
  CHECK(!b.machine.next_wake());
  CHECK(b.machine.outstanding() == 0);
}

TEST_CASE("a running statement is cancelled at its deadline, and rejected if the cancel strikes", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(1s);
  CHECK(b.cancels_wanted == 1);
  CHECK(a->answers == 0);
  b.deliver_cancel();
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->why == cause::deadline);
  CHECK(b.db.store().log().empty());
  const auto c = b.write("insert 2 b"); // The connection lives on.
  b.drain();
  CHECK(c->is_done());
}

TEST_CASE("a server that does not answer: in doubt within half a second of the deadline, then closed", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.hang();
  const auto a = b.write("insert 1 a");
  const auto r = b.read("select 1");
  b.drain();
  b.pass_by_wakes(1500ms);
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->why == cause::deadline);
  CHECK(r->answers == 1);
  CHECK(!b.closed);
  b.deliver_cancel();                             // Without an effect.
  CHECK(b.machine.next_wake() == b.now + 1500ms); // The grace, from the deadline on.
  b.pass_by_wakes(3s);
  CHECK(b.closed);
}

TEST_CASE("a cancel that nobody delivers closes the connection, too", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.hang();
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(10s);
  CHECK(b.closed);
  CHECK(a->is(outcome::in_doubt));
}

TEST_CASE("a statement that expired behind another is cancelled when its turn comes, and not before", "[pipeline]") {
  pipeline_bench b;
  b.cancel_at_once = true;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.pump();
  b.deadline = 1s;
  const auto c = b.write("insert 2 b");
  b.drain();
  b.pass_by_wakes(1500ms);
  CHECK(c->is(outcome::in_doubt));
  CHECK(b.cancels_wanted == 0);
  CHECK(a->answers == 0);
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(b.cancels_wanted == 1);
  CHECK(b.db.store().at("2").empty());
  const auto d = b.write("insert 3 c");
  b.drain();
  CHECK(d->is_done());
}

TEST_CASE("an expired statement inside a frame is cancelled although its neighbours' answers are kept back",
          "[pipeline]") {
  const auto writes = GENERATE(false, true);
  pipeline_bench b;
  b.cancel_at_once = true;
  b.db.script().add({writes ? "insert 2 b" : "select 2", fault_point::before, fault_kind::delay});
  b.deadline = 30s;
  const auto a = writes ? b.write("insert 1 a") : b.read("select 1");
  b.deadline = 500ms;
  const auto slow = writes ? b.write("insert 2 b") : b.read("select 2");
  b.deadline = 30s;
  const auto c = writes ? b.write("insert 3 c") : b.read("select 3");
  b.drain();
  b.pass_by_wakes(600ms);
  b.drain();
  CHECK(b.cancels_wanted == 1);
  CHECK(slow->is(outcome::rejected));
  CHECK(slow->failed->why == cause::deadline);
  CHECK(a->is_done());
  CHECK(c->is_done());
  CHECK(!b.closed);
  CHECK(b.db.store().at("2").empty());
}

TEST_CASE("an expired statement that comes to the head while a cancel is still out is not forgotten", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = b.write("insert 2 b");
  b.drain();
  b.pass_by_wakes(1500ms);
  CHECK(b.cancels_wanted == 1); // For the first, not delivered yet.
  CHECK(a->is(outcome::in_doubt));
  CHECK(c->is(outcome::in_doubt));
  b.db.release_delays(); // The first ends by itself; the second is at the head.
  b.drain();
  CHECK(b.db.store().at("1").size() == 1);
  b.machine.cancel_finished(b.now); // Too late to strike anybody.
  b.deliver();
  CHECK(b.cancels_wanted == 2);
  b.deliver_cancel();
  b.drain();
  CHECK(b.machine.idle());
  CHECK(!b.closed);
}

TEST_CASE("whom a cancel strikes by mistake runs again, exactly once", "[pipeline]") {
  const auto framed = GENERATE(false, true);
  pipeline_bench b;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.pump();
  b.deadline = 30s;
  const auto c = b.write("insert 2 b"), d = framed ? b.write("insert 3 c") : nullptr;
  b.drain();
  b.pass_by_wakes(1100ms);
  CHECK(b.cancels_wanted == 1);
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::error, "57014"}); // The signal comes late.
  b.machine.cancel_finished(b.now);
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is_done());
  if (d) CHECK(d->is_done());
  CHECK(b.db.ledger().committed("insert 2 b") == 1);
}

TEST_CASE("a cancel from elsewhere, or statement_timeout, rejects at once", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "57014", {}, 100});
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->sqlstate == "57014");
  CHECK(a->failed->attempts == 1);
}

TEST_CASE("cancelling the wait for the standby leaves the write in doubt", "[pipeline]") {
  pipeline_bench b;
  b.cancel_at_once = true;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::after_commit, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(1s);
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->sqlstate == "01000");
  CHECK(!b.closed);
}

TEST_CASE("a result that grows too large is cancelled and rejected", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.result_bytes_max = 1000;
  pipeline_bench b{limits};
  b.cancel_at_once = true;
  b.db.script().add({"select big 5000", fault_point::before, fault_kind::delay});
  const auto a = b.read("select big 5000");
  b.drain();
  b.machine.received(900, b.now);
  CHECK(b.cancels_wanted == 0);
  b.machine.received(2000, b.now);
  b.pass(0s);
  CHECK(b.cancels_wanted == 1);
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->why == cause::result_too_large);
}

TEST_CASE("a read's result that turns out too large is rejected, a write's is done all the same", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.result_bytes_max = 1000;
  pipeline_bench b{limits};
  const auto a = b.read("select big 5000");
  b.drain();
  const auto c = b.read("select big 5000"), d = b.read("select 1");
  b.drain();
  const auto e = b.write("select big 5000");
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->why == cause::result_too_large);
  CHECK(c->is(outcome::rejected));
  CHECK(d->is_done());
  CHECK(e->is_done());
}

TEST_CASE("nothing is sent while a cancel is out, that it could strike", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(1s);
  const auto c = b.write("insert 2 b");
  b.drain();
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(b.db.ledger().executed("insert 2 b") == 0);
  b.deliver_cancel();
  b.drain();
  CHECK(c->is_done());
}

TEST_CASE("a request whose turn comes again after its deadline is answered as not executed", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "23505"});
  b.db.set_eager_replies(true);
  const auto a = b.write("insert 1 a"), c = b.write("insert 2 b");
  b.link().hold();
  b.pump();
  b.pumping = false;
  b.link().release(4 + 2 + 4); // The controls' Sync, BEGIN, the error, and all that was skipped; not the Sync.
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(c->answers == 0);
  b.pass_by_wakes(1s);
  CHECK(c->is(outcome::not_executed));
}

TEST_CASE("a server that falls silent when only a shared COMMIT is unanswered is found out all the same",
          "[pipeline]") {
  pipeline_bench b;
  b.db.set_eager_replies(true);
  b.link().hold();
  const auto a = b.read("select 1"), c = b.read("select 2");
  b.drain();
  b.link().release(4 + 1 + 2); // The controls' Sync, BEGIN and the rows.
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is_done());
  CHECK(!b.machine.idle());
  CHECK(b.machine.next_wake() == b.now + 2s);
  b.pass_by_wakes(3s);
  CHECK(b.closed);
}

TEST_CASE("an expired write whose COMMIT is answered asks for no wake-up while its neighbour waits for the standby",
          "[pipeline]") {
  pipeline_bench b;
  b.db.set_eager_replies(true);
  for (const auto* text : {"insert 1 a", "insert 3 c"})
    b.db.script().add({text, fault_point::after_commit, fault_kind::delay});
  b.deadline = 1s;
  const auto first = b.write("insert 1 a");
  b.deadline = 1100ms;
  const auto second = b.write("insert 2 b");
  b.deadline = 20s;
  const auto third = b.write("insert 3 c");
  b.drain();
  b.pass_by_wakes(1650ms);
  REQUIRE(b.cancels_wanted == 1); // On its way to the first, which goes on before it arrives.
  CHECK(second->is(outcome::in_doubt));
  b.db.release_delays();
  b.drain();
  b.machine.cancel_finished(b.now);
  CHECK(first->is(outcome::in_doubt));
  CHECK(third->answers == 0);
  REQUIRE(b.machine.next_wake());
  CHECK(*b.machine.next_wake() > b.now);
}

TEST_CASE("a lone write that hangs at its Sync is cancelled, and the connection closed if that does not help",
          "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.script().add({"insert 1 a", fault_point::after_commit, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(1500ms);
  CHECK(a->is(outcome::in_doubt));
  CHECK(b.cancels_wanted == 1);
  b.machine.cancel_finished(b.now);
  b.pass_by_wakes(5s);
  CHECK(b.closed);
}

TEST_CASE("a lost connection asks for no more wake-ups", "[pipeline]") {
  pipeline_bench b;
  b.deadline = 1s;
  b.db.hang();
  b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(1s);
  CHECK(b.machine.next_wake());
  b.link().cut();
  b.drain();
  CHECK(!b.machine.next_wake());
}
