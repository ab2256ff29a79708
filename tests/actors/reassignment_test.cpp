// Requests of a failing pool: what has not been sent moves to another pool, what is repeatable is repeated there, and a
// write whose answer was lost is in doubt. Writes go to the one server that takes them, and follow a promotion.
#include "tests/actors/actor_world.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

std::size_t count(const std::vector<told_ptr>& all, outcome x) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& t) { return t->is(x); }));
}

std::string number(int i) {
  return std::to_string(i);
}

/// One connection in a pool, and two requests on it at a time: the others queue.
options narrow(std::size_t pool) {
  auto o = world_options();
  auto& p = o.pools[pool];
  p.connections_min = p.connections_max = 1;
  p.pipeline_depth = 2;
  p.codel_interval = 30s; // Nothing is shed here.
  return o;
}

/// The standby takes over what the primary had committed, and becomes the primary.
void fail_over(actor_world& w) {
  w.db[backup].replay_from(w.db[primary]);
  w.db[backup].promote();
}

/// The next heartbeat comes in a second.
void until_shortly_before_a_heartbeat(actor_world& w) {
  w.advance(10s);
  for (const auto n = w.probes(primary); w.probes(primary) == n;) w.advance(100ms);
  w.advance(29s);
}

} // namespace

TEST_CASE("Queued requests of a pool whose server hangs are answered by another pool") {
  actor_world w{narrow(backup)};
  w.advance(2s);
  w.db[backup].hang();
  std::vector<told_ptr> all;
  for (int i = 0; i < 60; ++i) all.push_back(w.read("select k" + number(i)));
  w.run();
  const auto stuck = w.pool(backup).stats;
  REQUIRE(stuck.queued >= 5);
  REQUIRE(stuck.outstanding >= 1);
  REQUIRE(count(all, outcome::done) + stuck.queued + stuck.outstanding == 60);
  w.advance(31s); // The heartbeat finds out.
  CHECK(count(all, outcome::done) == 60);
  CHECK(w.pool(backup).stats.state == pool_state::suspended);
  CHECK(w.pool(backup).stats.queued == 0);
  CHECK(w.status().monitor.moved >= stuck.queued);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Writes of a primary that hangs: the unsent ones move to the new primary, those under way are in doubt") {
  actor_world w{narrow(primary)};
  until_shortly_before_a_heartbeat(w);
  w.write("insert warm up"); // A connection that has just been used is not validated.
  w.run();
  w.db[primary].hang();
  std::vector<told_ptr> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(w.write("insert k" + number(i) + " v"));
    w.run();
  }
  w.advance(2s);
  fail_over(w);
  w.advance(6s); // No deadline has passed.
  const auto in_doubt = count(all, outcome::in_doubt);
  CHECK(in_doubt >= 1);
  CHECK(in_doubt <= 2);
  CHECK(count(all, outcome::done) == 10 - in_doubt);
  for (const auto& x : all)
    if (x->is_done()) CHECK(w.db[backup].ledger().committed(x->texts.front()) == 1);
  w.db[primary].resume(); // Too late: what was on the wire may run now, but nothing twice.
  w.advance(10s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Connections that are closing already give no answer any more once their server is a ghost") {
  actor_world w{narrow(primary)};
  until_shortly_before_a_heartbeat(w);
  w.write("insert warm up");
  w.run();
  w.db[primary].hang();
  const auto x = w.write("insert k v");
  w.run();
  const auto is_out = [&] { return w.pool(primary).stats.state == pool_state::suspended; };
  for (int i = 0; i < 100 && !is_out(); ++i) w.advance(100ms);
  REQUIRE(is_out());
  REQUIRE(x->answers == 0); // Its connection waits for cancel-grace.
  fail_over(w);
  const auto is_ghost = [&] { return w.status().monitor.table->routes[primary].ghost; };
  for (int i = 0; i < 40 && !is_ghost(); ++i) w.advance(50ms);
  REQUIRE(is_ghost());
  w.db[primary].resume(); // It commits, with whoever still follows it.
  w.advance(1s);
  CHECK(x->is(outcome::in_doubt));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A primary that hangs while it was idle gets no write at all: its connections are validated first") {
  actor_world w{narrow(primary)};
  w.advance(5s);
  w.db[primary].hang();
  std::vector<told_ptr> all;
  for (int i = 0; i < 10; ++i) all.push_back(w.write("insert k" + number(i) + " v"));
  w.advance(3s);
  fail_over(w);
  w.advance(3s);
  CHECK(count(all, outcome::done) == 10);
  w.db[primary].resume();
  w.advance(10s);
  for (const auto& x : all) CHECK(w.db[primary].ledger().executed(x->texts.front()) == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Writes of a primary that crashes: nothing is lost, nothing runs twice") {
  actor_world w{narrow(primary)};
  w.advance(2s);
  w.db[primary].script().add({"insert k0 v", fault_point::after_commit, fault_kind::delay});
  w.db[primary].script().add({"insert k1 v", fault_point::before_commit, fault_kind::delay});
  std::vector<told_ptr> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(w.write("insert k" + number(i) + " v", 8000ms));
    w.run();
  }
  w.db[primary].crash();
  w.advance(500ms);
  fail_over(w);
  w.advance(3s);
  CHECK(all[0]->is(outcome::in_doubt));
  CHECK(w.committed("insert k0 v") == 1);
  for (int i = 2; i < 10; ++i) {
    INFO(all[static_cast<std::size_t>(i)]->text());
    CHECK(w.db[backup].ledger().committed("insert k" + number(i) + " v") == 1);
  }
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Reads under way on a session that breaks are repeated elsewhere") {
  actor_world w;
  w.advance(2s);
  std::vector<told_ptr> all;
  for (int i = 0; i < 30; ++i) {
    const auto text = "select k" + number(i);
    for (auto& server : w.db) server.script().add({text, fault_point::before, fault_kind::delay});
    all.push_back(w.read(text, 5000ms));
  }
  w.run();
  w.db[failover].crash();
  w.advance(100ms);
  for (int i = 0; i < 30; ++i) { // Each was to be delayed once at each server.
    w.advance(20ms);
    for (auto& server : w.db) server.release_delays();
  }
  w.advance(1s);
  CHECK(count(all, outcome::done) == 30);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A write that is declared repeatable is repeated on the new primary when its answer was lost") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"update k v", fault_point::after_commit, fault_kind::delay});
  statement s;
  s.text = "update k v";
  s.repeatable = true;
  s.timeout = 5000ms;
  const auto x = w.ask(s);
  w.run();
  w.db[primary].crash();
  w.advance(300ms);
  fail_over(w);
  w.advance(2s);
  CHECK(x->text() == "done");
  CHECK(w.db[backup].ledger().committed("update k v") == 1);
}

TEST_CASE("A write is never sent to a server in recovery: it waits for a promotion") {
  actor_world w;
  w.advance(2s);
  w.db[primary].crash();
  w.advance(2s);
  const auto waits = w.write("insert k v", 8000ms);
  const auto gives_up = w.write("insert short v", 1000ms);
  w.advance(2s);
  CHECK(gives_up->is(outcome::not_executed));
  CHECK(waits->answers == 0);
  CHECK(w.status().monitor.parked == 1);
  fail_over(w);
  w.advance(2s);
  CHECK(waits->text() == "done");
  CHECK(w.db[backup].ledger().committed("insert k v") == 1);
  const auto next = w.write("insert next v");
  w.run();
  CHECK(next->text() == "done");
  CHECK(w.db[backup].ledger().committed("insert next v") == 1);
  CHECK(w.db[failover].ledger().executed("insert k v") == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Without any primary a write is answered after ten seconds at the latest, with what every server is") {
  actor_world w;
  w.advance(2s);
  w.db[primary].make_standby();
  w.advance(1s);
  const auto x = w.write("insert k v", 30s);
  w.advance(11s);
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->failed->why == cause::no_server);
  for (const auto* name : {"primary", "backup", "failover"}) CHECK(x->failed->detail.find(name) != std::string::npos);
  for (auto& server : w.db) CHECK(server.ledger().executed("insert k v") == 0);
}

TEST_CASE("A switchover under load loses nothing: refused writes move to the new primary") {
  actor_world w;
  w.advance(2s);
  std::vector<told_ptr> all;
  for (int i = 0; i < 100; ++i) {
    if (i == 50) {
      w.db[primary].make_standby();
      fail_over(w);
    }
    all.push_back(w.write("insert k" + number(i) + " v", 5000ms));
    all.push_back(w.read("select k" + number(i), 5000ms));
    for (int job = 0; job < 7; ++job) w.step();
    if (i % 10 == 0) w.advance(10ms);
  }
  w.advance(5s);
  CHECK(count(all, outcome::done) == all.size());
  CHECK(w.db[backup].ledger().commits().size() >= 50);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A primary that was replaced while it was away gets neither writes nor reads when it comes back") {
  actor_world w;
  w.advance(2s);
  w.db[primary].crash();
  w.advance(1s);
  fail_over(w);
  w.advance(2s);
  w.db[primary].start();
  w.advance(90s);
  for (int i = 0; i < 20; ++i) {
    w.write("insert w" + number(i) + " v");
    w.read("select r" + number(i));
    w.run();
  }
  CHECK(count(w.asked(), outcome::done) == 40);
  for (int i = 0; i < 20; ++i) {
    CHECK(w.db[primary].ledger().executed("insert w" + number(i) + " v") == 0);
    CHECK(w.db[primary].ledger().executed("select r" + number(i)) == 0);
  }
  const auto monitor = w.status().monitor;
  REQUIRE(monitor.table);
  CHECK(monitor.table->routes.at(primary).ghost);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Reads that find one pool's queue full spill over to the others") {
  auto o = narrow(failover);
  o.pools[failover].queue_max = 3;
  actor_world w{o};
  w.advance(2s);
  w.db[failover].hang();
  std::vector<told_ptr> all;
  for (int i = 0; i < 100; ++i) all.push_back(w.read("select k" + number(i)));
  w.advance(10ms);
  CHECK(count(all, outcome::done) >= 95);
  CHECK(count(all, outcome::done) < 100);
  w.advance(31s);
  CHECK(count(all, outcome::done) == 100);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A request is tried at three servers at most, and its failure says so") {
  auto o = world_options();
  o.requests.attempts_max = 2;
  actor_world w{o};
  w.advance(2s);
  for (auto& server : w.db) {
    sim_fault f{"select k", fault_point::before, fault_kind::lose};
    f.times = 100;
    server.script().add(f);
  }
  const auto x = w.read("select k", 5000ms);
  w.advance(6s);
  REQUIRE(x->answers == 1);
  CHECK(x->is(outcome::in_doubt));
  CHECK(x->failed->attempts == 2);
  CHECK(w.broken_promises() == "");
}
