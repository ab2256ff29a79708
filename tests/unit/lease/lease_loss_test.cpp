// What a borrowed session's machine claims when things go wrong: lost sessions by stage, deadlines, cancels, holds.
#include "tests/support/catch.hpp"
#include "tests/unit/lease/lease_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;
using phase = lease_machine::phase;

TEST_CASE("lease: a session lost while it opens lets its order move", "[lease]") {
  lease_bench b;
  b.db.script().add({"", fault_point::before, fault_kind::lose});
  b.link().hold();
  const auto order = b.open(b.transaction());
  b.cut();
  REQUIRE(b.moves.size() == 1);
  CHECK(b.moves.front().kind == outcome::not_executed);
  CHECK(b.moves.front().why == cause::connection_lost);
  CHECK(order->answers == 1);
  CHECK(b.state() == phase::lost);
}

TEST_CASE("lease: a session that was idle for long is tried out first, and quickly", "[lease]") {
  lease_bench b;
  b.db.hang();
  b.open(b.transaction(), 1h);
  b.pass(b.limits.validation_timeout);
  CHECK(b.moves.size() == 1);
  CHECK(b.closed);
}

TEST_CASE("lease: a lost transaction is not executed while no COMMIT was on its way", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.link().hold();
  const auto x = b.run("insert a 1");
  b.drain();
  b.cut();
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->failed->why == cause::connection_lost);
  CHECK(b.db.ledger().commits().empty());
  const auto late = b.commit();
  CHECK(late->is(outcome::not_executed));
}

TEST_CASE("lease: with a COMMIT on its way everything without an answer is in doubt", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.link().hold();
  const auto x = b.run("insert a 1");
  const auto end = b.commit();
  b.drain();
  b.cut();
  CHECK(x->is(outcome::in_doubt));
  CHECK(end->is(outcome::in_doubt));
  CHECK(b.db.ledger().committed("insert a 1") == 1);
}

TEST_CASE("lease: a ROLLBACK whose answer is lost has been done all the same", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("insert a 1");
  b.drain();
  b.link().hold();
  const auto end = b.rollback();
  b.drain();
  b.cut();
  CHECK(end->is_done());
  CHECK(b.db.ledger().commits().empty());
}

TEST_CASE("lease: a statement of its own is in doubt when its answer is lost", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.link().hold();
  const auto x = b.run("insert a 1");
  const auto y = b.run("insert b 1");
  b.drain();
  b.cut();
  CHECK(x->is(outcome::in_doubt));
  CHECK(y->is(outcome::in_doubt));
}

TEST_CASE("lease: a FATAL proves that what stands behind it never ran", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::fatal, "57P05"});
  const auto x = b.run("insert a 1");
  const auto y = b.run("insert b 1");
  b.drain();
  CHECK(x->is(outcome::not_executed));
  CHECK(y->is(outcome::not_executed));
}

TEST_CASE("lease: an administrator's end inside a transaction proves that it is rolled back", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::fatal, "57P01"});
  const auto x = b.run("insert a 1");
  b.drain();
  CHECK(x->is(outcome::not_executed));
}

TEST_CASE("lease: an administrator's end at COMMIT leaves it in doubt", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("insert a 1");
  b.drain();
  b.db.script().add({"insert a 1", fault_point::before_commit, fault_kind::fatal, "57P01"});
  const auto end = b.commit();
  b.drain();
  CHECK(end->is(outcome::in_doubt));
}

TEST_CASE("lease: a commit whose wait for its standby was cancelled is in doubt", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.run("insert a 1");
  b.db.script().add({"insert a 1", fault_point::after_commit, fault_kind::notice, "01000", "SyncRepWaitForLSN"});
  const auto end = b.commit();
  b.drain();
  REQUIRE(end->is(outcome::in_doubt));
  CHECK(end->failed->sqlstate == "01000");
}

TEST_CASE("lease: a statement out of its time is cancelled and answered", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.deadline = 1s;
  const auto x = b.run("insert a 1");
  b.drain();
  b.pass(1s);
  REQUIRE(x->is(outcome::rejected));
  CHECK(x->failed->why == cause::deadline);
  b.deadline = 30s;
  b.pass(1s);
  const auto end = b.commit();
  b.drain();
  CHECK(end->is(outcome::rejected));
  CHECK(b.db.ledger().commits().empty());
}

TEST_CASE("lease: a transaction whose statement got no answer in time is never committed", "[lease]") {
  lease_bench b;
  b.deliver_cancels = false;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.deadline = 1s;
  const auto x = b.run("insert a 1");
  b.drain();
  b.pass(1300ms);
  REQUIRE(x->is(outcome::not_executed));
  b.deadline = 30s;
  const auto end = b.commit();
  b.db.release_delays(); // It ran after all.
  b.machine->cancel_finished(b.now);
  b.drain();
  b.pass(100ms);
  REQUIRE(end->is(outcome::rejected));
  CHECK(end->failed->sqlstate == "40000");
  CHECK(b.db.ledger().commits().empty());
}

TEST_CASE("lease: a statement without an answer is in doubt when its COMMIT is on its way already", "[lease]") {
  lease_bench b;
  b.deliver_cancels = false;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.deadline = 1s;
  const auto x = b.run("insert a 1");
  b.deadline = 30s;
  const auto end = b.commit();
  b.drain();
  b.pass(1300ms);
  CHECK(x->is(outcome::in_doubt));
  b.db.release_delays();
  b.machine->cancel_finished(b.now);
  b.drain();
  CHECK(end->is_done());
  CHECK(b.db.ledger().committed("insert a 1") == 1);
}

TEST_CASE("lease: a server that heeds no cancel costs the session", "[lease]") {
  lease_bench b;
  b.open(b.lease());
  b.deadline = 1s;
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.deliver_cancels = false;
  const auto x = b.run("insert a 1");
  b.drain();
  b.pass(1s + b.limits.cancel_grace);
  CHECK(x->is(outcome::in_doubt));
  CHECK(b.closed);
  CHECK(b.state() == phase::lost);
}

TEST_CASE("lease: what waits behind a slow command is not executed at its deadline", "[lease]") {
  lease_bench b;
  b.limits.pipeline_depth = 1;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.run("insert a 1");
  b.drain();
  b.deadline = 500ms;
  const auto y = b.run("insert b 1");
  b.pass(1s);
  REQUIRE(y->is(outcome::not_executed));
  CHECK(y->failed->why == cause::deadline);
}

TEST_CASE("lease: what is held for too long is taken back", "[lease]") {
  lease_bench b;
  auto order = b.transaction();
  order.hold_max = 2s;
  b.open(order);
  b.run("insert a 1");
  b.pass(1900ms);
  CHECK(b.state() == phase::ready);
  b.pass(200ms);
  CHECK(b.state() == phase::over);
  CHECK(b.db.ledger().commits().empty());
  const auto late = b.commit();
  REQUIRE(late->is(outcome::rejected));
  CHECK(late->failed->message.find("held for longer") != std::string::npos);
}

TEST_CASE("lease: a transaction is held no longer than the configuration allows", "[lease]") {
  lease_bench b;
  b.limits.transaction_hold_max = 1s;
  b.open(b.transaction());
  b.pass(2s);
  CHECK(b.state() == phase::over);
  lease_bench c;
  c.limits.lease_hold_max = 0s;
  c.open(c.lease());
  c.pass(24h);
  CHECK(c.state() == phase::ready);
}

TEST_CASE("lease: an abandoned session cancels what runs, but not a COMMIT", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  const auto x = b.run("insert a 1");
  b.drain();
  b.machine->abandon({}, b.now);
  b.drain();
  b.pass(1s);
  CHECK(x->answers == 1);
  CHECK(b.state() == phase::over);
  lease_bench c;
  c.open(c.transaction());
  c.db.script().add({"insert a 1", fault_point::before_commit, fault_kind::delay});
  c.run("insert a 1");
  const auto end = c.commit();
  c.drain();
  c.machine->abandon({}, c.now);
  c.drain();
  c.pass(1s);
  CHECK(end->answers == 0);
  c.db.release_delays();
  c.drain();
  CHECK(end->is_done());
  CHECK(c.db.ledger().committed("insert a 1") == 1);
}

TEST_CASE("lease: a session is not given back while a late cancel may strike it", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.run("insert a 1");
  b.drain();
  b.machine->abandon({}, b.now);
  b.drain();
  CHECK(b.state() == phase::finishing);
  b.pass(1s);
  CHECK(b.state() == phase::over);
}

TEST_CASE("lease: a recalled session answers what runs and refuses the rest", "[lease]") {
  lease_bench b;
  b.limits.pipeline_depth = 1;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  const auto x = b.run("insert a 1");
  const auto y = b.run("insert b 1");
  b.drain();
  b.machine->recall("the pool drains", b.now);
  const auto z = b.run("insert c 1");
  b.drain();
  CHECK(x->answers == 0);
  CHECK(y->is(outcome::not_executed));
  CHECK(z->is(outcome::not_executed));
  b.db.release_delays();
  b.drain();
  CHECK(x->is_done());
  CHECK(b.closed == "the pool drains");
}

TEST_CASE("lease: a recalled session is closed within cancel-grace", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert a 1", fault_point::before, fault_kind::delay});
  const auto x = b.run("insert a 1");
  b.drain();
  b.machine->recall("the pool drains", b.now);
  b.pass(b.limits.cancel_grace);
  CHECK(x->is(outcome::not_executed));
  CHECK(b.closed);
}

TEST_CASE("lease: an order out of its time is answered, and its session given back", "[lease]") {
  lease_bench b;
  b.deadline = 500ms;
  b.db.hang();
  const auto order = b.open(b.transaction());
  b.pass(600ms);
  REQUIRE(order->is(outcome::not_executed));
  CHECK(order->failed->why == cause::deadline);
  b.db.resume();
  b.drain();
  b.pass(1s);
  CHECK(b.state() == phase::over);
}

TEST_CASE("lease: losing the session at every point leaves every command answered once", "[lease]") {
  for (int after = 0; after < 40; ++after) {
    INFO("after " << after << " operations");
    lease_bench b;
    b.open(after % 2 == 0 ? b.transaction() : b.lease());
    b.link().refuse_sends_after(static_cast<std::size_t>(after / 2));
    std::vector<recorded> all;
    for (int i = 0; i < 3; ++i) all.push_back(b.run("insert a" + std::to_string(i) + " 1"));
    all.push_back(b.run_batch({"insert b 1", "insert c 1"}));
    if (after % 2 == 0) all.push_back(b.commit());
    all.push_back(b.release());
    b.drain();
    b.pass(60s);
    for (const auto& x : all) CHECK(x->answers == 1);
    if (after % 2 == 0) {
      const auto& end = *all[4];
      CHECK((end.is_done() || end.is(outcome::in_doubt) || b.db.ledger().commits().empty()));
    }
  }
}
