// Supervision: who is started again, when, how often, and what survives it.
#include "tests/actors/actor_world.hpp"

#include <algorithm>
#include <set>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

const child_status& child(const service_status& s, const std::string& name) {
  const auto& all = s.manager.children;
  const auto i = std::find_if(all.begin(), all.end(), [&](const auto& x) { return x.name == name; });
  REQUIRE(i != all.end());
  return *i;
}

std::set<std::uint32_t> connection_ids(actor_world& w) {
  std::set<std::uint32_t> out;
  for (std::size_t p = 0; p < 3; ++p)
    for (const auto& c : w.connections(p)) out.insert(c.id);
  return out;
}

} // namespace

TEST_CASE("A child that dies for the first time is started again at once") {
  actor_world w;
  w.advance(2s);
  const auto before = w.topology();
  for (const auto& who : {before.pools[primary], before.monitor, before.carrier}) w.strike(who, death::kill);
  w.run();
  const auto after = w.topology();
  CHECK(after.pools[primary] != before.pools[primary]);
  CHECK(after.monitor != before.monitor);
  CHECK(after.carrier != before.carrier);
  CHECK(after.pools[backup] == before.pools[backup]);
  const auto s = w.status();
  for (const auto* name : {"primary", "monitor", "credential_carrier"}) {
    CHECK(child(s, name).alive);
    CHECK(child(s, name).restarts == 1);
  }
  CHECK(child(s, "backup").restarts == 0);
  const auto x = w.write("insert k v");
  w.advance(1s);
  CHECK(x->text() == "done");
}

TEST_CASE("A child that dies again and again is started after growing pauses, and seldom once its budget is used up") {
  const auto o = world_options();
  actor_world w{o};
  w.advance(2s);
  const auto began = w.now();
  std::vector<duration> starts;
  auto last = w.topology().pools[failover];
  w.strike(last, death::kill);
  while (w.now() - began < 3min) {
    w.advance(10ms);
    const auto now_there = w.topology().pools[failover];
    if (!now_there || now_there == last) continue;
    starts.push_back(w.now() - began);
    last = now_there;
    w.strike(last, death::kill);
  }
  const auto within = [&](duration from, duration to) {
    return std::count_if(starts.begin(), starts.end(), [&](duration x) { return x >= from && x < to; });
  };
  CHECK(starts.front() <= 20ms);
  CHECK(within(0s, o.supervision.restarts_window) <= static_cast<long>(o.supervision.restarts_max) + 1);
  for (std::size_t i = 1; i < starts.size(); ++i)
    CHECK(starts[i] - starts[i - 1] <= o.supervision.restarts_window + 20ms);
  CHECK(starts.size() <= 3 * (o.supervision.restarts_max + 1));
  // It lives from now on.
  w.advance(2 * o.supervision.restarts_window);
  CHECK(w.status().pools.size() == 3);
}

TEST_CASE("The other pools serve while one cannot be started") {
  actor_world w;
  w.advance(2s);
  auto last = caf::actor{};
  for (int i = 0; i < 200; ++i) {
    const auto now_there = w.topology().pools[backup];
    if (now_there && now_there != last) w.strike(last = now_there, death::kill);
    w.write("insert w" + std::to_string(i) + " v");
    w.read("select r" + std::to_string(i));
    w.advance(20ms);
  }
  CHECK(w.broken_promises() == "");
  for (const auto& x : w.asked()) {
    INFO(x->texts.front());
    CHECK(x->text() == "done");
  }
}

TEST_CASE("Writes wait while their only pool is being started again") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 4; ++i) {
    w.strike(w.topology().pools[primary], death::kill);
    w.run();
    const auto x = w.write("insert w" + std::to_string(i) + " v");
    w.advance(2s);
    CHECK(x->text() == "done");
  }
}

TEST_CASE("A new manager adopts the living children: no pool and no connection is lost") {
  actor_world w;
  w.advance(2s);
  for (int round = 0; round < 3; ++round) {
    const auto before = w.topology();
    const auto ids = connection_ids(w);
    const auto dialled = w.db[primary].dialled();
    w.strike(before.manager, round == 1 ? death::exit : death::kill);
    w.advance(3s);
    const auto after = w.topology();
    CHECK(after.manager != before.manager);
    CHECK(after.pools == before.pools);
    CHECK(after.monitor == before.monitor);
    CHECK(after.carrier == before.carrier);
    CHECK(connection_ids(w) == ids);
    CHECK(w.db[primary].dialled() == dialled);
    // It supervises them: a death is noticed and repaired.
    w.strike(after.pools[backup], death::kill);
    w.advance(3s);
    CHECK(w.topology().pools[backup] != after.pools[backup]);
  }
  CHECK(w.status().delegate.manager_restarts == 3);
}

TEST_CASE("Children that die while there is no manager are started by the next one") {
  actor_world w;
  w.advance(2s);
  const auto before = w.topology();
  w.strike(before.manager, death::kill);
  w.strike(before.pools[primary], death::kill);
  w.strike(before.monitor, death::kill);
  w.advance(1s);
  const auto after = w.topology();
  CHECK(after.pools[primary] != before.pools[primary]);
  CHECK(after.monitor != before.monitor);
  const auto x = w.write("insert k v");
  w.advance(1s);
  CHECK(x->text() == "done");
}

TEST_CASE("Everybody below the delegate may die at the same moment") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 10; ++i) w.write("insert before" + std::to_string(i) + " v");
  const auto all = w.topology();
  w.strike(all.manager, death::kill);
  w.strike(all.monitor, death::kill);
  w.strike(all.carrier, death::kill);
  for (const auto& p : all.pools) w.strike(p, death::kill);
  for (int i = 0; i < 10; ++i) w.write("insert during" + std::to_string(i) + " v");
  w.advance(5s);
  const auto x = w.write("insert after v");
  w.advance(100ms);
  CHECK(x->text() == "done");
  w.advance(60s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Without a credential carrier nothing spins, and dialling goes on when there is one") {
  actor_world w;
  w.advance(2s);
  caf::actor last;
  for (std::size_t deaths = 0; deaths <= w.env->config.supervision.restarts_max;) {
    const auto carrier = w.topology().carrier;
    if (carrier && carrier != last) {
      w.strike(last = carrier, death::kill);
      ++deaths;
    }
    w.advance(10ms);
  }
  REQUIRE_FALSE(w.topology().carrier); // A minute's rest.
  w.db[backup].terminate_all();
  w.db[failover].terminate_all();
  const auto x = w.write("insert k v");
  w.advance(10s);
  CHECK(x->text() == "done"); // On the connections that there are.
  w.advance(60s);
  CHECK(w.pool(backup).stats.connections.usable() == 1);
  CHECK(w.status().carrier.credentials.size() == 3);
}

TEST_CASE("A pool that was suspended serves again although the monitor that suspended it has died") {
  actor_world w;
  w.advance(2s);
  w.db[backup].crash();
  w.advance(5s);
  REQUIRE(w.pool(backup).stats.state == pool_state::suspended);
  w.db[backup].start();
  w.strike(w.topology().monitor, death::kill);
  w.advance(60s);
  const auto s = w.status();
  CHECK(s.monitor.pools.at(backup).health.state == health_state::healthy);
  CHECK(w.pool(backup).stats.state == pool_state::running);
  statement x;
  x.text = "select k";
  x.mode = access::read;
  x.pool = "backup";
  const auto answer = w.ask(x);
  w.run();
  CHECK(answer->text() == "done");
}

TEST_CASE("A new monitor remembers the highest timeline: a ghost gets no write") {
  actor_world w;
  w.advance(2s);
  w.db[primary].hang();
  w.db[backup].set_timeline(1);
  w.advance(35s);
  w.db[backup].promote();
  w.advance(5s);
  const auto moved = w.write("insert new v");
  w.advance(1s);
  REQUIRE(moved->text() == "done");
  REQUIRE(w.db[backup].ledger().committed("insert new v") == 1);
  // The new primary goes away, the old one comes back, and the monitor has forgotten all but the fence.
  w.db[backup].crash();
  w.strike(w.topology().monitor, death::kill);
  w.db[primary].resume();
  w.advance(5s);
  const auto lost = w.write("insert ghost v", 3000ms);
  w.advance(5s);
  CHECK(lost->is(outcome::not_executed));
  CHECK(w.db[primary].ledger().committed("insert ghost v") == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Requests that come before the first manager is ready are answered by their deadlines") {
  actor_world w{world_options(), false};
  for (int i = 0; i < 14; ++i) w.write("insert w" + std::to_string(i) + " v", std::chrono::milliseconds{500 + 200 * i});
  // The managers die before they can say where anybody is.
  for (std::size_t deaths = 0; deaths <= w.env->config.supervision.restarts_max;) {
    const auto who = w.next_in_line();
    if (who && w.name_of(who) == "tripool.pool_manager") {
      w.strike(who, death::kill);
      ++deaths;
    }
    if (!w.step()) w.skip(1ms);
  }
  w.advance(10s);
  CHECK(w.broken_promises() == "");
  CHECK_FALSE(w.topology().monitor);
  w.advance(60s);
  const auto x = w.write("insert later v");
  w.advance(1s);
  CHECK(x->text() == "done");
}
