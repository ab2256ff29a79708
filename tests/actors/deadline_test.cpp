// Every request is answered by its deadline and half a second: servers that never answer, full queues, overload,
// draining, and the end of the delegate itself.
#include "tests/actors/actor_world.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

std::size_t count(const std::vector<told_ptr>& all, outcome x) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& t) { return t->is(x); }));
}

/// The primary pool with one connection and room for few requests.
options narrow_options() {
  auto o = world_options();
  auto& p = o.pools[primary];
  p.connections_min = p.connections_max = 1;
  p.pipeline_depth = 2;
  p.queue_max = 5;
  return o;
}

} // namespace

TEST_CASE("Requests at servers that hang are answered by their deadlines") {
  actor_world w;
  w.advance(10s);
  for (auto& server : w.db) server.hang();
  for (int i = 0; i < 20; ++i) {
    w.write("insert w" + std::to_string(i) + " v", std::chrono::milliseconds{500 + 100 * i});
    w.read("select r" + std::to_string(i), std::chrono::milliseconds{500 + 100 * i});
    w.advance(10ms);
  }
  w.advance(4s);
  CHECK(w.broken_promises() == "");
  CHECK(count(w.asked(), outcome::done) == 0);
  for (auto& server : w.db) server.resume();
  w.advance(5s);
  CHECK(w.broken_promises() == ""); // What was told stays true when the server goes on.
}

TEST_CASE("Requests at servers that accept no session are answered by their deadlines") {
  actor_world w{world_options(), false};
  for (auto& server : w.db) server.dials().silent = true;
  for (int i = 0; i < 5; ++i) {
    w.write("insert w" + std::to_string(i) + " v", std::chrono::milliseconds{300 + 2000 * i});
    w.read("select r" + std::to_string(i), std::chrono::milliseconds{300 + 2000 * i});
  }
  w.advance(15s);
  CHECK(w.broken_promises() == "");
  CHECK(count(w.asked(), outcome::not_executed) == 10);
}

TEST_CASE("A statement that runs into its deadline is cancelled, and the connection serves on") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  const auto slow = w.write("insert slow v", 1000ms);
  w.advance(2s);
  REQUIRE(slow->answers == 1);
  CHECK(slow->failed->kind == outcome::rejected);
  CHECK(slow->failed->why == cause::deadline);
  const auto next = w.write("insert next v");
  w.run();
  CHECK(next->is_done());
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A commit whose answer is held back past the deadline is in doubt") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::after_commit, fault_kind::lose});
  const auto x = w.write("insert slow v", 1000ms);
  w.advance(2s);
  CHECK(x->is(outcome::in_doubt));
  CHECK(w.committed("insert slow v") == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A request that asks for more time than is allowed gets what is allowed") {
  auto o = world_options();
  o.requests.deadline_max = 3s;
  o.requests.deadline = 3s;
  actor_world w{o};
  w.advance(2s);
  w.db[primary].hang();
  const auto x = w.write("insert k v", 100s);
  w.advance(4s);
  CHECK(x->answers == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A write that waits for a connection longer than queue-wait-max is told so") {
  auto o = narrow_options();
  o.pools[primary].queue_wait_max = 1s;
  o.pools[primary].codel_interval = 10s;
  actor_world w{o};
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  w.write("insert slow v", 3s);
  w.advance(100ms); // Past slow-statement: nothing is queued behind it.
  const auto x = w.write("insert waits v", 10s);
  w.advance(1500ms);
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->failed->why == cause::queue_timeout);
  w.advance(5s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("What a full queue cannot take is turned away at once, not at its deadline") {
  actor_world w{narrow_options()};
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  w.write("insert slow v", 3s);
  w.advance(100ms);
  std::vector<told_ptr> all;
  for (int i = 0; i < 20; ++i) all.push_back(w.write("insert k" + std::to_string(i) + " v", 5s));
  w.advance(5ms);
  const auto turned_away = [](const told_ptr& x) { return x->answers == 1 && x->failed->why == cause::queue_full; };
  CHECK(std::count_if(all.begin(), all.end(), turned_away) == 15);
  CHECK(count(all, outcome::not_executed) == 15);
  w.db[primary].release_delays();
  w.advance(1s);
  CHECK(count(all, outcome::done) == 5);
  w.advance(5s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Lasting overload is shed: the wait of those who are served stays near its target") {
  auto o = narrow_options();
  o.pools[primary].queue_max = 200;
  o.pools[primary].pipeline_depth = 1;
  actor_world w{o};
  w.advance(2s);
  // Each statement takes 50 ms, and two come in that time: for each that is served one too many.
  for (int i = 0; i < 400; ++i)
    w.db[primary].script().add({"insert k" + std::to_string(i) + " v", fault_point::before, fault_kind::delay});
  for (int i = 0; i < 400; i += 2) {
    w.write("insert k" + std::to_string(i) + " v", 9s);
    w.write("insert k" + std::to_string(i + 1) + " v", 9s);
    w.advance(50ms);
    w.db[primary].release_delays();
  }
  w.advance(10s);
  const auto shed = [](const told_ptr& x) { return x->failed && x->failed->why == cause::overload; };
  const auto& all = w.asked();
  CHECK(std::count_if(all.begin(), all.end(), shed) > 50);
  CHECK(count(all, outcome::done) > 100);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Draining answers everything, takes nothing new, and ends all actors") {
  actor_world w{narrow_options()};
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before_commit, fault_kind::delay});
  const auto slow = w.write("insert slow v");
  w.advance(100ms);
  for (int i = 0; i < 5; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.run();
  caf::anon_send(w.delegate, drain_msg{5s});
  w.run();
  const auto late = w.write("insert late v");
  w.run();
  REQUIRE(late->is(outcome::not_executed));
  CHECK(late->failed->why == cause::shutting_down);
  w.advance(1s);
  w.db[primary].release_delays();
  w.advance(10s);
  CHECK(slow->text() == "done");
  CHECK(count(w.asked(), outcome::done) == 6);
  CHECK(w.broken_promises() == "");
  CHECK(w.end() == 0);
  for (auto& server : w.db) CHECK(server.backends().empty());
}

TEST_CASE("What is left when the time for draining is over is answered too") {
  actor_world w;
  w.advance(2s);
  w.db[primary].hang();
  for (int i = 0; i < 20; ++i) w.write("insert k" + std::to_string(i) + " v", 3s);
  w.run();
  caf::anon_send(w.delegate, drain_msg{100ms});
  w.advance(5s);
  CHECK(w.broken_promises() == "");
  CHECK(w.end() == 0);
  CHECK(std::all_of(w.asked().begin(), w.asked().end(), [](const auto& x) { return x->answers == 1; }));
}

TEST_CASE("Requests to a delegate that has ended are known not to have run") {
  actor_world w;
  w.advance(2s);
  CHECK(w.end() == 0);
  const auto x = w.write("insert k v");
  w.run();
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->failed->why == cause::actor_down);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("However the delegate dies, everything under it ends, and what it held is answered") {
  for (const auto how : {death::kill, death::exit, death::exception}) {
    for (int steps = 0; steps < 60; ++steps) {
      INFO("death " << static_cast<int>(how) << " after " << steps << " jobs");
      actor_world w{world_options(), steps % 2 == 0};
      for (int i = 0; i < 10; ++i) {
        w.write("insert k" + std::to_string(i) + " v", 2s);
        w.read("select k" + std::to_string(i), 2s);
      }
      for (int i = 0; i < steps; ++i) w.step();
      CHECK(w.end(how) == 0);
      CHECK(w.broken_promises() == "");
    }
  }
}

TEST_CASE("The delegate looks after the first of those that wait in a silent monitor, however long it would rest") {
  actor_world w;
  w.advance(2s);
  const auto monitor = w.topology().monitor; // From here on nobody asks the delegate anything that would wake it.
  const auto read = [&w](std::chrono::milliseconds timeout) {
    statement s;
    s.text = "select k";
    s.mode = access::read;
    s.at_least = wal_position{9, 1}; // Of a timeline that nobody has: every server is well, and none will do.
    s.timeout = timeout;
    return w.ask(std::move(s));
  };
  const auto later = read(5000ms);
  w.advance(100ms); // The monitor has just been asked whether it is there: the next question is far.
  read(20ms);       // The timer that the monitor has set already is for this one.
  const auto sooner = read(80ms);
  w.run();
  w.silence(monitor);
  w.advance(200ms);
  CHECK(sooner->is(outcome::not_executed));
  CHECK(later->answers == 0);
  w.advance(10s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("What waits for any server in a monitor that falls silent is answered by its deadline all the same") {
  actor_world w;
  w.advance(2s);
  for (auto& db : w.db) db.crash();
  w.advance(1s);
  const auto write = w.write("insert k v", 1500ms);
  const auto read = w.read("select k", 2000ms);
  w.advance(1s);
  REQUIRE(w.status().monitor.parked == 2);
  w.silence(w.topology().monitor);
  w.advance(1500ms);
  CHECK(write->is(outcome::not_executed));
  CHECK(read->is(outcome::not_executed));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("What a monitor that falls silent has not opened is answered by its deadline all the same") {
  actor_world w;
  w.advance(2s);
  for (auto& db : w.db) db.crash();
  w.advance(1s);
  w.silence(w.topology().monitor);
  const auto write = w.write("insert k v", 800ms);
  const auto read = w.read("select k", 1000ms);
  w.advance(500ms);
  CHECK(w.env->handovers->size() == 2);
  CHECK(w.status().monitor.parked == 0);
  w.advance(700ms);
  for (const auto& x : {write, read}) {
    REQUIRE(x->is(outcome::not_executed));
    CHECK(x->failed->why == cause::deadline);
    CHECK(x->failed->proved == proof::never_sent);
  }
  CHECK(w.env->handovers->size() == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("What a pool hands to a silent monitor is answered by its deadline, however long the delegate would rest") {
  auto o = world_options();
  o.simple.silence_max = 60s; // Nobody stands in for the monitor meanwhile.
  actor_world w{o};
  w.advance(2s);
  w.silence(w.topology().monitor);
  w.read("select k"); // From now on the delegate looks at its services each half second: not when it counts here.
  w.advance(250ms);
  w.db[primary].dials().silent = true;
  w.db[primary].terminate_all();
  const auto write = w.write("insert k v", 1050ms);
  w.advance(1100ms); // It waited a second for a connection, and is on its way to the monitor.
  CHECK(w.env->handovers->size() == 1);
  CHECK(write->answers == 0);
  w.advance(100ms);
  CHECK(write->is(outcome::not_executed));
  CHECK(w.env->handovers->size() == 0);
  w.db[primary].dials().silent = false;
  w.advance(10s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A silent monitor is left no more than fit, and nothing that was turned away") {
  auto o = world_options();
  o.monitor.parked_max = 3;
  actor_world w{o};
  w.advance(2s);
  for (auto& db : w.db) db.crash();
  w.advance(1s);
  const auto monitor = w.topology().monitor;
  w.silence(monitor);
  for (int i = 0; i < 5; ++i) w.write("insert a" + std::to_string(i) + " v", 5s);
  w.advance(250ms);
  CHECK(count(w.asked(), outcome::not_executed) == 2);
  CHECK(w.asked().back()->failed->why == cause::queue_full);
  const auto unread = actor_world::unread(monitor);
  for (int i = 0; i < 20; ++i) {
    const auto x = w.write("insert b" + std::to_string(i) + " v", 5s);
    w.run();
    CHECK(x->is(outcome::not_executed));
  }
  CHECK(actor_world::unread(monitor) == unread);
  w.advance(10s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Who cancels what lies in a silent monitor's mailbox hears of it at once") {
  actor_world w;
  w.advance(2s);
  for (auto& db : w.db) db.crash();
  w.advance(1s);
  w.silence(w.topology().monitor);
  statement s;
  s.text = "insert k v";
  s.cancel_key = 7;
  const auto x = w.ask(std::move(s));
  w.run();
  CHECK(w.query<cancel_reply>(w.delegate, cancel_request{7})->found);
  w.run();
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->failed->why == cause::cancelled);
  w.advance(10s);
  CHECK(w.broken_promises() == "");
}
