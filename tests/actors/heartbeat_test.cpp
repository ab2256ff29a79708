// Heartbeats in virtual time: when the monitor probes, how a failing server is found out, and how it comes back.
#include "tests/actors/actor_world.hpp"

#include "tripool/core/health/probe.hpp"

#include <array>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

health_state state_of(actor_world& w, std::size_t pool) {
  const auto s = w.status();
  return s.monitor.pools.at(pool).health.state;
}

} // namespace

TEST_CASE("Every pool gets one heartbeat each 30 s, no more and no less, for an hour") {
  actor_world w;
  w.advance(10s); // The first probes, and those that look for a writer, are over.
  for (int i = 0; i < 120; ++i) {
    std::array<std::size_t, 3> before{};
    for (std::size_t p = 0; p < 3; ++p) before[p] = w.probes(p);
    w.advance(30s);
    for (std::size_t p = 0; p < 3; ++p) {
      INFO("interval " << i << ", pool " << p);
      REQUIRE(w.probes(p) == before[p] + 1);
    }
  }
}

TEST_CASE("The interval between heartbeats is configurable") {
  auto o = world_options();
  o.monitor.heartbeat_interval = 5s;
  actor_world w{o};
  w.advance(10s);
  const auto before = w.probes(backup);
  w.advance(100s);
  CHECK(w.probes(backup) == before + 20);
}

TEST_CASE("A heartbeat asks on the monitor's own session, which stays open") {
  actor_world w;
  w.advance(10s);
  const auto dialled = w.db[failover].dialled();
  w.advance(20min);
  CHECK(w.db[failover].dialled() == dialled);
}

TEST_CASE("The status tells the age of the last heartbeat") {
  actor_world w;
  w.advance(10s);
  w.advance(30s);
  const auto early = w.status().monitor;
  w.advance(7s);
  const auto late = w.status().monitor;
  REQUIRE(late.pools.size() == 3);
  for (std::size_t p = 0; p < 3; ++p) {
    CHECK(late.pools[p].pool_answers);
    CHECK(late.pools[p].probes_sent > 0);
    CHECK(late.pools[p].heartbeat_age < 30s);
    if (late.pools[p].probes_sent == early.pools[p].probes_sent)
      CHECK(late.pools[p].heartbeat_age == early.pools[p].heartbeat_age + 7s);
  }
}

TEST_CASE("An idle server that hangs is found out by the next heartbeat and a few quick probes") {
  actor_world w;
  w.advance(10s);
  w.db[backup].hang();
  w.advance(30s + 10s);
  CHECK(state_of(w, backup) == health_state::unhealthy);
  CHECK(state_of(w, primary) == health_state::healthy);
}

TEST_CASE("An idle server that crashes is found out at once: its sessions break") {
  actor_world w;
  w.advance(10s);
  w.db[backup].crash();
  w.advance(2s);
  CHECK(state_of(w, backup) == health_state::unhealthy);
}

TEST_CASE("A server that was away is healthy again after it has been well for a while, and its pool is full again") {
  actor_world w;
  w.advance(10s);
  w.db[primary].crash();
  w.advance(20s);
  REQUIRE(state_of(w, primary) == health_state::unhealthy);
  w.db[primary].start();
  w.advance(20s);
  CHECK(state_of(w, primary) == health_state::recovering);
  w.advance(60s);
  CHECK(state_of(w, primary) == health_state::healthy);
  CHECK(w.pool(primary).stats.state == pool_state::running);
  CHECK(w.pool(primary).stats.connections.usable() == 2);
  const auto x = w.write("insert k v");
  w.run();
  CHECK(x->text() == "done");
}

TEST_CASE("Probing a server that stays away does not grow beyond one probe a second") {
  actor_world w;
  w.advance(10s);
  w.db[failover].crash();
  w.advance(60s);
  const auto before = w.db[failover].dialled();
  w.advance(60s);
  // The monitor each second, the pool with pauses of up to 30 s.
  CHECK(w.db[failover].dialled() - before <= 90);
  CHECK(w.db[failover].dialled() - before >= 30);
}

TEST_CASE("A probe that gets no answer is given up within its own limit, and a fresh session asks again") {
  auto o = world_options();
  actor_world w{o};
  w.advance(10s);
  w.db[backup].script().add({std::string{probe_text}, fault_point::before, fault_kind::delay});
  const auto dialled = w.db[backup].dialled();
  w.advance(30s + o.monitor.probe_timeout + 500ms);
  CHECK(w.db[backup].dialled() > dialled);
  CHECK(state_of(w, backup) == health_state::healthy);
}
