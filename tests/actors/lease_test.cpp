// Leases: session work of its own, reset when it comes back; how many may be lent; and who is told about them.
#include "tests/actors/borrow.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

std::string value_of(const heard_ptr& x) {
  REQUIRE(x->text() == "done");
  REQUIRE(x->rows);
  return x->rows->one<std::string>().value();
}

options sized(std::size_t min, std::size_t max, std::size_t leases = 0) {
  auto o = world_options();
  o.pools[primary].connections_min = min;
  o.pools[primary].connections_max = max;
  o.pools[primary].leases_max = leases;
  return o;
}

statement text_format(std::string text) {
  statement s;
  s.text = std::move(text);
  s.format = result_format::text;
  return s;
}

} // namespace

TEST_CASE("A lease keeps its session's state, and loses it when it is released", "[lease]") {
  actor_world w{sized(1, 1)};
  borrower b{w};
  auto l = b.get(acquire{});
  REQUIRE(l.has());
  const auto pid = l->backend_pid;
  b.run(l->to, "set colour blue");
  const auto now = b.send(l->to, text_format("show colour"));
  w.run();
  CHECK(value_of(now) == "blue");
  const auto end = b.tell(l->to, release{});
  w.run();
  CHECK(end->text() == "done");
  auto next = b.get(acquire{});
  REQUIRE(next.has());
  CHECK(next->backend_pid == pid);
  const auto then = b.send(next->to, text_format("show colour"));
  w.run();
  CHECK(value_of(then).empty());
}

TEST_CASE("A lease that ran nothing costs no reset", "[lease]") {
  actor_world w;
  borrower b{w};
  auto l = b.get(acquire{});
  const auto before = w.db[primary].ledger().entries().size();
  b.tell(l->to, release{});
  w.run();
  CHECK(w.db[primary].ledger().entries().size() == before);
  CHECK(w.pool(primary).stats.connections.lent == 0);
}

TEST_CASE("A lease may have one transaction after the other", "[lease]") {
  actor_world w;
  borrower b{w};
  auto l = b.get(acquire{});
  const auto none = b.send(l->to, commit{});
  const auto open = b.tell(l->to, begin{});
  const auto twice = b.tell(l->to, begin{});
  b.run(l->to, "insert a 1");
  const auto kept = b.send(l->to, commit{});
  b.tell(l->to, begin{});
  b.run(l->to, "insert b 1");
  const auto back = b.tell(l->to, rollback{});
  const auto alone = b.run(l->to, "insert c 1");
  w.run();
  REQUIRE(none->is(outcome::rejected));
  CHECK(none->failed->sqlstate == "25P01");
  CHECK(open->text() == "done");
  REQUIRE(twice->is(outcome::rejected));
  CHECK(twice->failed->sqlstate == "25001");
  CHECK(kept->text() == "done");
  CHECK(back->text() == "done");
  CHECK(alone->text() == "done");
  CHECK(w.committed("insert a 1") == 1);
  CHECK(w.committed("insert b 1") == 0);
  CHECK(w.committed("insert c 1") == 1);
}

TEST_CASE("A batch on a lease is one transaction", "[lease]") {
  actor_world w;
  w.write("insert a 1");
  w.run();
  borrower b{w};
  auto l = b.get(acquire{});
  batch good, bad;
  good.statements = {statement{"insert b 1"}, statement{"insert c 1"}};
  bad.statements = {statement{"insert d 1"}, statement{"insert a 1 unique"}, statement{"insert e 1"}};
  const auto x = b.send(l->to, good);
  const auto y = b.send(l->to, bad);
  const auto z = b.run(l->to, "insert f 1");
  w.run();
  REQUIRE(x->all);
  CHECK(x->all->results.size() == 2);
  REQUIRE(y->is(outcome::rejected));
  CHECK(y->failed->sqlstate == "23505");
  CHECK(contains(y->failed->detail, "statement 2 of 3"));
  CHECK(z->text() == "done");
  CHECK(w.committed("insert c 1") == 1);
  CHECK(w.committed("insert d 1") == 0);
  CHECK(w.committed("insert f 1") == 1);
}

TEST_CASE("What a lease left open is rolled back when it is released", "[lease]") {
  actor_world w;
  borrower b{w};
  auto l = b.get(acquire{});
  b.tell(l->to, begin{});
  b.run(l->to, "insert a 1");
  const auto end = b.tell(l->to, release{});
  const auto twice = b.tell(l->to, release{});
  w.run();
  CHECK(end->text() == "done");
  REQUIRE(twice->is(outcome::rejected));
  CHECK(twice->failed->sqlstate == "25000");
  CHECK(w.committed("insert a 1") == 0);
  const auto late = b.run(l->to, "insert b 1");
  w.run();
  REQUIRE(late->is(outcome::rejected));
  CHECK(contains(late->failed->message, "was released"));
  CHECK(w.pool(primary).stats.connections.lent == 0);
}

TEST_CASE("A lease takes what others may not send, but no COPY", "[lease]") {
  actor_world w;
  borrower b{w};
  auto l = b.get(acquire{});
  const auto set = b.run(l->to, "set a b");
  const auto open = b.run(l->to, "begin");
  const auto inside = b.run(l->to, "insert a 1");
  const auto end = b.run(l->to, "commit");
  const auto copy = b.run(l->to, "copy a from stdin");
  const auto mark = b.tell(l->to, savepoint{"x"});
  w.run();
  for (const auto& x : {set, open, inside, end}) CHECK(x->text() == "done");
  CHECK(w.committed("insert a 1") == 1);
  REQUIRE(copy->is(outcome::rejected));
  CHECK(contains(copy->failed->hint, "copy_in"));
  CHECK(mark->is(outcome::not_executed));
}

TEST_CASE("A handle that is of no use any more is told so", "[lease]") {
  actor_world w;
  borrower b{w};
  auto l = b.get(acquire{});
  const auto to = l->to;
  l.handle->reset();
  w.run();
  const auto x = b.run(to, "insert a 1");
  w.run();
  CHECK_FALSE(actor_world::alive(to));
  REQUIRE(x->is(outcome::not_executed));
  CHECK(contains(x->failed->hint, "lease"));
}

TEST_CASE("Statements pass orders that wait, and one connection stays for them", "[lease]") {
  actor_world w{sized(2, 3)};
  std::vector<std::unique_ptr<borrower>> all;
  std::vector<borrowed<lease_handle>> leases;
  for (int i = 0; i < 5; ++i) {
    all.push_back(std::make_unique<borrower>(w));
    leases.push_back(all.back()->order(acquire{}));
  }
  w.advance(100ms);
  const auto p = w.pool(primary);
  CHECK(p.stats.connections.lent == 2);
  CHECK(p.stats.lent_max == 2);
  CHECK(p.stats.orders_queued == 3);
  for (int i = 0; i < 10; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.run();
  CHECK(w.broken_promises() == "");
  for (int i = 0; i < 10; ++i) CHECK(w.committed("insert k" + std::to_string(i) + " v") == 1);
  // What comes back goes to the next that waits.
  leases.front().handle->reset();
  w.run();
  CHECK(leases[2].has());
  CHECK(w.pool(primary).stats.orders_queued == 2);
}

TEST_CASE("An order that gets no connection is told how many are lent", "[lease]") {
  actor_world w{sized(1, 2, 1)};
  borrower b{w};
  auto l = b.get(acquire{});
  REQUIRE(l.has());
  acquire x;
  x.timeout = 500ms;
  x.pool = "primary";
  auto late = b.order(x);
  w.advance(1s);
  REQUIRE(late.order->is(outcome::not_executed));
  CHECK(contains(late.order->failed->message, "leases-max"));
  CHECK(contains(late.order->failed->detail, "1 lent"));
}

TEST_CASE("A lease that is held for long is seen with its holder", "[lease]") {
  auto o = sized(1, 2);
  o.pools[primary].lease_warning = 10s;
  actor_world w{o};
  std::ostringstream log;
  w.env->log->sinks().push_back(std::make_shared<spdlog::sinks::ostream_sink_st>(log));
  borrower b{w};
  auto l = b.get(acquire{});
  w.advance(5s);
  CHECK(log.str().empty());
  const auto find = [&] {
    for (auto& c : w.connections(primary))
      if (c.state == "lent") return c;
    return connection_status{};
  };
  auto c = find();
  CHECK(contains(c.lent_to, "test.borrower"));
  CHECK(c.lent_as == "lease");
  CHECK_FALSE(c.overdue);
  w.advance(6s);
  c = find();
  CHECK(c.overdue);
  CHECK(c.lent_for >= 11s);
  CHECK(w.pool(primary).stats.longest_lent >= 11s);
  const auto x = w.query<lease_status>(c.borrowed, get_status{});
  REQUIRE(x);
  CHECK(x->state == "ready");
  CHECK(contains(log.str(), "lent to test.borrower"));
  CHECK(contains(log.str(), "as a lease for 10 s"));
  w.advance(60s);
  CHECK(log.str().find("lent to") == log.str().rfind("lent to")); // Once.
  CHECK(x->borrower == c.lent_to);
}

TEST_CASE("An evicted pool closes what it has lent", "[lease]") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert a 1");
  w.run();
  const auto pid = t->backend_pid;
  caf::anon_send(w.topology().pools.at(primary), evict_msg{"test", true});
  w.advance(1s);
  const auto x = b.send(t->to, commit{});
  w.advance(3s);
  CHECK(x->is(outcome::not_executed));
  CHECK(w.committed("insert a 1") == 0);
  for (const auto& s : w.db[primary].backends()) CHECK(s->pid() != pid);
  CHECK(w.pool(primary).stats.connections.lent == 0);
}

TEST_CASE("A drain waits for what is lent until its limit", "[lease]") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert a 1");
  caf::anon_send(w.delegate, drain_msg{5s});
  w.advance(1s);
  const auto refused = b.get(begin{});
  CHECK(refused.order->is(outcome::not_executed));
  const auto x = b.send(t->to, commit{});
  w.advance(1s);
  CHECK(x->text() == "done");
  w.advance(10s);
  CHECK_FALSE(actor_world::alive(w.delegate));
  CHECK(w.db[primary].backends().empty());
}

TEST_CASE("A drain that takes too long rolls back what is lent", "[lease]") {
  actor_world w;
  borrower b{w};
  auto t = b.get(begin{});
  b.run(t->to, "insert a 1");
  caf::anon_send(w.delegate, drain_msg{5s});
  w.advance(20s);
  CHECK_FALSE(actor_world::alive(w.delegate));
  CHECK(w.committed("insert a 1") == 0);
  CHECK(w.db[primary].backends().empty());
}

TEST_CASE("An order whose connection is lost while it opens is served by another", "[lease]") {
  actor_world w{sized(2, 4)};
  w.db[primary].terminate_all();
  borrower b{w};
  auto t = b.order(begin{});
  w.advance(2s);
  REQUIRE(t.order->text() == "done");
  const auto x = b.run(t->to, "insert a 1");
  const auto end = b.send(t->to, commit{});
  w.run();
  CHECK(x->text() == "done");
  CHECK(end->text() == "done");
}

TEST_CASE("A read-only transaction may be a standby's", "[lease]") {
  actor_world w;
  borrower b{w};
  begin x;
  x.read_only = true;
  x.pool = "backup";
  auto t = b.get(x);
  REQUIRE(t.has());
  CHECK(t->pool == "backup");
  const auto bad = b.run(t->to, "insert a 1");
  const auto good = b.run(t->to, "select a");
  const auto end = b.send(t->to, commit{});
  w.run();
  REQUIRE(bad->is(outcome::rejected));
  CHECK(bad->failed->sqlstate == "25006");
  CHECK(good->text() == "done");
  CHECK(end->text() == "done");
}

TEST_CASE("What the server cannot reset in time is closed", "[lease]") {
  actor_world w{sized(1, 2)};
  borrower b{w};
  auto l = b.get(acquire{});
  b.run(l->to, "set a b");
  w.run();
  w.db[primary].hang();
  const auto end = b.tell(l->to, release{});
  w.advance(5s);
  CHECK(end->text() == "done");
  w.db[primary].resume();
  w.advance(3s);
  CHECK(w.pool(primary).stats.connections.lent == 0);
  CHECK(w.broken_promises() == "");
}
