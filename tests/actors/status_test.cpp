// What the actors tell of themselves: typed snapshots with plausible values, from the service as a whole down to a
// single connection.
#include "tests/actors/actor_world.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("The delegate counts what it receives, refuses and routes") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 10; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.write("");
  w.run();
  const auto s = w.query<delegate_status>(w.delegate, get_status{});
  REQUIRE(s);
  CHECK(s->received == 11);
  CHECK(s->refused == 1);
  CHECK(s->routed == 10);
  CHECK(s->unroutable == 0);
  CHECK(s->rescued == 0);
  CHECK(s->manager_restarts == 0);
  CHECK(s->table_generation > 0);
}

TEST_CASE("The manager names its children") {
  actor_world w;
  const auto s = w.query<manager_status>(w.topology().manager, get_status{});
  REQUIRE(s);
  std::vector<std::string> names;
  for (const auto& c : s->children) {
    names.push_back(c.name);
    CHECK(c.alive);
    CHECK(c.restarts == 0);
  }
  std::sort(names.begin(), names.end());
  CHECK(names
        == std::vector<std::string>{"backup", "credential_carrier", "failover", "listener", "monitor", "primary"});
}

TEST_CASE("A pool tells its sizes, its counters, and what each connection does") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 5; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.run();
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  w.write("insert slow v");
  w.advance(300ms);
  const auto s = w.query<pool_status>(w.topology().pools[primary], get_status{});
  REQUIRE(s);
  CHECK(s->stats.name == "primary");
  CHECK(s->stats.connections_min == 2);
  CHECK(s->stats.connections_max == 10);
  CHECK(s->stats.outstanding == 1);
  CHECK(s->stats.queued == 0);
  const auto& c = s->stats.counters;
  CHECK(c.submitted == 6);
  CHECK(c.dispatched == 6);
  CHECK(c.completed == 5);
  CHECK(c.opened == s->connections.size());
  CHECK(c.lost == 0);
  CHECK(s->connections.size() >= 2);
  const auto busy = std::count_if(s->connections.begin(), s->connections.end(), [](const connection_status& x) {
    return x.outstanding == 1 && x.statement == "insert slow v" && x.statement_age >= 300ms && x.statement_age < 1s;
  });
  CHECK(busy == 1);
  for (const auto& x : s->connections) {
    CHECK(x.pool == "primary");
    CHECK(x.state == "open");
    CHECK(x.server == "10.0.0.1:5432");
    CHECK(x.backend_pid > 1000);
    CHECK(x.age >= 300ms);
    CHECK(x.age < 3s);
    const auto own = w.query<connection_status>(x.who, get_status{});
    REQUIRE(own);
    CHECK(own->id == x.id);
  }
}

TEST_CASE("A connection tells how its prepared statements pay, and never a parameter") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 20; ++i) {
    statement s;
    s.text = "insert $1 $2";
    s.parameters.emplace_back("key" + std::to_string(i));
    s.parameters.emplace_back("secret");
    w.ask(s);
    w.run();
  }
  std::uint64_t hits = 0;
  for (const auto& c : w.connections(primary)) hits += c.prepared_hits;
  CHECK(hits >= 16);
  w.db[primary].script().add({"insert key secret", fault_point::before, fault_kind::delay});
  statement s;
  s.text = "insert $1 $2";
  s.parameters.emplace_back("key");
  s.parameters.emplace_back("secret");
  w.ask(s);
  w.run();
  std::size_t shown = 0;
  for (const auto& c : w.connections(primary)) {
    if (!c.statement.empty()) ++shown;
    CHECK(c.statement.find("secret") == std::string::npos);
  }
  CHECK(shown == 1);
}

TEST_CASE("The monitor tells health, role, timeline and position of every server") {
  actor_world w;
  w.write("insert k v");
  w.advance(40s);
  const auto s = w.query<monitor_status>(w.topology().monitor, get_status{});
  REQUIRE(s);
  REQUIRE(s->pools.size() == 3);
  for (std::size_t p = 0; p < 3; ++p) {
    const auto& h = s->pools[p].health;
    CHECK(h.pool == w.env->config.pools[p].name);
    CHECK(h.state == health_state::healthy);
    CHECK(h.facts.role == (p == primary ? server_role::primary : server_role::standby));
    CHECK(h.facts.timeline == 1u);
    CHECK(h.facts.wal_position.has_value());
    CHECK(h.probes_answered == s->pools[p].probes_sent);
    CHECK(h.probes_failed == 0);
    CHECK(s->pools[p].pool_answers);
    CHECK(s->pools[p].prober);
  }
  CHECK(s->parked == 0);
  CHECK(s->moved == 0);
  CHECK(s->answered == 0);
}

TEST_CASE("The carrier tells where each credential comes from, and how often it was lent") {
  actor_world w;
  const auto s = w.query<carrier_status>(w.topology().carrier, get_status{});
  REQUIRE(s);
  REQUIRE(s->credentials.size() == 3);
  for (const auto& c : s->credentials) {
    CHECK(c.available);
    CHECK_FALSE(c.source.empty());
    CHECK(c.last_error.empty());
    CHECK(c.leases == (c.pool == "primary" ? 3u : 2u)); // The monitor dials too.
  }
}

TEST_CASE("The service's status leaves out who does not answer, within a second") {
  actor_world w;
  w.advance(2s);
  w.strike(w.topology().pools[backup], death::kill);
  auto last = w.topology().pools[backup];
  w.strike(last, death::kill);
  w.run();
  const auto before = w.now();
  const auto s = w.status();
  CHECK(w.now() - before <= 1100ms);
  CHECK(s.pools.size() >= 2);
  CHECK(s.manager.children.size() == 6);
}
