// What outlives the change between the resilient part and the simple pool, in virtual time: a listener that is taken up
// again, and sessions that were borrowed from a simple pool whose server turns out to be a ghost.
#include "tests/actors/borrow.hpp"
#include "tests/actors/resting.hpp"
#include "tests/actors/subscriber.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// Writes every 100 ms for so long, so that whoever is silent is found out.
void ask_for(actor_world& w, duration length, const std::string& name) {
  const auto until = w.now() + length;
  for (int i = 0; w.now() < until; ++i) {
    w.write("insert " + name + std::to_string(i) + " v");
    w.advance(100ms);
  }
}

} // namespace

TEST_CASE("A listener that lived beside the simple pool is believed anew: the gap ends, and more may subscribe",
          "[fallback]") {
  actor_world w;
  w.advance(5s);
  subscriber x{w};
  x.subscribe({"news"});
  w.advance(100ms);
  REQUIRE(x.log() == lines{"subscribed news"});
  const auto listener = w.topology().listener;
  w.silence(w.topology().manager);
  ask_for(w, 6s, "w");
  REQUIRE(w.status().delegate.fallback.returns == 1);
  REQUIRE(w.topology().listener == listener);
  CHECK(x.log() == lines{"subscribed news", "gap news", "over news", "gap news", "over news"});
  subscriber y{w};
  y.subscribe({"news"});
  w.advance(100ms);
  w.db[primary].notify("news", "1");
  w.run();
  CHECK(x.log().back() == "news: 1");
  CHECK(y.log() == lines{"subscribed news", "news: 1"});
}

namespace {

/// The server's processes that listen to a channel, oldest first.
std::vector<std::shared_ptr<sim_backend>> listening(actor_world& w, const std::string& channel) {
  std::vector<std::shared_ptr<sim_backend>> out;
  for (auto& x : w.db[primary].backends())
    if (x->channels().contains(channel)) out.push_back(x);
  return out;
}

/// Writes until it is so, for at most 10 s.
template <class Condition>
void ask_until(actor_world& w, const std::string& name, Condition done) {
  for (int i = 0; i < 100 && !done(); ++i) ask_for(w, 100ms, name + std::to_string(i) + '.');
  REQUIRE(done());
}

} // namespace

TEST_CASE("What the other listener has brought already is not brought again by one that is taken up late",
          "[fallback]") {
  actor_world w;
  w.advance(5s);
  subscriber x{w};
  x.subscribe({"news"});
  w.advance(100ms);
  const auto before = listening(w, "news");
  REQUIRE(before.size() == 1);
  w.silence(w.topology().manager);
  ask_until(w, "down", [&] { return x.log().back() == "over news" && listening(w, "news").size() == 2; });
  before.front()->link().hold();
  w.db[primary].notify("news", "1");
  w.run();
  REQUIRE(x.log().back() == "news: 1");
  REQUIRE(before.front()->link().undelivered() > 0);
  ask_until(w, "up", [&] { return w.status().delegate.fallback.returns == 1; });
  before.front()->link().release_all();
  w.advance(100ms);
  CHECK(x.log() == lines{"subscribed news", "gap news", "over news", "news: 1", "gap news", "over news"});
  w.db[primary].notify("news", "2");
  w.run();
  CHECK(x.log().back() == "news: 2");
}

namespace {

/// A lease of the simple pool, with something written in it.
borrowed<lease_handle> lease_of_simple_pool(actor_world& w, borrower& b) {
  REQUIRE(w.status().delegate.fallback.mode == service_mode::simple);
  auto l = b.get(acquire{});
  REQUIRE(l.order->text() == "done");
  REQUIRE(l->pool == "simple-pool");
  b.run(l->to, "insert before v");
  w.run();
  CHECK(w.committed("insert before v") == 1);
  return l;
}

/// The primary lives on as a ghost, and the monitor finds it out by its next heartbeat at the latest.
void make_ghost(actor_world& w) {
  w.db[backup].replay_from(w.db[primary]);
  w.db[backup].promote();
  w.advance(31s);
  REQUIRE(w.status().monitor.table->routes[primary].ghost);
}

} // namespace

TEST_CASE("A simple pool that finishes what it has is cut off from a server that is found to be a ghost",
          "[fallback]") {
  actor_world w;
  w.advance(5s);
  w.silence(w.topology().manager);
  ask_for(w, 2500ms, "w");
  borrower b{w};
  auto l = lease_of_simple_pool(w, b);
  ask_for(w, 3s, "back");
  REQUIRE(w.status().delegate.fallback.retiring == 1);
  make_ghost(w);
  const auto late = b.run(l->to, "insert after v");
  w.advance(1s);
  CHECK_FALSE(late->done);
  CHECK(w.committed("insert after v") == 0);
  CHECK(w.status().delegate.fallback.retiring == 0);
  const auto x = w.write("insert served v");
  w.advance(1s);
  CHECK(x->text() == "done");
  CHECK(w.db[backup].ledger().committed("insert served v") == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A simple pool that serves is cut off from a server that is found to be a ghost", "[fallback]") {
  actor_world w{soon_resting()};
  w.advance(5s);
  wear_out_manager(w);
  borrower b{w};
  auto l = lease_of_simple_pool(w, b);
  make_ghost(w);
  REQUIRE(w.status().delegate.fallback.mode == service_mode::simple); // The manager rests.
  const auto late = b.run(l->to, "insert after v");
  const auto x = w.write("insert refused v");
  w.advance(1s);
  CHECK_FALSE(late->done);
  CHECK(x->is(outcome::not_executed));
  CHECK(w.db[primary].ledger().committed("insert after v") + w.db[primary].ledger().committed("insert refused v") == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("The simple pool has the server that took writes last, also when no server takes any at the moment",
          "[fallback]") {
  actor_world w;
  w.advance(5s);
  w.db[primary].crash();
  w.db[backup].promote();
  w.advance(10s);
  const auto x = w.write("insert promoted v");
  w.advance(1s);
  REQUIRE(x->text() == "done");
  w.db[backup].hang();
  w.db[primary].start(); // A ghost that nobody has seen yet.
  w.silence(w.topology().monitor);
  ask_for(w, 2500ms, "w");
  const auto f = w.status().delegate.fallback;
  CHECK(f.falls == 1);
  CHECK(f.server_of == "backup");
}
