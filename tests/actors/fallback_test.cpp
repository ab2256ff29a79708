// The ladder with the real actors in virtual time: resilient, simple, nobody, and back. Nothing is lost, run twice,
// left unanswered or answered late on any rung, and the caller's code is the same on all of them.
#include "tests/actors/borrow.hpp"
#include "tests/actors/subscriber.hpp"

#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/protocol_events.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// Keeps actors of one name from living: kills whoever is next in line under it.
void keep_down(actor_world& w, const std::string& name, duration length) {
  const auto until = w.now() + length;
  while (w.now() < until) {
    while (w.jobs() > 0) {
      if (const auto who = w.next_in_line(); who && w.name_of(who) == name) w.strike(who, death::kill);
      w.step();
    }
    w.skip(1ms);
  }
}

fallback_status fallback(actor_world& w) {
  const auto out = w.query<delegate_status>(w.delegate, get_status{});
  REQUIRE(out);
  return out->fallback;
}

/// A little of everything, with texts that no other has.
void ask_some(actor_world& w, const std::string& name) {
  for (int i = 0; i < 5; ++i) {
    const auto key = name + std::to_string(i);
    w.write("insert " + key + " v", 3000ms);
    w.read("select " + key, 3000ms);
    batch b;
    for (const auto* part : {"a", "b"}) {
      statement s;
      s.text = "insert " + key + part + " v";
      b.statements.push_back(std::move(s));
    }
    b.timeout = 3000ms;
    w.ask(std::move(b));
  }
}

void check_done_since(actor_world& w, std::size_t from) {
  for (std::size_t i = from; i < w.asked().size(); ++i) {
    INFO(w.asked()[i]->texts.front());
    CHECK(w.asked()[i]->text() == "done");
  }
}

/// A budget that is used up soon, so that a manager that dies rests.
options impatient() {
  auto o = world_options();
  o.supervision.restarts_max = 2;
  o.supervision.restarts_window = 5s;
  return o;
}

/// Remembers the changes that subscribers to events hear of.
class observer final : public caf::event_based_actor {
public:
  observer(caf::actor_config& cfg, caf::actor delegate, std::shared_ptr<lines> to)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), to_(std::move(to)) {}

private:
  caf::behavior make_behavior() override {
    send(delegate_, subscribe_events{});
    delegate_ = nullptr;
    return {
      [this](const fallback_event& x) {
        to_->push_back(std::string{to_string(x.before)} + " -> " + std::string{to_string(x.now)});
      },
      [](events_subscribed) {},
      [](const doubt_event&) {},
      [](const doubt_settled_event&) {},
    };
  }

  caf::actor delegate_;
  std::shared_ptr<lines> to_;
};

} // namespace

TEST_CASE("With resilience switched off everything is served from one pool with one server", "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  ask_some(w, "k");
  w.advance(1s);
  check_done_since(w, 0);
  CHECK(w.broken_promises() == "");
  const auto s = w.status();
  CHECK(s.delegate.fallback.mode == service_mode::simple);
  CHECK(s.delegate.fallback.server_of == "primary");
  CHECK(s.delegate.fallback.why.find("switched off") != std::string::npos);
  REQUIRE(s.pools.size() == 1);
  CHECK(s.pools.front().stats.name == "simple-pool");
  CHECK(s.pools.front().stats.connections.total() >= 2);
  CHECK(s.manager.children.empty());
  CHECK(s.monitor.pools.empty());
  CHECK(w.db[backup].dialled() == 0);
  CHECK(w.db[failover].dialled() == 0);
  CHECK(w.probes(primary) == 0);
  CHECK(w.end() == 0);
}

TEST_CASE("Transactions, leases and subscriptions work on the simple pool as they do elsewhere", "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  borrower b{w};
  auto t = b.get(begin{});
  REQUIRE(t.order->text() == "done");
  CHECK(t->pool == "simple-pool");
  b.run(t->to, "insert a 1");
  const auto end = b.send(t->to, commit{});
  w.run();
  CHECK(end->text() == "done");
  CHECK(w.db[primary].store().at("a") == std::vector<std::string>{"1"});
  auto l = b.get(acquire{});
  REQUIRE(l.order->text() == "done");
  CHECK(b.run(l->to, "insert b 2") != nullptr);
  w.run();
  CHECK(w.committed("insert b 2") == 1);
  subscriber x{w};
  x.subscribe({"news"});
  w.advance(100ms);
  REQUIRE(x.log() == lines{"subscribed news"});
  w.db[primary].notify("news", "1");
  w.run();
  CHECK(x.log() == lines{"subscribed news", "news: 1"});
}

TEST_CASE("What the simple pool cannot do is answered not_executed with its reason", "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  statement s;
  s.text = "select k";
  s.mode = access::read;
  s.pool = "backup";
  const auto elsewhere = w.ask(s);
  s.text = "select l";
  s.pool = "primary";
  const auto here = w.ask(s);
  s.text = "select m";
  s.pool = "nowhere";
  const auto nowhere = w.ask(s);
  w.advance(100ms);
  CHECK(here->text() == "done");
  REQUIRE(elsewhere->is(outcome::not_executed));
  CHECK(elsewhere->failed->message.find("the simple pool serves, on the server of pool primary") != std::string::npos);
  CHECK(elsewhere->failed->proved == proof::never_sent);
  CHECK(nowhere->is(outcome::rejected));
}

TEST_CASE("A server that is away is answered as such at once, and served again when it is back", "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  w.db[primary].crash();
  w.advance(3s);
  const auto x = w.write("insert lost v");
  w.advance(2s);
  REQUIRE(x->is(outcome::not_executed));
  CHECK(x->at - x->asked <= 1500ms);
  CHECK(x->failed->pool == "simple-pool");
  w.db[primary].start();
  w.advance(6s);
  const auto y = w.write("insert found v");
  w.advance(1s);
  CHECK(y->text() == "done");
  CHECK(w.broken_promises() == "");
}

TEST_CASE(
  "Whoever is silent for two seconds is left for the simple pool, ended, and taken back when its successor lives",
  "[fallback]") {
  const bool manager = GENERATE(true, false);
  CAPTURE(manager);
  actor_world w;
  const auto log = std::make_shared<lines>();
  const auto eye = w.spawn<observer>(w.delegate, log);
  w.advance(5s);
  const auto before = w.topology();
  w.silence(manager ? before.manager : before.monitor);
  const auto began = w.now();
  for (int i = 0; i < 60; ++i) {
    ask_some(w, "k" + std::to_string(i) + "_");
    w.advance(100ms);
  }
  CHECK(w.broken_promises() == "");
  CHECK(*log == lines{"resilient -> simple", "simple -> resilient"});
  CHECK(fallback(w).falls == 1);
  CHECK(w.now() - began == 6s);
  const auto after = w.topology();
  CHECK(after.manager != nullptr);
  CHECK((manager ? after.manager != before.manager : after.monitor != before.monitor));
  CHECK(after.pools == before.pools);
  CHECK(fallback(w).accepted > 0);
  check_done_since(w, 0);
  // What the simple pool had is given back.
  w.advance(2s);
  CHECK(fallback(w).retiring == 0);
  CHECK(w.status().pools.size() == 3);
  caf::anon_send_exit(eye, caf::exit_reason::kill);
}

TEST_CASE("A manager that cannot be started: resilient, simple, nobody, simple, resilient, and every request answered",
          "[fallback][ladder]") {
  actor_world w{impatient()};
  const auto log = std::make_shared<lines>();
  const auto eye = w.spawn<observer>(w.delegate, log);
  w.advance(5s);
  ask_some(w, "resilient");
  // The manager dies whenever it is started.
  w.strike(w.topology().manager, death::kill);
  keep_down(w, "tripool.pool_manager", 2s);
  CHECK(fallback(w).mode == service_mode::simple);
  auto mark = w.asked().size();
  ask_some(w, "simple");
  w.advance(500ms);
  check_done_since(w, mark);
  CHECK(w.db[primary].ledger().committed("insert simple0 v") == 1);

  // The simple pool dies too, until it has to rest.
  for (int i = 0; i < 3; ++i) {
    ask_some(w, "dying" + std::to_string(i) + "_"); // What waits for it must not wait for its next life.
    w.strike(w.topology().simple, death::kill);
    w.advance(i < 2 ? 60ms : 0ms);
  }
  w.run();
  REQUIRE(fallback(w).mode == service_mode::none);
  mark = w.asked().size();
  ask_some(w, "nobody");
  w.advance(10ms);
  for (std::size_t i = mark; i < w.asked().size(); ++i) {
    const auto& x = *w.asked()[i];
    REQUIRE(x.is(outcome::not_executed));
    CHECK(x.at - x.asked <= 10ms);
    CHECK(x.failed->why == cause::no_server);
    CHECK(x.failed->message.find("the pool manager died") != std::string::npos);
    CHECK(x.failed->message.find("the simple pool died") != std::string::npos);
    CHECK(x.failed->hint.size() > 0);
  }
  // Both rest for five seconds: the manager is kept down for longer.
  for (int i = 0; i < 100 && fallback(w).mode == service_mode::none; ++i) {
    if (const auto m = w.topology().manager) w.strike(m, death::kill);
    w.advance(100ms);
  }
  REQUIRE(fallback(w).mode == service_mode::simple);
  mark = w.asked().size();
  ask_some(w, "simple_again");
  w.advance(500ms);
  check_done_since(w, mark);
  w.advance(12s);
  CHECK(fallback(w).mode == service_mode::resilient);
  mark = w.asked().size();
  ask_some(w, "resilient_again");
  w.advance(500ms);
  check_done_since(w, mark);
  // Between two deaths of the simple pool there is a pause, too, in which nobody serves.
  REQUIRE(log->size() >= 4);
  CHECK(log->front() == "resilient -> simple");
  for (std::size_t i = 1; i + 1 < log->size(); ++i)
    CHECK((*log)[i] == (i % 2 == 1 ? "simple -> none" : "none -> simple"));
  CHECK(log->back() == "simple -> resilient");
  w.advance(60s);
  CHECK(w.broken_promises() == "");
  caf::anon_send_exit(eye, caf::exit_reason::kill);
}

TEST_CASE("A transaction of the simple pool is finished there after the resilient part is back", "[fallback]") {
  actor_world w;
  w.advance(5s);
  w.silence(w.topology().manager);
  for (int i = 0; i < 25; ++i) {
    w.write("insert w" + std::to_string(i) + " v");
    w.advance(100ms);
  }
  REQUIRE(fallback(w).mode == service_mode::simple);
  borrower b{w};
  auto t = b.get(begin{});
  REQUIRE(t.order->text() == "done");
  REQUIRE(t->pool == "simple-pool");
  b.run(t->to, "insert a 1");
  w.advance(5s);
  REQUIRE(fallback(w).mode == service_mode::resilient);
  CHECK(fallback(w).retiring == 1);
  const auto end = b.send(t->to, commit{});
  w.advance(100ms);
  CHECK(end->text() == "done");
  CHECK(w.db[primary].store().at("a") == std::vector<std::string>{"1"});
  w.advance(5s);
  CHECK(fallback(w).retiring == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("After a failover the simple pool has the server that took writes last, not the first one", "[fallback]") {
  actor_world w;
  w.advance(5s);
  w.db[primary].crash();
  w.db[backup].promote();
  w.advance(10s);
  const auto x = w.write("insert promoted v");
  w.advance(1s);
  REQUIRE(x->text() == "done");
  w.silence(w.topology().manager);
  for (int i = 0; i < 25; ++i) {
    w.write("insert w" + std::to_string(i) + " v");
    w.advance(100ms);
  }
  const auto f = fallback(w);
  CHECK(f.falls == 1);
  CHECK(f.server_of == "backup");
  w.advance(10s);
  CHECK(w.broken_promises() == "");
  check_done_since(w, 0);
}

TEST_CASE("Whoever of the simple pool is killed, every request is answered once and in time", "[fallback]") {
  const std::string victim = GENERATE("tripool.pool", "tripool.connection", "tripool.credential_carrier",
                                      "tripool.listener", "tripool.simple_pool");
  CAPTURE(victim);
  actor_world w{switched_off()};
  w.advance(1s);
  for (int round = 0; round < 30; ++round) {
    ask_some(w, "r" + std::to_string(round) + "_");
    for (int steps = 0; steps < 200 && w.jobs() > 0; ++steps) {
      const auto who = w.next_in_line();
      if (round % 3 == 0 && steps >= round && who && w.name_of(who) == victim) {
        w.strike(who, death::kill);
        break;
      }
      w.step();
    }
    w.advance(200ms);
  }
  w.advance(60s);
  CHECK(w.broken_promises() == "");
  const auto x = w.write("insert after v");
  w.advance(3s);
  CHECK(x->text() == "done");
  CHECK(w.end() == 0);
}

TEST_CASE("Draining answers what the simple pool has, and ends it", "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  ask_some(w, "k");
  caf::anon_send(w.delegate, drain_msg{1s});
  ask_some(w, "late");
  w.advance(3s);
  CHECK_FALSE(actor_world::alive(w.delegate));
  CHECK(w.broken_promises() == "");
  for (const auto& x : w.asked()) CHECK(x->answers == 1);
}
