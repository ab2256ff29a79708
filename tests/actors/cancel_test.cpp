// Cancelling through the delegate: wherever the request is at that moment, its caller gets one answer, and nobody
// else's request comes to harm.
#include "tests/actors/actor_world.hpp"

#include <set>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

statement keyed(std::string text, std::uint64_t key, std::chrono::milliseconds timeout = {}) {
  statement s;
  s.text = std::move(text);
  s.cancel_key = key;
  s.timeout = timeout;
  return s;
}

bool cancel(actor_world& w, std::uint64_t key) {
  const auto found = w.query<cancel_reply>(w.delegate, cancel_request{key});
  REQUIRE(found);
  return found->found;
}

options one_connection() {
  auto o = world_options();
  auto& p = o.pools[primary];
  p.connections_min = p.connections_max = 1;
  p.pipeline_depth = 2;
  p.codel_interval = 30s;
  return o;
}

/// Asks once, and then lives until it is ended.
class mortal final : public caf::event_based_actor {
public:
  mortal(caf::actor_config& cfg, caf::actor delegate, statement what)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), what_(std::move(what)) {}

  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, what_).then([](const result&) {}, [](const caf::error&) {});
    return {[](call_msg&) {}};
  }
  void on_exit() override { delegate_ = nullptr; }

private:
  caf::actor delegate_;
  statement what_;
};

} // namespace

TEST_CASE("A running statement is cancelled by its key, and the connection serves on") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  const auto slow = w.ask(keyed("insert slow v", 7));
  w.advance(100ms);
  CHECK(slow->answers == 0);
  CHECK(cancel(w, 7));
  w.advance(100ms);
  REQUIRE(slow->is(outcome::rejected));
  CHECK(slow->failed->why == cause::cancelled);
  CHECK(slow->failed->sqlstate == "57014");
  CHECK(!cancel(w, 7));
  const auto next = w.write("insert next v");
  w.run();
  CHECK(next->is_done());
  CHECK(w.status().delegate.cancels == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Queued statements are cancelled at once, wherever they queue") {
  actor_world w{one_connection()};
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  const auto slow = w.write("insert slow v", 5s);
  std::vector<told_ptr> all;
  for (std::uint64_t key = 1; key <= 5; ++key)
    all.push_back(w.ask(keyed("insert q" + std::to_string(key) + " v", key)));
  w.run();
  for (std::uint64_t key = 1; key <= 5; ++key) CHECK(cancel(w, key));
  w.run();
  std::size_t at_once = 0;
  for (const auto& x : all) {
    at_once += x->is(outcome::not_executed) ? 1 : 0;
    if (x->failed) CHECK(x->failed->why == cause::cancelled);
  }
  CHECK(at_once >= 4); // The first may be on the wire, behind the slow one.
  w.db[primary].release_delays();
  w.advance(1s);
  CHECK(slow->is_done());
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A statement that waits for any pool to serve it is cancelled there") {
  actor_world w;
  w.advance(2s);
  for (auto& server : w.db) server.crash();
  w.advance(5s);
  const auto x = w.ask(keyed("insert k v", 1, 8s));
  w.advance(500ms);
  REQUIRE(x->answers == 0);
  REQUIRE(w.status().monitor.parked == 1);
  CHECK(cancel(w, 1));
  w.run();
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->failed->why == cause::cancelled);
  CHECK(w.status().monitor.parked == 0);
}

TEST_CASE("A statement that is cancelled before any pool has been started is answered") {
  actor_world w{world_options(), false};
  const auto x = w.ask(keyed("insert k v", 1));
  const auto y = w.query<cancel_reply>(w.delegate, cancel_request{1});
  w.advance(1s);
  CHECK(y->found);
  CHECK(x->answers == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A cancel can come at every step of a statement's way") {
  // After each step of the actors the statement is somewhere else: in a mailbox, a queue, on the wire.
  std::set<std::string> ends;
  for (int steps = 0; steps < 60; ++steps) {
    actor_world w;
    w.advance(2s);
    w.db[primary].script().add({"insert k v", fault_point::before, fault_kind::delay});
    const auto x = w.ask(keyed("insert k v", 1));
    const auto other = w.write("insert other v");
    for (int i = 0; i < steps && w.step();) ++i;
    w.query<cancel_reply>(w.delegate, cancel_request{1});
    w.advance(1s);
    CAPTURE(steps);
    REQUIRE(x->answers == 1);
    CHECK(!x->is_done());
    CHECK(other->is_done());
    CHECK(w.broken_promises() == "");
    ends.insert(std::string{to_string(x->failed->kind)});
  }
  CHECK(ends == std::set<std::string>{"not_executed", "rejected"});
}

TEST_CASE("A cancel meets neither another caller's request nor one that is unknown or answered") {
  actor_world w;
  w.advance(2s);
  const auto done = w.ask(keyed("insert done v", 5));
  w.run();
  CHECK(done->is_done());
  CHECK(!cancel(w, 5));
  CHECK(!cancel(w, 6));
  CHECK(!cancel(w, 0));
  w.db[primary].script().add({"insert theirs v", fault_point::before, fault_kind::delay});
  const auto stranger = w.spawn<mortal>(w.delegate, keyed("insert theirs v", 9));
  w.advance(100ms);
  CHECK(!cancel(w, 9));
  w.db[primary].release_delays();
  w.advance(1s);
  CHECK(w.committed("insert theirs v") == 1);
  w.strike(stranger, death::kill);
  w.run();
}

TEST_CASE("A key that is in use, or one too many, is refused clearly") {
  auto o = world_options();
  o.requests.cancellable_max = 2;
  actor_world w{o};
  w.advance(2s);
  for (const char* text : {"insert a v", "insert b v"})
    w.db[primary].script().add({text, fault_point::before, fault_kind::delay});
  const auto a = w.ask(keyed("insert a v", 1));
  const auto again = w.ask(keyed("insert a2 v", 1));
  w.run();
  REQUIRE(again->is(outcome::rejected));
  CHECK(again->failed->sqlstate == "42710");
  const auto b = w.ask(keyed("insert b v", 2));
  const auto c = w.ask(keyed("insert c v", 3));
  w.run();
  REQUIRE(c->is(outcome::not_executed));
  CHECK(c->failed->message.find("cancellable-max = 2") != std::string::npos);
  w.db[primary].release_delays();
  w.advance(100ms);
  w.db[primary].release_delays();
  w.advance(100ms);
  CHECK(a->is_done());
  CHECK(b->is_done());
  const auto d = w.ask(keyed("insert d v", 3));
  w.run();
  CHECK(d->is_done());
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A statement ends with its caller where that was asked, and only there") {
  actor_world w;
  w.advance(2s);
  auto with = keyed("insert with v", 1);
  with.cancel_with_caller = true;
  auto without = keyed("insert without v", 1);
  for (const char* text : {"insert with v", "insert without v"})
    w.db[primary].script().add({text, fault_point::before, fault_kind::delay});
  const auto first = w.spawn<mortal>(w.delegate, with);
  const auto second = w.spawn<mortal>(w.delegate, without);
  w.advance(100ms);
  w.strike(first, death::kill);
  w.strike(second, death::kill);
  w.advance(100ms); // The cancel.
  CHECK(w.status().delegate.cancels == 1);
  for (int i = 0; i < 3; ++i) {
    w.db[primary].release_delays();
    w.advance(1s);
  }
  CHECK(w.committed("insert with v") == 0);
  CHECK(w.committed("insert without v") == 1);
}
