// Subscriptions from end to end: what subscribers are told while all is well, and how one session serves them all.
#include "tests/actors/subscriber.hpp"

#include "tripool/core/listen/channel.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// The process that listens to a channel on a server, or null.
std::shared_ptr<sim_backend> listening_backend(sim_server& db, const std::string& channel) {
  for (const auto& b : db.backends())
    if (b->channels().contains(channel)) return b;
  return nullptr;
}

} // namespace

TEST_CASE("A subscriber is told that the server listens, and then what is notified, in its order") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  x.subscribe({"b", "a", "b"});
  CHECK(x.log() == lines{"subscribed a b"});
  w.db[primary].notify("a", "1");
  w.db[primary].notify("b", "");
  w.db[primary].notify("c", "not for it");
  w.db[primary].notify("a", "2");
  w.run();
  CHECK(x.log() == lines{"subscribed a b", "a: 1", "b: ", "a: 2"});
  const auto s = w.status();
  CHECK(s.listener.state == "open");
  CHECK(s.listener.pool == "primary");
  CHECK(s.listener.listening == 2);
  CHECK(s.listener.notifications == 3);
  CHECK(s.delegate.subscriptions.delivered == 3);
  CHECK(s.delegate.subscriptions.subscriptions == 2);
}

TEST_CASE("To notify is a statement, and the notification tells who did") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  x.subscribe({"news"});
  const auto done = w.ask(*notify("news", "two words"));
  w.run();
  CHECK(done->text() == "done");
  REQUIRE(x.heard().notifications.size() == 1);
  CHECK(x.heard().notifications[0].payload == "two words");
  CHECK(x.heard().notifications[0].backend_pid > 1000);
}

TEST_CASE("What is rolled back notifies nobody") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  x.subscribe({"news"});
  w.db[primary].script().add({"insert k v", fault_point::before, fault_kind::error, "23514"});
  batch b;
  b.statements.push_back(*notify("news", "never"));
  b.statements.push_back(statement{"insert k v"});
  const auto refused = w.ask(std::move(b));
  w.advance(1s);
  CHECK(refused->is(outcome::rejected));
  CHECK(x.log() == lines{"subscribed news"});
}

TEST_CASE("All subscribers share one session, and each hears its own channels") {
  actor_world w;
  w.advance(2s);
  const auto dialled = w.db[primary].dialled();
  subscriber x{w};
  subscriber y{w};
  x.subscribe({"a", "both"});
  y.subscribe({"both"});
  w.db[primary].notify("both", "1");
  w.db[primary].notify("a", "2");
  w.run();
  CHECK(x.log() == lines{"subscribed a both", "both: 1", "a: 2"});
  CHECK(y.log() == lines{"subscribed both", "both: 1"});
  CHECK(w.db[primary].dialled() == dialled + 1);
}

TEST_CASE("Nothing is dialled before somebody subscribes, nor kept long after the last one has gone") {
  actor_world w;
  w.advance(2s);
  CHECK(w.status().listener.dials == 0);
  subscriber x{w};
  x.subscribe({"a"});
  x.unsubscribe({});
  CHECK(x.log() == lines{"subscribed a", "unsubscribed a"});
  CHECK_FALSE(listening_backend(w.db[primary], "a"));
  w.db[primary].notify("a", "late");
  w.advance(w.env->config.monitor.heartbeat_interval + 1s);
  CHECK(w.status().listener.state == "idle");
  CHECK(x.log().size() == 2);
  x.subscribe({"a"});
  w.advance(1s);
  CHECK(x.log().back() == "subscribed a");
  CHECK(x.heard().gaps.empty());
}

TEST_CASE("Who unsubscribes hears no more, and the others do") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  subscriber y{w};
  x.subscribe({"a", "b"});
  y.subscribe({"a"});
  x.unsubscribe({"a"});
  w.db[primary].notify("a", "1");
  w.db[primary].notify("b", "2");
  w.run();
  CHECK(x.log() == lines{"subscribed a b", "unsubscribed a", "b: 2"});
  CHECK(y.log() == lines{"subscribed a", "a: 1"});
}

TEST_CASE("A subscriber that dies is forgotten, and the server told to listen no more") {
  actor_world w;
  w.advance(2s);
  subscriber y{w};
  y.subscribe({"a"});
  {
    subscriber x{w};
    x.subscribe({"a", "b"});
    CHECK(listening_backend(w.db[primary], "b"));
  }
  w.run();
  CHECK_FALSE(listening_backend(w.db[primary], "b"));
  CHECK(listening_backend(w.db[primary], "a"));
  const auto s = w.status().delegate.subscriptions;
  CHECK(s.subscribers == 1);
  CHECK(s.subscriptions == 1);
}

TEST_CASE("One may subscribe in somebody else's name") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  subscriber y{w};
  x.send(subscribe{{"a"}, {}, y.actor()});
  w.db[primary].notify("a", "1");
  w.run();
  CHECK(x.log() == lines{"subscribed a"});
  CHECK(y.log() == lines{"a: 1"});
  x.send(unsubscribe{{"a"}, y.actor()});
  CHECK(x.log().back() == "unsubscribed a");
  CHECK_FALSE(listening_backend(w.db[primary], "a"));
}

TEST_CASE("Nobody can subscribe for one who is dead") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  caf::actor dead;
  {
    subscriber y{w};
    dead = y.actor();
  }
  w.run();
  x.send(subscribe{{"a"}, {}, dead});
  w.advance(1s);
  CHECK(x.heard().answers == 1);
  CHECK(w.status().delegate.subscriptions.subscribers == 0);
  CHECK_FALSE(listening_backend(w.db[primary], "a"));
}

TEST_CASE("Bad requests are refused with what is wrong, and leave the others unharmed") {
  auto o = world_options();
  o.listening.channels_max = 2;
  actor_world w{o};
  w.advance(2s);
  subscriber x{w};
  x.subscribe({"a"});
  x.forget();
  x.subscribe({});
  x.subscribe({"good", ""});
  x.subscribe({std::string(64, 'x')});
  x.subscribe({"\xFF"});
  x.subscribe({"b", "c"});
  x.subscribe({"b"}, -1ms);
  x.unsubscribe({"a", "unknown"});
  REQUIRE(x.heard().failures.size() == 7);
  lines states;
  for (const auto& f : x.heard().failures) {
    INFO(f.message);
    CHECK(f.kind == outcome::rejected);
    CHECK_FALSE(f.hint.empty());
    states.push_back(f.sqlstate);
  }
  CHECK(states == lines{"22023", "42602", "42622", "22021", "54000", "22023", "42704"});
  caf::anon_send(w.delegate, subscribe{{"nobody's"}, {}, {}});
  w.db[primary].notify("a", "still");
  w.run();
  CHECK(x.log().back() == "a: still");
  CHECK(w.status().delegate.subscriptions.subscriptions == 1);
}

TEST_CASE("Without a writable server a subscription fails at its deadline, and says why") {
  actor_world w;
  w.advance(2s);
  for (auto& x : w.db) x.crash();
  w.advance(1s);
  subscriber x{w};
  x.subscribe({"a"}, 3s);
  w.advance(2900ms);
  CHECK(x.log().empty());
  w.advance(200ms);
  REQUIRE(x.heard().failures.size() == 1);
  CHECK(x.heard().failures[0].kind == outcome::not_executed);
  CHECK(x.heard().failures[0].why == cause::deadline);
  CHECK(w.status().delegate.subscriptions.subscribers == 0);
}

TEST_CASE("A subscription that waits is answered as soon as there is a writable server") {
  actor_world w;
  w.advance(2s);
  for (auto& x : w.db) x.crash();
  w.advance(1s);
  subscriber x{w};
  x.subscribe({"a"});
  w.advance(5s);
  CHECK(x.log().empty());
  w.db[primary].start();
  w.advance(5s);
  CHECK(x.log() == lines{"subscribed a"});
  CHECK(x.heard().gaps.empty());
}

TEST_CASE("A server that refuses to listen is asked again after a pause, never in a storm") {
  actor_world w;
  w.advance(2s);
  sim_fault refusal;
  refusal.text = listen_text("a");
  refusal.sqlstate = "53200";
  refusal.times = 1000;
  w.db[primary].script().add(refusal);
  subscriber x{w};
  x.subscribe({"a"}, 20s);
  w.advance(10s);
  CHECK(x.log().empty());
  CHECK(w.status().listener.dials > 3);
  CHECK(w.status().listener.dials < 40);
  CHECK(w.status().listener.last_problem.find("did not listen") != std::string::npos);
  w.db[primary].script().clear();
  w.advance(8s);
  CHECK(x.log() == lines{"subscribed a"});
}

TEST_CASE("The failure of a subscription that the server refuses says what the server said") {
  actor_world w;
  w.advance(2s);
  sim_fault refusal;
  refusal.text = listen_text("a");
  refusal.sqlstate = "53200";
  refusal.times = 1000;
  w.db[primary].script().add(refusal);
  subscriber x{w};
  x.subscribe({"a"}, 2s);
  w.advance(3s);
  REQUIRE(x.heard().failures.size() == 1);
  CHECK(x.heard().failures[0].kind == outcome::not_executed);
  CHECK(x.heard().failures[0].sqlstate == "53200");
  CHECK(x.heard().failures[0].detail.find("scripted") != std::string::npos);
  // Nobody is harmed, and nobody wants the channel any more.
  x.subscribe({"b"});
  w.advance(10s);
  CHECK(x.log().back() == "subscribed b");
}

TEST_CASE("A service that drains takes no subscription, and its end is told") {
  actor_world w;
  w.advance(2s);
  subscriber x{w};
  x.subscribe({"a"});
  caf::anon_send(w.delegate, drain_msg{1s});
  w.run();
  x.subscribe({"b"});
  w.advance(2s);
  REQUIRE(x.heard().failures.size() == 1);
  CHECK(x.heard().failures[0].kind == outcome::not_executed);
  REQUIRE(x.heard().gaps.size() == 1);
  CHECK_FALSE(x.heard().gaps[0].over);
  CHECK(x.heard().gaps[0].why == "the service is shutting down");
}
