// Promises to those that were sent with a statement that turns out to take long: while another connection is free they
// are answered there.
#include "tests/actors/actor_world.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

statement on_primary(std::string text, int value, tripool::access mode) {
  statement x;
  x.text = std::move(text);
  x.parameters = {value};
  x.mode = mode;
  x.pool = "primary";
  return x;
}

options two_connections() {
  auto o = world_options();
  o.pools[primary].connections_min = o.pools[primary].connections_max = 2;
  return o;
}

/// Both texts have been quick, so that they share connections.
void prove(actor_world& w) {
  w.ask(on_primary("insert $1 v", 1, tripool::access::write));
  w.ask(on_primary("select $1", 1, tripool::access::read));
  w.advance(1s);
}

} // namespace

TEST_CASE("Reads that left with a write which waits for a lock are answered on another connection") {
  actor_world w{two_connections()};
  w.advance(2s);
  prove(w);
  w.db[primary].script().add({"insert 2 v", fault_point::before, fault_kind::delay});
  const auto slow = w.ask(on_primary("insert $1 v", 2, tripool::access::write));
  std::vector<told_ptr> reads;
  for (int i = 10; i < 20; ++i) reads.push_back(w.ask(on_primary("select $1", i, tripool::access::read)));
  w.advance(10ms);
  const auto answered = [&] { return std::ranges::count_if(reads, [](const told_ptr& x) { return x->is_done(); }); };
  CHECK(answered() < 10); // The others are behind the write.
  w.advance(100ms);
  CHECK(answered() == 10);
  CHECK(slow->answers == 0);
  w.db[primary].release_delays();
  w.advance(1s);
  CHECK(slow->is_done());
  for (const auto& x : reads) CHECK(x->answers == 1);
  CHECK(w.committed("insert 2 v") == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Writes that left with one which waits for a lock stay, and are done when it is") {
  actor_world w{two_connections()};
  w.advance(2s);
  prove(w);
  w.db[primary].script().add({"insert 2 v", fault_point::before, fault_kind::delay});
  std::vector<told_ptr> writes;
  for (int i = 2; i < 12; ++i) writes.push_back(w.ask(on_primary("insert $1 v", i, tripool::access::write)));
  w.advance(1s);
  w.db[primary].release_delays();
  w.advance(1s);
  for (int i = 2; i < 12; ++i) {
    CHECK(writes[static_cast<std::size_t>(i - 2)]->is_done());
    CHECK(w.committed("insert " + std::to_string(i) + " v") == 1);
  }
}

TEST_CASE("While all connections of a pool wait for a lock other pools serve the reads, whether sent before or after") {
  actor_world w{two_connections()};
  w.advance(2s);
  prove(w);
  w.db[primary].script().add({"insert 2 v", fault_point::before, fault_kind::delay});
  w.db[primary].script().add({"insert 3 v", fault_point::before, fault_kind::delay});
  std::vector<told_ptr> writes;
  std::vector<told_ptr> reads;
  const auto read = [&](int n) {
    auto s = on_primary("select $1", n, tripool::access::read);
    s.pool.clear();
    reads.push_back(w.ask(std::move(s)));
  };
  for (int i = 2; i < 4; ++i) {
    writes.push_back(w.ask(on_primary("insert $1 v", i, tripool::access::write)));
    for (int k = 0; k < 10; ++k) read(10 * i + k);
  }
  w.advance(100ms);
  for (int i = 50; i < 70; ++i) read(i);
  const auto bound = w.ask(on_primary("select $1", 99, tripool::access::read));
  w.advance(100ms);
  for (const auto& x : reads) CHECK(x->is_done());
  CHECK(bound->answers == 0);
  for (const auto& x : writes) CHECK(x->answers == 0);
  w.db[primary].release_delays();
  w.advance(1s);
  for (const auto& x : writes) CHECK(x->is_done());
  CHECK(bound->is_done());
  CHECK(w.committed("insert 2 v") + w.committed("insert 3 v") == 2);
  const auto moves = w.status().monitor.moves;
  CHECK(std::ranges::any_of(moves, [](const auto& x) { return x.why == cause::held_up; }));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Where no other pool can serve them reads wait until their own can, and are answered") {
  actor_world w{two_connections()};
  w.db[backup].crash();
  w.db[failover].crash();
  w.advance(3s);
  prove(w);
  w.db[primary].script().add({"insert 2 v", fault_point::before, fault_kind::delay});
  w.db[primary].script().add({"insert 3 v", fault_point::before, fault_kind::delay});
  w.ask(on_primary("insert $1 v", 2, tripool::access::write));
  w.ask(on_primary("insert $1 v", 3, tripool::access::write));
  w.advance(100ms);
  std::vector<told_ptr> reads;
  for (int i = 10; i < 30; ++i) reads.push_back(w.read("select " + std::to_string(i), 5000ms));
  w.advance(500ms);
  const auto answered = [&] { return std::ranges::any_of(reads, [](const told_ptr& x) { return x->answers > 0; }); };
  CHECK_FALSE(answered());
  for (int i = 100; i < 100 + static_cast<int>(w.env->config.pools[primary].queue_max) - 20; ++i)
    reads.push_back(w.read("select " + std::to_string(i), 5000ms)); // As many as the queue takes.
  w.advance(500ms);
  CHECK_FALSE(answered());
  w.db[primary].release_delays();
  w.advance(1s);
  for (const auto& x : reads) CHECK(x->is_done());
  CHECK(w.broken_promises() == "");
}

TEST_CASE(
  "More reads than the queue takes that were on the wire behind a lock are all answered when no other pool can") {
  auto o = two_connections();
  o.pools[primary].queue_max = 10;
  actor_world w{o};
  w.advance(2s);
  prove(w);
  for (const auto* text : {"insert 2 v", "insert 3 v"})
    w.db[primary].script().add({text, fault_point::before, fault_kind::delay});
  std::vector<told_ptr> reads;
  for (int i = 2; i < 4; ++i) {
    w.ask(on_primary("insert $1 v", i, tripool::access::write));
    for (int k = 0; k < 20; ++k) {
      auto s = on_primary("select $1", 10 * i + k, tripool::access::read);
      s.pool.clear();
      s.at_least = wal_position{1, w.db[primary].position()}; // The standbys are not known to have got there.
      reads.push_back(w.ask(std::move(s)));
    }
  }
  w.db[backup].crash();
  w.db[failover].crash();
  w.advance(1s);
  w.db[primary].release_delays();
  w.advance(2s);
  for (const auto& x : reads) {
    INFO(x->text());
    CHECK(x->is_done());
  }
  CHECK(w.broken_promises() == "");
}
