// Whoever dies, and whenever: every request is answered once, in time and honestly, and the service recovers. The
// deaths come under load, at every step of the actors' work.
#include "tests/actors/actor_world.hpp"

#include <functional>
#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr int steps_max = 90; ///< Jobs under load before and after the death.
constexpr auto patience = 3000ms;

using victim = std::function<caf::actor(actor_world&)>;

/// The `i`th request of the load: writes, some slow, reads, and batches.
void ask_one(actor_world& w, int i) {
  const auto n = std::to_string(i);
  if (i % 4 == 3) {
    w.read("select r" + n, patience);
  } else if (i % 4 == 2) {
    batch b;
    for (const auto* half : {"a", "b"}) {
      statement s;
      s.text = "insert b" + n + half + " v";
      b.statements.push_back(std::move(s));
    }
    b.timeout = patience;
    w.ask(std::move(b));
  } else {
    const auto text = "insert w" + n + " v";
    if (i % 4 == 1) w.db[primary].script().add({text, fault_point::before_commit, fault_kind::delay});
    w.write(text, patience);
  }
}

/// How the servers are while somebody dies.
enum class weather : std::uint8_t {
  fair,  ///< All is well; some commits take 50 ms.
  stuck, ///< The primary hangs from job 20 on, for two seconds: its pool's queue fills, and requests move.
};

options options_for(weather x) {
  auto o = world_options();
  if (x == weather::fair) return o;
  o.pools[primary].connections_min = o.pools[primary].connections_max = 2;
  o.pools[primary].pipeline_depth = 2;
  return o;
}

/// Asks every third job; at job `n` the victim dies.
void run_under_load(actor_world& w, weather sky, int n, const victim& who, death how) {
  for (int i = 0; i < steps_max; ++i) {
    if (i % 3 == 0) ask_one(w, i / 3);
    if (i == 20 && sky == weather::stuck) w.db[primary].hang();
    if (i == n) w.strike(who(w), how);
    w.step();
  }
  for (int i = 0; i < 10; ++i) {
    w.advance(50ms);
    for (auto& server : w.db) server.release_delays();
  }
  w.advance(1500ms);
  w.db[primary].resume();
  w.advance(5s); // All deadlines are past, and whoever had to be started again has been.
  REQUIRE(w.broken_promises() == "");
}

/// The service is as it was: every pool has its connections, and serves.
void check_recovered(actor_world& w) {
  for (const auto* pool : {"primary", "backup", "failover"}) {
    statement s;
    s.text = std::string{"select after_"} + pool;
    s.mode = access::read;
    s.pool = pool;
    const auto x = w.ask(s);
    w.advance(100ms);
    CHECK(x->text() == "done");
  }
  const auto x = w.write("insert after v");
  w.advance(100ms);
  CHECK(x->text() == "done");
  const auto s = w.status();
  REQUIRE(s.pools.size() == 3);
  for (const auto& p : s.pools) {
    CHECK(p.stats.state == pool_state::running);
    CHECK(p.stats.connections.usable() >= p.stats.connections_min);
    CHECK(p.connections.size() == p.stats.connections.total());
  }
}

death death_for(int n) {
  return static_cast<death>(n % 3);
}

/// Lets the victim die before each job of the load in turn, in fair weather and when the primary hangs.
void kill_at_every_step(const victim& who) {
  for (const auto sky : {weather::fair, weather::stuck}) {
    for (int n = 0; n < steps_max; ++n) {
      const auto how = death_for(n + static_cast<int>(sky));
      INFO("weather " << static_cast<int>(sky) << ", death " << static_cast<int>(how) << " before job " << n);
      actor_world w{options_for(sky)};
      w.advance(2s);
      const auto target = who(w);
      REQUIRE(target);
      w.skip(30s); // The heartbeats are due.
      run_under_load(
        w, sky, n, [&](actor_world&) { return target; }, how);
      CHECK_FALSE(w.alive(target));
      check_recovered(w);
      REQUIRE(w.broken_promises() == "");
    }
  }
}

/// Lets whoever is at work die before each job in turn, but not the delegate, which has nobody above it.
void kill_those_at_work(bool started) {
  const victim at_work = [](actor_world& w) {
    const auto x = w.next_in_line();
    return x == w.delegate ? nullptr : x;
  };
  for (int n = 0; n < 3 * steps_max; ++n) {
    INFO("death " << n / steps_max << " before job " << n % steps_max);
    actor_world w{world_options(), started};
    if (started) {
      w.advance(2s);
      w.skip(30s);
    }
    run_under_load(w, weather::fair, n % steps_max, at_work, static_cast<death>(n / steps_max));
    check_recovered(w);
    REQUIRE(w.broken_promises() == "");
  }
}

victim pool_actor(std::size_t i) {
  return [i](actor_world& w) { return w.topology().pools.at(i); };
}

victim connection_actor(std::size_t pool, std::size_t i) {
  return [=](actor_world& w) { return w.connections(pool).at(i).who; };
}

victim prober(std::size_t pool) {
  return [=](actor_world& w) { return w.status().monitor.pools.at(pool).prober; };
}

} // namespace

TEST_CASE("The primary pool may die") {
  kill_at_every_step(pool_actor(primary));
}

TEST_CASE("A pool of a standby may die") {
  kill_at_every_step(pool_actor(backup));
}

TEST_CASE("A connection of the primary pool may die") {
  kill_at_every_step(connection_actor(primary, 0));
}

TEST_CASE("A connection of a standby's pool may die") {
  kill_at_every_step(connection_actor(failover, 0));
}

TEST_CASE("The monitor may die") {
  kill_at_every_step([](actor_world& w) { return w.topology().monitor; });
}

TEST_CASE("The pool manager may die") {
  kill_at_every_step([](actor_world& w) { return w.topology().manager; });
}

TEST_CASE("The credential carrier may die") {
  kill_at_every_step([](actor_world& w) { return w.topology().carrier; });
}

TEST_CASE("The monitor's connection to the primary may die") {
  kill_at_every_step(prober(primary));
}

TEST_CASE("The monitor's connection to a standby may die") {
  kill_at_every_step(prober(backup));
}

TEST_CASE("Whoever is at work may die") {
  kill_those_at_work(true);
}

TEST_CASE("Whoever is at work may die while everything starts") {
  kill_those_at_work(false);
}
