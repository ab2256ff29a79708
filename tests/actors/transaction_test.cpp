// What a borrower can rely on: a transaction is open when its handle comes, is committed when the borrower says so and
// only then, and gives its connection back whatever happens.
#include "tests/actors/borrow.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// The pool is as it was: nothing is lent, nothing is in hand, and statements are served.
void check_given_back(actor_world& w) {
  const auto p = w.pool(primary);
  CHECK(p.stats.connections.lent == 0);
  CHECK(p.stats.outstanding == 0);
  CHECK(p.stats.connections.total() <= p.stats.connections_max);
  const auto x = w.write("insert after_all v");
  w.advance(100ms);
  CHECK(x->text() == "done");
  CHECK(w.db[primary].backends().size() == w.pool(primary).stats.connections.total() + 1); // And the monitor's own.
}

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("A transaction runs its statements on one connection and commits them together") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  REQUIRE(t.order->text() == "done");
  REQUIRE(t.has());
  CHECK(t->pool == "primary");
  CHECK(t->backend_pid > 0);
  CHECK(w.pool(primary).stats.connections.lent == 1);
  const auto first = b.run(t->to, "insert a 1");
  const auto second = b.run(t->to, "insert b 2");
  w.run();
  CHECK(first->text() == "done");
  CHECK(second->text() == "done");
  CHECK(w.db[primary].store().at("a").empty());
  const auto end = b.send(t->to, commit{});
  w.run();
  REQUIRE(end->text() == "done");
  CHECK(end->rows->command_tag() == "COMMIT");
  CHECK(w.db[primary].store().at("a") == std::vector<std::string>{"1"});
  CHECK(w.db[primary].store().at("b") == std::vector<std::string>{"2"});
  check_given_back(w);
}

TEST_CASE("A transaction that is rolled back leaves nothing") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert a 1");
  const auto end = b.tell(t->to, rollback{});
  w.run();
  CHECK(end->text() == "done");
  CHECK(w.db[primary].store().at("a").empty());
  check_given_back(w);
}

TEST_CASE("Who asks a transaction again after its end is told what became of it") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  b.send(t->to, commit{});
  w.run();
  const auto late = b.run(t->to, "insert a 1");
  const auto twice = b.send(t->to, commit{});
  w.run();
  for (const auto& x : {late, twice}) {
    REQUIRE(x->is(outcome::rejected));
    CHECK(x->failed->sqlstate == "25000");
    CHECK(contains(x->failed->message, "was committed"));
  }
  CHECK(w.db[primary].store().at("a").empty());
  check_given_back(w);
}

TEST_CASE("A borrower's death rolls its transaction back") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert a 1");
  w.run();
  b.die();
  w.run();
  CHECK(w.db[primary].store().at("a").empty());
  check_given_back(w);
}

TEST_CASE("A borrower's death cancels what runs") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  w.db[primary].script().add({"insert a 1", fault_point::before, fault_kind::delay});
  b.run(t->to, "insert a 1");
  w.run();
  b.die();
  w.advance(1s);
  CHECK(w.db[primary].store().at("a").empty());
  check_given_back(w);
}

TEST_CASE("Dropping the handle rolls the transaction back, after what was asked") {
  actor_world w;
  borrower b{w};
  auto kept = b.get(begin{});
  auto to = kept->to;
  const auto first = b.run(to, "insert a 1");
  w.run();
  kept.handle->reset();
  w.run();
  CHECK(first->text() == "done");
  CHECK(w.db[primary].store().at("a").empty());
  to = nullptr;
  check_given_back(w);
  // A commit that was asked before the drop still counts.
  auto other = b.get(begin{});
  b.run(other->to, "insert c 1");
  const auto end = b.send(other->to, commit{});
  caf::anon_send(b.self(), call_msg{[h = other.handle](caf::event_based_actor&) { h->reset(); }});
  w.run();
  CHECK(end->text() == "done");
  CHECK(w.db[primary].store().at("c") == std::vector<std::string>{"1"});
}

TEST_CASE("A transaction is rolled back when it is held for too long") {
  actor_world w;
  borrower b{w};
  begin x;
  x.hold_max = 500ms;
  auto t = b.get(x);
  b.run(t->to, "insert a 1");
  w.advance(1s);
  const auto late = b.send(t->to, commit{});
  w.run();
  REQUIRE(late->is(outcome::rejected));
  CHECK(contains(late->failed->message, "held for longer than 500 ms"));
  CHECK(w.db[primary].store().at("a").empty());
  check_given_back(w);
}

TEST_CASE("A failed transaction says so at its COMMIT") {
  actor_world w;
  w.write("insert a 1");
  w.run();
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert b 1");
  const auto bad = b.run(t->to, "insert a 1 unique");
  const auto next = b.run(t->to, "insert c 1");
  w.run();
  CHECK(bad->failed->sqlstate == "23505");
  REQUIRE(next->is(outcome::rejected));
  CHECK(next->failed->sqlstate == "25P02");
  CHECK(contains(next->failed->detail, "23505"));
  const auto end = b.send(t->to, commit{});
  w.run();
  REQUIRE(end->is(outcome::rejected));
  CHECK(end->failed->sqlstate == "25P02");
  CHECK(w.db[primary].store().at("b").empty());
  check_given_back(w);
}

TEST_CASE("A savepoint saves what came before it") {
  actor_world w;
  w.write("insert a 1");
  w.run();
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert b 1");
  const auto mark = b.tell(t->to, savepoint{"here"});
  b.run(t->to, "insert a 1 unique");
  const auto unknown = b.tell(t->to, rollback_to{"there"});
  const auto back = b.tell(t->to, rollback_to{"here"});
  b.run(t->to, "insert c 1");
  const auto released = b.tell(t->to, release_savepoint{"here"});
  const auto gone = b.tell(t->to, rollback_to{"here"});
  const auto end = b.send(t->to, commit{});
  w.run();
  CHECK(mark->text() == "done");
  CHECK(back->text() == "done");
  CHECK(released->text() == "done");
  for (const auto& x : {unknown, gone}) {
    REQUIRE(x->is(outcome::rejected));
    CHECK(x->failed->sqlstate == "3B001");
  }
  CHECK(end->text() == "done");
  CHECK(w.db[primary].store().at("b") == std::vector<std::string>{"1"});
  CHECK(w.db[primary].store().at("c") == std::vector<std::string>{"1"});
  check_given_back(w);
}

TEST_CASE("A connection lost before COMMIT rolls back, one lost at COMMIT is in doubt") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  w.db[primary].script().add({"insert a 1", fault_point::after, fault_kind::lose});
  const auto lost = b.run(t->to, "insert a 1");
  w.advance(100ms);
  REQUIRE(lost->is(outcome::not_executed));
  CHECK(lost->failed->why == cause::connection_lost);
  const auto late = b.send(t->to, commit{});
  w.run();
  CHECK(late->is(outcome::not_executed));
  w.advance(1s);
  auto u = b.get(begin{});
  REQUIRE(u.has());
  w.db[primary].script().add({"insert b 1", fault_point::after_commit, fault_kind::lose});
  const auto ok = b.run(u->to, "insert b 1");
  const auto doubt = b.send(u->to, commit{});
  w.advance(1s);
  CHECK(ok->text() == "done");
  CHECK(doubt->is(outcome::in_doubt));
  check_given_back(w);
}

TEST_CASE("A statement out of its time is cancelled, and its transaction can only be rolled back") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  w.db[primary].script().add({"insert a 1", fault_point::before, fault_kind::delay});
  const auto slow = b.run(t->to, "insert a 1", 200ms);
  w.advance(300ms);
  REQUIRE(slow->is(outcome::rejected));
  CHECK(slow->failed->why == cause::deadline);
  const auto end = b.send(t->to, commit{});
  w.run();
  CHECK(end->is(outcome::rejected));
  w.advance(1s);
  check_given_back(w);
}

TEST_CASE("What would harm a transaction is refused with the message to use instead") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  for (const auto* text : {"commit", "rollback", "savepoint a", "set x y", "create temp table t (a int)", "listen c",
                           "copy t from stdin", "vacuum; select 1"}) {
    const auto x = b.run(t->to, text);
    w.run();
    INFO(text);
    REQUIRE(x->is(outcome::rejected));
    CHECK_FALSE(x->failed->hint.empty());
  }
  const auto x = b.run(t->to, "insert a 1");
  const auto end = b.send(t->to, commit{});
  w.run();
  CHECK(x->text() == "done");
  CHECK(end->text() == "done");
}
