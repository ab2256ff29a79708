// Errors after which the pipeline itself takes a further step: repeats, re-prepares, runs alone, or moves on.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("a write that meets a read-only server moves on, and reports trouble", "[pipeline]") {
  const auto framed = GENERATE(false, true);
  pipeline_bench b;
  b.db.set_read_only(true);
  const auto a = b.write("insert 1 a");
  const auto c = framed ? b.write("insert 2 b") : nullptr;
  b.drain();
  CHECK(a->is(outcome::not_executed));
  CHECK(a->failed->sqlstate == "25006");
  if (c) CHECK(c->is(outcome::not_executed));
  REQUIRE(!b.troubles.empty());
  CHECK(b.troubles[0].sqlstate == "25006");
}

TEST_CASE("a statement that refuses a transaction block runs alone", "[pipeline]") {
  pipeline_bench b;
  const auto a = b.write("insert 1 a"), v = b.write("vacuum"), c = b.write("insert 2 b");
  b.drain();
  CHECK(a->is_done());
  CHECK(v->is_done());
  CHECK(c->is_done());
  CHECK(b.db.ledger().committed("vacuum") == 1);
}

TEST_CASE("a statement that refuses a block is not put behind the closing of evicted names", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.statement_cache = 1;
  pipeline_bench b{limits};
  for (const auto* text : {"select 1", "select 1", "select 2"}) { // Prepared, then evicted.
    b.read(text);
    b.drain();
  }
  const auto v = b.write("vacuum");
  b.drain();
  CHECK(v->is_done());
  CHECK(b.backend().prepared_statements() == 0);
}

TEST_CASE("a serialization failure is repeated, a bounded number of times", "[pipeline]") {
  const auto sqlstate = GENERATE("40001", "40P01");
  const auto at = GENERATE(fault_point::before, fault_point::before_commit);
  pipeline_bench b;
  b.db.script().add({"insert 1 a", at, fault_kind::error, sqlstate, {}, 2});
  const auto a = b.run_batch({"insert 1 a", "insert 2 b"});
  b.drain();
  CHECK(a->is_done());
  CHECK(b.db.ledger().committed("insert 1 a") == 1);

  b.db.script().add({"insert 3 c", at, fault_kind::error, sqlstate, {}, 100});
  const auto c = b.write("insert 3 c"), d = b.write("insert 4 d");
  b.drain();
  CHECK(c->is(outcome::rejected));
  CHECK(c->failed->sqlstate == sqlstate);
  CHECK(d->is_done());
}

TEST_CASE("a changed schema is met by preparing anew, unseen by the caller", "[pipeline]") {
  pipeline_bench b;
  b.db.store().commit({{sim_write::kind::insert, "1", "a"}});
  for (int i = 0; i < 2; ++i) {
    b.read("select 1");
    b.drain();
  }
  CHECK(b.machine.statements().prepared() == 1);
  b.db.change_schema();
  const auto lone = b.read("select 1");
  b.drain();
  CHECK(lone->is_done());
  b.db.change_schema();
  const auto a = b.read("select 1"), c = b.read("select 1"), d = b.write("insert 2 b");
  const auto e = b.run_batch({"select 1", "insert 3 c", "select 1"});
  b.drain();
  for (const auto& x : {a, c, d, e}) CHECK(x->is_done());
  CHECK(b.backend().prepared_statements() == b.machine.statements().prepared() + 3); // And the frames' three.
}

TEST_CASE("a plan that stays invalid is rejected after bounded attempts", "[pipeline]") {
  pipeline_bench b;
  for (int i = 0; i < 2; ++i) {
    b.read("select 1");
    b.drain();
  }
  b.db.script().add({"select 1", fault_point::before, fault_kind::error, "0A000", "RevalidateCachedQuery", 100, true});
  const auto a = b.read("select 1");
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->sqlstate == "0A000");
}

TEST_CASE("prepared statements that the server forgot are prepared anew, those of the frames, too", "[pipeline]") {
  pipeline_bench b;
  for (int i = 0; i < 3; ++i) {
    const auto a = b.write("insert $1 x", {i}), c = b.write("insert $1 y", {i}), d = b.read("select $1", {i});
    b.drain();
    b.backend().forget_statements();
    for (const auto& x : {a, c, d}) CHECK(x->is_done());
  }
  const auto lone = b.write("insert $1 x", {7});
  b.drain();
  CHECK(lone->is_done());
  for (int i = 0; i < 12; ++i) { // Also when it happens all the time.
    b.backend().forget_statements();
    const auto a = b.write("insert $1 x", {100 + i}), c = b.write("insert $1 y", {100 + i});
    b.drain();
    CHECK(a->is_done());
    CHECK(c->is_done());
    CHECK(b.db.store().at(std::to_string(100 + i)).size() == 2);
  }
}

TEST_CASE("the loss of one name tells that all are gone: nobody else stumbles over it", "[pipeline]") {
  pipeline_bench b;
  for (int i = 0; i < 2; ++i) {
    for (const auto* text : {"select 1", "select 2", "select 3"}) {
      b.read(text);
      b.drain();
    }
  }
  b.write("insert 1 a"), b.write("insert 2 b");
  b.drain();
  b.backend().forget_statements();
  for (const auto* text : {"select 1", "select 2", "select 3"}) {
    const auto a = b.read(text);
    b.drain();
    CHECK(a->is_done());
  }
  const auto a = b.write("insert 3 c"), c = b.write("insert 4 d");
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is_done());
  CHECK(b.machine.resent() == 1);
}

TEST_CASE("frames whose preparation failed half-way are prepared anew under other names", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"BEGIN READ ONLY", fault_point::parse, fault_kind::error, "53200"});
  for (int i = 0; i < 3; ++i) {
    const auto before = b.machine.resent();
    const auto a = b.write("insert 1 a"), c = b.write("insert 2 b");
    b.drain();
    CHECK(a->is_done());
    CHECK(c->is_done());
    CHECK((i == 0 || b.machine.resent() == before));
  }
}

TEST_CASE("a name whose preparation was skipped is not held against those who use it next", "[pipeline]") {
  pipeline_bench b;
  b.write("insert $1 x", {0}), b.write("noop");
  b.drain(); // Seen once; the frames' names stand.
  b.link().hold();
  for (int i = 0; i < 6; ++i)
    b.db.script().add({"insert bad " + std::to_string(i), fault_point::before, fault_kind::error, "23505"});
  std::vector<recorded> bad, good;
  for (int i = 0; i < 6; ++i) bad.push_back(b.write("insert bad " + std::to_string(i)));
  good.push_back(b.write("insert $1 x", {1})); // Would prepare it, but is skipped.
  b.pump();
  good.push_back(b.write("insert $1 x", {2})); // Relies on the name.
  b.pump();
  good.push_back(b.write("insert $1 x", {3}));
  b.pump();
  b.link().release_all();
  b.drain();
  for (const auto& x : bad) CHECK(x->is(outcome::rejected));
  for (const auto& x : good) CHECK(x->is_done());
  for (const auto* key : {"1", "2", "3"}) CHECK(b.db.store().at(key).size() == 1);
}

TEST_CASE("a procedure that commits by itself runs alone after the block has refused it", "[pipeline]") {
  const auto framed = GENERATE(false, true);
  pipeline_bench b;
  const auto a = b.write("call 1 a");
  const auto c = framed ? b.write("insert 2 b") : nullptr;
  b.drain();
  CHECK(a->is_done());
  if (c) CHECK(c->is_done());
  CHECK(b.db.store().at("1").size() == 1);
}

TEST_CASE("a procedure that fails outside of a block is in doubt: it may have committed before", "[pipeline]") {
  const auto* sqlstate = GENERATE("23505", "40001", "57014", "25006", "53300");
  pipeline_bench b;
  b.db.script().add({"call 1 a", fault_point::after, fault_kind::error, sqlstate});
  const auto a = b.write("call 1 a");
  b.drain();
  CHECK(a->is(outcome::in_doubt));
  CHECK(a->failed->sqlstate == sqlstate);
  CHECK(b.db.store().at("1").size() == 1);
}

TEST_CASE("a procedure that fails inside its block is rejected", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"call 1 a", fault_point::before, fault_kind::error, "42883"});
  const auto a = b.write("call 1 a");
  b.drain();
  CHECK(a->is(outcome::rejected));
}

TEST_CASE("a procedure's own 26000 is not taken for a lost name, a lost name is not taken for a failure",
          "[pipeline]") {
  pipeline_bench b;
  for (int i = 0; i < 2; ++i) {
    b.write("call $1 x", {i}); // Prepared by now.
    b.drain();
  }
  b.db.script().add({"call 5 x", fault_point::after, fault_kind::error, "26000"});
  const auto raised = b.write("call $1 x", {5});
  b.drain();
  CHECK(raised->is(outcome::in_doubt));
  CHECK(b.db.ledger().committed("call 5 x") == 1);

  b.backend().forget_statements();
  const auto lost = b.write("call $1 x", {6});
  b.drain();
  CHECK(lost->is_done());
  CHECK(b.db.ledger().committed("call 6 x") == 1);
}
