// What a borrowed session's machine promises of transactions that lack something: they are never committed without it,
// and what belongs to one that never began does not run alone.
#include "tests/support/catch.hpp"
#include "tests/unit/lease/lease_bench.hpp"

#include "tripool/core/lease/block_edge.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;
using phase = lease_machine::phase;

namespace {

/// A lease whose server does not answer until `answer`; one command is on the wire at a time.
class slow_lease : public lease_bench {
public:
  explicit slow_lease(std::size_t depth = 1, std::size_t queue_max = 100) {
    limits.pipeline_depth = depth;
    limits.queue_max = queue_max;
    open(lease());
    link().hold();
  }
  /// Asks with that little time.
  recorded in_time(duration x, std::string text) {
    deadline = x;
    auto out = run(std::move(text));
    deadline = 30s;
    drain();
    return out;
  }
  void answer() {
    link().release_all();
    drain();
  }
  /// The lease serves as before.
  void check_usable() {
    const auto b = begin();
    const auto x = run("insert last 1");
    const auto end = commit();
    drain();
    CHECK(b->is_done());
    CHECK(x->is_done());
    CHECK(end->is_done());
    CHECK(db.ledger().committed("insert last 1") == 1);
  }
};

} // namespace

TEST_CASE("lease: a statement that expires behind a BEGIN without answer is not committed around", "[lease]") {
  slow_lease b;
  const auto begun = b.begin();
  b.drain();
  const auto lacking = b.in_time(100ms, "insert a 1");
  const auto before = b.run("insert b 1");
  b.pass(200ms);
  REQUIRE(lacking->is(outcome::not_executed));
  REQUIRE(begun->answers == 0);
  b.answer();
  const auto after = b.run("insert c 1");
  const auto end = b.commit();
  b.drain();
  CHECK(begun->is_done());
  for (const auto& x : {before, after}) {
    REQUIRE(x->is(outcome::rejected));
    CHECK(x->failed->sqlstate == "25P02");
  }
  REQUIRE(end->is(outcome::rejected));
  CHECK(end->failed->sqlstate == "40000");
  CHECK(b.db.ledger().commits().empty());
  b.check_usable();
}

TEST_CASE("lease: a statement in doubt behind a BEGIN without answer is not committed", "[lease]") {
  slow_lease b{8};
  b.begin();
  const auto late = b.in_time(100ms, "insert a 1");
  b.pass(500ms);
  REQUIRE(late->is(outcome::in_doubt));
  b.answer();
  const auto end = b.commit();
  b.drain();
  CHECK(end->is(outcome::rejected));
  CHECK(b.db.ledger().committed("insert a 1") == 0);
  b.check_usable();
}

TEST_CASE("lease: a statement turned away behind a BEGIN without answer is not committed around", "[lease]") {
  slow_lease b{8, 2};
  b.begin();
  b.drain();
  const auto first = b.run("insert a 1");
  const auto turned_away = b.run("insert b 1");
  REQUIRE(turned_away->failed->why == cause::queue_full);
  b.answer();
  const auto end = b.commit();
  b.drain();
  CHECK(first->is_done());
  CHECK(end->is(outcome::rejected));
  CHECK(b.db.ledger().commits().empty());
}

TEST_CASE("lease: a BEGIN that expires takes its transaction with it, and nothing else", "[lease]") {
  for (const bool as_text : {false, true}) {
    slow_lease b;
    const auto first = b.run("insert a 1");
    b.drain();
    b.deadline = 100ms;
    const auto begun = as_text ? b.run("BEGIN") : b.begin();
    b.deadline = 30s;
    const auto inside = b.run("insert b 1");
    const auto batched = b.run_batch({"insert c 1", "insert d 1"});
    const auto end = as_text ? b.run("commit") : b.commit();
    const auto next = b.run("insert e 1");
    b.pass(200ms);
    b.answer();
    CHECK(first->is_done());
    for (const auto& x : {begun, inside, batched, end}) CHECK(x->is(outcome::not_executed));
    CHECK(end->failed->sqlstate == "25P01");
    CHECK(next->is_done());
    CHECK(b.db.ledger().commits().size() == 2);
    b.check_usable();
  }
}

TEST_CASE("lease: after a BEGIN that never ran a ROLLBACK or another BEGIN makes a new start", "[lease]") {
  for (const bool rolls_back : {false, true}) {
    slow_lease b;
    b.run("select a");
    b.drain();
    b.deadline = 100ms;
    b.begin();
    b.deadline = 30s;
    b.pass(200ms);
    b.answer();
    const auto inside = b.run("insert b 1");
    b.drain();
    CHECK(inside->is(outcome::not_executed));
    if (rolls_back) {
      const auto end = b.rollback();
      b.drain();
      CHECK(end->is_done());
      const auto alone = b.run("insert c 1");
      b.drain();
      CHECK(alone->is_done());
    }
    b.check_usable();
    CHECK(b.db.ledger().committed("insert b 1") == 0);
  }
}

TEST_CASE("lease: what belongs to a BEGIN that failed does not run alone", "[lease]") {
  for (const bool as_text : {false, true}) {
    lease_bench b;
    b.open(b.lease());
    const std::string text = "START TRANSACTION"; // The simulated server does not know it.
    const auto begun = as_text ? b.run(text) : b.ask(lease_task::begin, text);
    b.drain();
    REQUIRE(begun->failed);
    const auto inside = b.run("insert a 1");
    const auto end = b.commit();
    const auto next = b.run("insert b 1");
    b.drain();
    CHECK(inside->is(outcome::not_executed));
    CHECK(end->is(outcome::not_executed));
    CHECK(next->is_done());
    CHECK(b.db.ledger().committed("insert a 1") == 0);
  }
}

TEST_CASE("lease: what belongs to a BEGIN that was turned away does not run alone", "[lease]") {
  slow_lease b{8, 1};
  b.run("select a");
  b.drain();
  const auto begun = b.begin();
  const auto also_away = b.run("insert a 1");
  b.answer();
  const auto inside = b.run("insert b 1");
  b.drain();
  const auto end = b.commit();
  b.drain();
  const auto next = b.run("insert c 1");
  b.drain();
  for (const auto& x : {begun, also_away, inside, end}) CHECK(x->is(outcome::not_executed));
  CHECK(next->is_done());
  for (const auto* text : {"insert a 1", "insert b 1"}) CHECK(b.db.ledger().committed(text) == 0);
}

TEST_CASE("lease: a transaction that was turned away as a whole leaves nothing behind", "[lease]") {
  slow_lease b{8, 1};
  b.run("select a");
  b.drain();
  for (int i = 0; i < 3; ++i) {
    b.begin();
    b.run("insert a 1");
    CHECK(b.commit()->failed->why == cause::queue_full);
  }
  CHECK(b.machine->commands() == 1);
  b.answer();
  const auto next = b.run("insert b 1");
  b.drain();
  CHECK(next->is_done());
}

TEST_CASE("lease: a COMMIT that is turned away leaves its transaction as it was", "[lease]") {
  lease_bench b;
  b.limits.queue_max = 1;
  b.open(b.transaction());
  b.link().hold();
  const auto x = b.run("insert a 1");
  b.drain();
  const auto turned_away = b.commit();
  REQUIRE(turned_away->is(outcome::not_executed));
  CHECK(turned_away->failed->why == cause::queue_full);
  b.link().release_all();
  b.drain();
  CHECK(b.state() == phase::ready);
  const auto end = b.commit();
  b.drain();
  CHECK(x->is_done());
  CHECK(end->is_done());
  CHECK(b.db.ledger().committed("insert a 1") == 1);
}

TEST_CASE("lease: a COMMIT that went out as a ROLLBACK is never called done", "[lease]") {
  lease_bench b;
  b.open(b.transaction());
  b.db.script().add({"insert b 1", fault_point::before, fault_kind::error, "23505"});
  b.link().hold();
  b.run("insert a 1");
  b.deadline = 100ms;
  const auto late = b.run("insert b 1");
  b.deadline = 30s;
  b.drain();
  b.pass(500ms);
  REQUIRE(late->is(outcome::not_executed));
  const auto end = b.commit();
  b.drain();
  b.link().release_all();
  b.drain();
  CHECK(end->is(outcome::rejected));
  CHECK(b.db.ledger().commits().empty());
  CHECK(b.machine->ended_as().find("committed") != 4); // Not "was committed".
}

TEST_CASE("lease: what runs behind a ROLLBACK is not called undone by it", "[lease]") {
  for (const bool lost : {false, true}) {
    slow_lease b{8};
    b.begin();
    b.drain();
    b.answer();
    b.link().hold();
    b.rollback();
    b.drain();
    const auto alone = b.in_time(100ms, "insert a 1");
    CHECK(b.db.ledger().committed("insert a 1") == 1);
    if (lost)
      b.cut();
    else
      b.pass(500ms);
    CHECK(alone->is(outcome::in_doubt));
  }
}

TEST_CASE("lease: texts that begin and end transactions are known", "[lease]") {
  CHECK(edge_of_text("begin isolation level serializable") == block_edge::opens);
  CHECK(edge_of_text("/* x */ START TRANSACTION") == block_edge::opens);
  for (const auto* x : {"commit", "END;", "rollback", "abort work", "rollback and no chain", "prepare transaction 'x'"})
    CHECK(edge_of_text(x) == block_edge::closes);
  for (const auto* x : {"rollback to savepoint s", "ROLLBACK TO s", "commit and chain", "savepoint commit", "select 1",
                        "release s", "commit prepared 'x'", "rollback prepared 'x'"})
    CHECK(edge_of_text(x) == block_edge::none);
  CHECK(rolls_back(lease_task::rollback, {}));
  CHECK(rolls_back(lease_task::statement, "abort"));
  CHECK_FALSE(rolls_back(lease_task::statement, "rollback to s"));
  CHECK_FALSE(rolls_back(lease_task::commit, {}));
}
