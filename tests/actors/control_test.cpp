// Operators' orders by messages: held and released pools, forced failovers and the way back, sizes, recycling, a new
// configuration as a whole or not at all. Nothing that callers asked meanwhile is lost.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/fallback/simple_pool.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <memory>
#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct verdict {
  std::string done;
  std::optional<failure> refused;
};

class orderer final : public caf::event_based_actor {
public:
  orderer(caf::actor_config& cfg, caf::actor to, caf::message what, std::shared_ptr<verdict> out)
    : caf::event_based_actor(cfg), to_(std::move(to)), what_(std::move(what)), out_(std::move(out)) {}

private:
  caf::behavior make_behavior() override {
    request(to_, caf::infinite, what_)
      .then([out = out_](const control_reply& x) { out->done = x.text; },
            [out = out_](const caf::error& e) { out->refused = failure_of(e); });
    to_ = nullptr;
    return {};
  }

  caf::actor to_;
  caf::message what_;
  std::shared_ptr<verdict> out_;
};

template <class Order>
verdict order(actor_world& w, Order x) {
  auto out = std::make_shared<verdict>();
  w.spawn<orderer>(w.delegate, caf::make_message(std::move(x)), out);
  w.advance(100ms);
  REQUIRE((out->refused || !out->done.empty()));
  return *out;
}

const pool_route& route(const service_status& s, std::size_t i) {
  REQUIRE(s.monitor.table);
  return s.monitor.table->routes.at(i);
}

/// Three pools on one writable server each: of one cluster, on one timeline, as behind a proxy.
void make_all_writable(actor_world& w) {
  w.db[backup].promote();
  w.db[failover].promote();
  for (auto& x : w.db) x.set_timeline(5);
  w.advance(40s);
}

} // namespace

TEST_CASE("A forced failover moves writes to the other pool, and the way back is one order") {
  actor_world w;
  make_all_writable(w);
  w.write("insert a 1");
  w.run();
  REQUIRE(w.db[primary].ledger().committed("insert a 1") == 1);
  const auto there = order(w, force_failover{"primary", "failover", false});
  CHECK_FALSE(there.done.empty());
  w.write("insert b 1");
  w.run();
  CHECK(w.db[failover].ledger().committed("insert b 1") == 1);
  CHECK(route(w.status(), primary).held);
  CHECK(w.pool(primary).stats.state == pool_state::suspended);
  const auto back = order(w, end_failover{});
  CHECK_FALSE(back.done.empty());
  w.write("insert c 1");
  w.run();
  CHECK(w.db[primary].ledger().committed("insert c 1") == 1);
  CHECK(w.broken_promises().empty());
}

TEST_CASE("A failover to a standby is refused, and changes nothing") {
  actor_world w;
  w.advance(2s);
  const auto x = order(w, force_failover{"primary", "backup", false});
  REQUIRE(x.refused);
  CHECK(x.refused->message.find("takes no writes") != std::string::npos);
  CHECK_FALSE(route(w.status(), primary).held);
  CHECK(order(w, force_failover{"primary", "nowhere", false}).refused);
  CHECK(order(w, force_failover{"primary", "primary", true}).refused);
  const auto events = w.query<events_reply>(w.delegate, get_events{{.kinds = mask_of(event_kind::control)}});
  REQUIRE(events);
  REQUIRE(events->events.size() == 3);
  CHECK(events->events[0].text.starts_with("refused: "));
}

TEST_CASE("A held pool hands its queue on and finishes what it has; orders outlive monitor and pool") {
  actor_world w;
  make_all_writable(w);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  const auto slow = w.write("insert slow v", 20'000ms);
  w.run();
  CHECK_FALSE(order(w, hold_pool{"primary", true, false}).done.empty());
  const auto next = w.write("insert next v");
  w.advance(1s);
  CHECK(next->is_done());
  CHECK(w.db[primary].ledger().committed("insert next v") == 0);
  w.db[primary].release_delays();
  w.advance(2s);
  CHECK(slow->is_done());
  CHECK(w.pool(primary).stats.connections.total() == 0);
  w.strike(w.topology().monitor, death::kill);
  w.strike(w.topology().pools[primary], death::kill);
  w.advance(5s);
  CHECK(route(w.status(), primary).held);
  CHECK(w.pool(primary).stats.connections.open() == 0);
  CHECK_FALSE(order(w, release_pool{"primary"}).done.empty());
  w.advance(5s);
  CHECK(w.pool(primary).stats.connections.open() == 2);
  w.write("insert last v");
  w.run();
  CHECK(w.db[primary].ledger().committed("insert last v") == 1);
  CHECK(w.broken_promises().empty());
}

TEST_CASE("The last pool that serves is not held by mistake") {
  auto o = world_options();
  o.pools.resize(1);
  actor_world w{std::move(o)};
  w.advance(2s);
  CHECK(order(w, hold_pool{"primary", false, false}).refused);
  CHECK_FALSE(order(w, hold_pool{"primary", false, true}).refused);
  const auto x = w.write("insert a 1", 2000ms);
  w.advance(3s);
  REQUIRE(x->is(outcome::not_executed));
  INFO(x->failed->message << " / " << x->failed->detail);
  CHECK((x->failed->message + x->failed->detail).find("operator") != std::string::npos);
}

TEST_CASE("Sizes change while the pool serves, and wrong ones are refused") {
  actor_world w;
  w.advance(2s);
  CHECK_FALSE(order(w, resize_pool{"primary", 4, 8}).done.empty());
  w.advance(2s);
  CHECK(w.pool(primary).stats.connections.open() == 4);
  CHECK(w.pool(primary).stats.connections_max == 8);
  CHECK(order(w, resize_pool{"primary", 9, 8}).refused);
  CHECK(order(w, resize_pool{"primary", 0, 0}).refused);
  CHECK(order(w, resize_pool{"nowhere", 1, 2}).refused);
  w.strike(w.topology().pools[primary], death::kill);
  w.advance(5s);
  CHECK(w.pool(primary).stats.connections_max == 8);
}

TEST_CASE("Recycling replaces every connection, and requests go on meanwhile") {
  actor_world w;
  w.advance(2s);
  const auto before = w.pool(primary).stats.counters;
  CHECK_FALSE(order(w, recycle_pool{"primary"}).done.empty());
  for (int i = 0; i < 50; ++i) {
    w.write("insert k" + std::to_string(i) + " v");
    w.advance(100ms);
  }
  const auto after = w.pool(primary).stats.counters;
  CHECK(after.retired - before.retired == 2);
  CHECK(after.opened - before.opened >= 2);
  CHECK(after.lost == 0);
  for (const auto& x : w.asked()) CHECK(x->is_done());
}

TEST_CASE("A new configuration is in force as a whole, or refused as a whole") {
  actor_world w;
  w.advance(2s);
  auto fresh = std::make_shared<options>(w.env->config);
  fresh->pools[primary].connections_min = 3;
  fresh->pools[backup].connect_timeout = 1s;
  fresh->requests.deadline = 7s;
  const auto x = order(w, reload_options{fresh});
  CHECK(x.done.find("pools.primary.connections-min 2 -> 3") != std::string::npos);
  CHECK(x.done.find("requests.deadline 30s -> 7s") != std::string::npos);
  w.advance(3s);
  CHECK(w.pool(primary).stats.connections.open() == 3);
  CHECK(w.env->current()->requests.deadline == 7s);
  auto other = std::make_shared<options>(*fresh);
  other->pools.pop_back();
  other->requests.deadline = 1s;
  const auto y = order(w, reload_options{other});
  REQUIRE(y.refused);
  CHECK(y.refused->hint.find("restart") != std::string::npos);
  CHECK(w.env->current()->requests.deadline == 7s);
  CHECK(order(w, reload_options{nullptr}).refused);
  CHECK(order(w, set_log_level{"loud"}).refused);
  CHECK_FALSE(order(w, set_log_level{"debug"}).refused);
}

TEST_CASE("A simple pool that is started after a reload has the settings in force") {
  actor_world w;
  w.advance(2s);
  auto fresh = std::make_shared<options>(w.env->config);
  fresh->pools[backup].connect_timeout = 1s;
  fresh->requests.attempts_max = 2;
  REQUIRE_FALSE(order(w, reload_options{fresh}).refused);
  const auto later = simple_environment(*w.env, backup);
  CHECK(later->config.pools.front().connect_timeout == 1s);
  CHECK(later->config.requests.attempts_max == 2);
}

TEST_CASE("What is read only at the start is not called reloaded") {
  actor_world w;
  w.advance(2s);
  auto fresh = std::make_shared<options>(w.env->config);
  fresh->loop_block_limit = 1s;
  const auto x = order(w, reload_options{fresh});
  REQUIRE(x.refused);
  CHECK(x.refused->message == "loop-block-limit is read only when the service starts");
}

TEST_CASE("A pool that dies while another configuration is put in force has the new one, at whatever moment",
          "[control]") {
  for (int steps = 0; steps < 40; ++steps) {
    INFO(steps << " jobs between the death and the order");
    actor_world w;
    w.advance(1s);
    auto fresh = std::make_shared<options>(*w.env->current());
    fresh->pools[primary].connections_min = 1;
    fresh->pools[primary].connections_max = 1;
    w.strike(w.topology().pools.at(primary), death::kill);
    for (int i = 0; i < steps; ++i) w.step();
    order(w, reload_options{fresh});
    w.advance(5s);
    CHECK(w.pool(primary).stats.connections_max == 1);
    CHECK(w.pool(primary).stats.connections.total() == 1);
  }
}
