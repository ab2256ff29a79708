// Taking requests back: what is not on the wire is answered at once, what runs is cancelled, and nobody else is harmed
// by it: what a cancel strikes by mistake was rolled back, and runs again.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A request that can be taken back, with its ticket.
struct cancellable {
  recorded answer;
  std::shared_ptr<cancel_ticket> ticket = std::make_shared<cancel_ticket>();
};

cancellable submit(pipeline_bench& b, std::string text, tripool::access mode = tripool::access::write) {
  statement s;
  s.text = std::move(text);
  s.mode = mode;
  cancellable out;
  auto [r, answer] = make_recorded(std::move(s), b.now, b.now + b.deadline);
  r->cancellation = out.ticket;
  out.answer = answer;
  b.machine.submit(std::move(r));
  return out;
}

void take_back(pipeline_bench& b, const cancellable& x) {
  x.ticket->want();
  b.machine.cancel_wanted(b.now);
  b.pass(0s);
}

} // namespace

TEST_CASE("a request that waits for its turn is taken back at once", "[pipeline][cancel]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pumping = false;
  const auto c = submit(b, "insert 2 b");
  const auto d = b.write("insert 3 c");
  take_back(b, c);
  REQUIRE(c.answer->is(outcome::not_executed));
  CHECK(c.answer->failed->why == cause::cancelled);
  CHECK(c.answer->failed->pool == "primary");
  CHECK(b.cancels_wanted == 0);
  b.db.release_delays();
  b.pumping = true;
  b.drain();
  CHECK(a->is_done());
  CHECK(d->is_done());
  CHECK(b.db.ledger().executed("insert 2 b") == 0);
}

TEST_CASE("a request that runs is cancelled by the server", "[pipeline][cancel]") {
  pipeline_bench b;
  b.cancel_at_once = true;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = submit(b, "insert 1 a");
  b.drain();
  take_back(b, a);
  CHECK(b.cancels_wanted == 0); // It may end by itself in a moment.
  CHECK(b.machine.next_wake() == b.now + b.default_limits().slow_statement);
  b.pass_by_wakes(20ms);
  CHECK(b.cancels_wanted == 1);
  REQUIRE(a.answer->is(outcome::rejected));
  CHECK(a.answer->failed->why == cause::cancelled);
  CHECK(a.answer->failed->sqlstate == "57014");
  CHECK(b.db.ledger().committed("insert 1 a") == 0);
  const auto next = b.write("insert 2 b");
  b.drain();
  CHECK(next->is_done());
}

TEST_CASE("a request that was done when the cancel came is done", "[pipeline][cancel]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = submit(b, "insert 1 a");
  b.drain();
  take_back(b, a);
  b.pass_by_wakes(20ms);
  REQUIRE(b.cancels_wanted == 1);
  b.db.release_delays();
  b.drain();
  CHECK(a.answer->is_done());
  b.deliver_cancel();
  const auto next = b.write("insert 2 b");
  b.drain();
  CHECK(next->is_done());
}

TEST_CASE("one that is behind others is cancelled when it runs, not before", "[pipeline][cancel]") {
  pipeline_bench b;
  b.cancel_at_once = true;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::delay});
  const auto a = b.write("insert 1 a");
  b.pump();
  const auto c = submit(b, "insert 2 b");
  b.drain();
  take_back(b, c);
  b.pass_by_wakes(1s);
  CHECK(b.cancels_wanted == 0);
  b.backend().release_delay();
  b.drain();
  CHECK(a->is_done());
  b.pass_by_wakes(20ms);
  CHECK(b.cancels_wanted == 1);
  CHECK(c.answer->is(outcome::rejected));
}

TEST_CASE("what a cancel strikes by mistake runs again, and its caller does not notice", "[pipeline][cancel]") {
  // The cancelled statement ends in time, and the signal strikes the next: alone, in a frame of writes, in a batch, a
  // read, at its BEGIN's place or at its COMMIT.
  const auto at = GENERATE(fault_point::before, fault_point::before_commit);
  const auto kind = GENERATE(0, 1, 2, 3);
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = submit(b, "insert 1 a");
  b.pump();
  recorded c, d;
  if (kind == 0) c = b.write("insert 2 b");
  if (kind == 1) c = b.write("insert 2 b"), d = b.write("insert 3 c");
  if (kind == 2) c = b.run_batch({"insert 2 b", "insert 3 c"});
  if (kind == 3) c = b.read("select 2"), d = b.read("select 3");
  b.drain();
  take_back(b, a);
  b.pass_by_wakes(20ms);
  REQUIRE(b.cancels_wanted == 1);
  b.db.script().add({kind == 3 ? "select 2" : "insert 2 b", at, fault_kind::error, "57014"}); // The signal comes late.
  b.machine.cancel_finished(b.now);
  b.db.release_delays();
  b.drain();
  CHECK(a.answer->is_done());
  CHECK(c->is_done());
  if (d) CHECK(d->is_done());
  if (kind != 3) CHECK(b.db.ledger().committed("insert 2 b") == 1);
  CHECK(b.db.script().empty());
  CHECK(b.moves.empty());
  CHECK(!b.closed);
}

TEST_CASE("one that a neighbour's failure rolled back is not sent again once it was taken back", "[pipeline][cancel]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "23505"});
  const auto a = b.write("insert 1 a");
  const auto c = submit(b, "insert 2 b");
  b.drain();
  take_back(b, c);
  b.db.release_delays();
  b.drain();
  CHECK(a->is(outcome::rejected));
  REQUIRE(c.answer->is(outcome::not_executed));
  CHECK(c.answer->failed->why == cause::cancelled);
  CHECK(b.db.ledger().committed("insert 2 b") == 0);
}

TEST_CASE("a statement that commits by itself is not sent where a stray cancel could strike it", "[pipeline][cancel]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto a = submit(b, "insert 1 a");
  b.drain();
  const auto v = b.write("vacuum");
  b.drain();
  take_back(b, a);
  b.pass_by_wakes(20ms);
  REQUIRE(b.cancels_wanted == 1);
  b.db.release_delays();
  b.drain();
  b.deliver_cancel();
  b.drain();
  CHECK(a.answer->is_done());
  CHECK(b.db.ledger().executed("vacuum") == 0); // The signal may still be on its way.
  b.pass_by_wakes(600ms);
  CHECK(v->is_done());
}

TEST_CASE("a ROLLBACK that a stray cancel strikes is sent again", "[pipeline][cancel]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "23505"});
  b.db.script().add({"ROLLBACK", fault_point::parse, fault_kind::error, "57014"});
  const auto a = b.write("insert 1 a"), c = b.write("insert 2 b");
  b.drain();
  CHECK(b.db.script().empty());
  CHECK(a->is(outcome::rejected));
  CHECK(c->is_done());
  CHECK(!b.closed);
}

TEST_CASE("a cancelled request whose connection is lost goes nowhere else", "[pipeline][cancel]") {
  pipeline_bench b;
  const auto a = submit(b, "select 1", tripool::access::read);
  b.link().hold();
  b.drain();
  take_back(b, a);
  b.link().cut();
  b.drain();
  REQUIRE(a.answer->answers == 1);
  CHECK(a.answer->is(outcome::in_doubt));
}
