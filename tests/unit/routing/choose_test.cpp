// Promises of the choice: the order of preference, the spread of reads, and what spills over.
#include "tripool/core/util/random.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/routing/routing_fixture.hpp"

#include <array>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

std::array<int, 3> spread(const routing_table& t, std::span<const pool_load> loads, route_query q, int draws = 3000) {
  splitmix64 random{1};
  std::array<int, 3> hits{};
  for (int i = 0; i < draws; ++i) {
    q.random = random.next();
    const auto k = choose(t, loads, q);
    if (k) ++hits.at(*k);
  }
  return hits;
}

pool_load busy(std::uint32_t outstanding, duration latency = 1ms) {
  pool_load l;
  l.outstanding = outstanding;
  l.latency_average = latency;
  return l;
}

pool_load full() {
  pool_load l;
  l.queued = 200;
  l.queue_max = 200;
  return l;
}

const std::vector<health_snapshot> trio{primary_of("primary"), standby_of("backup"), standby_of("failover")};
constexpr route_query a_read{.mode = access::read};
constexpr route_query a_write{.mode = access::write};

} // namespace

TEST_CASE("choose: nothing from an empty table", "[routing][choose]") {
  CHECK_FALSE(choose({}, {}, a_read));
  CHECK_FALSE(choose({}, {}, a_write));
}

TEST_CASE("choose: writes go to the primary pool, whatever the others' loads", "[routing][choose]") {
  const auto t = table_of(trio);
  const std::vector<pool_load> loads{busy(500, 1s), busy(0), busy(0)};
  CHECK(spread(t, loads, a_write) == std::array{3000, 0, 0});
}

TEST_CASE("choose: reads spread evenly over equals", "[routing][choose]") {
  for (const auto n : spread(table_of(trio), {}, a_read)) {
    CHECK(n > 850);
    CHECK(n < 1150);
  }
}

TEST_CASE("choose: of two the less loaded takes the read, so the busiest of three takes none", "[routing][choose]") {
  const std::vector<pool_load> loads{busy(100), busy(10), busy(1)};
  const auto hits = spread(table_of(trio), loads, a_read);
  CHECK(hits[0] == 0);
  CHECK(hits[2] > hits[1]);
  CHECK(hits[1] > 0);
}

TEST_CASE("choose: latency weighs as much as the number of requests", "[routing][choose]") {
  const auto t = table_of({primary_of("primary"), standby_of("backup")});
  const std::vector<pool_load> loads{busy(9, 1ms), busy(0, 20ms)};
  CHECK(spread(t, loads, a_read) == std::array{3000, 0, 0});
}

TEST_CASE("choose: degraded after healthy, recovering after degraded, unhealthy only as the last",
          "[routing][choose]") {
  const auto healthy = standby_of("a");
  const auto degraded = in_state(health_state::degraded, standby_of("b"));
  const auto recovering = in_state(health_state::recovering, standby_of("c"));
  const auto last = in_state(health_state::unhealthy, standby_of("d"));
  CHECK(spread(table_of({last, recovering, healthy}), {}, a_read) == std::array{0, 0, 3000});
  CHECK(spread(table_of({last, degraded, recovering}), {}, a_read) == std::array{0, 3000, 0});
  CHECK(spread(table_of({last, recovering}), {}, a_read) == std::array{0, 3000, 0});
  CHECK(spread(table_of({last}), {}, a_read) == std::array{3000, 0, 0});
}

TEST_CASE("choose: a recovering primary takes writes when it is the only one", "[routing][choose]") {
  const auto t = table_of({in_state(health_state::recovering, primary_of("primary")), standby_of("backup")});
  CHECK(choose(t, {}, a_write) == 0u);
}

TEST_CASE("choose: a saturated pool spills over to the next of the same server, and takes again what nobody else can",
          "[routing][choose]") {
  const auto t = table_of({primary_of("primary"), primary_of("backup"), standby_of("failover")});
  CHECK(choose(t, std::vector{full(), busy(3), busy(0)}, a_write) == 1u);
  CHECK(choose(t, std::vector{full(), full(), busy(0)}, a_write) == 0u);
  auto bounded = busy(10);
  bounded.outstanding_max = 10;
  CHECK(choose(t, std::vector{bounded, busy(3), busy(0)}, a_write) == 1u);
}

TEST_CASE("choose: pools that were tried come last, but they come", "[routing][choose]") {
  const auto t = table_of(trio);
  CHECK(spread(t, {}, {.mode = access::read, .tried = 0b011}) == std::array{0, 0, 3000});
  CHECK(choose(t, {}, {.mode = access::write, .tried = 0b001}) == 0u);
  CHECK_FALSE(choose(t, {}, {.mode = access::write, .tried = 0b001, .untried_only = true}));
  CHECK(spread(t, {}, {.mode = access::read, .tried = 0b011, .untried_only = true}) == std::array{0, 0, 3000});
}

TEST_CASE("choose: an untried degraded pool comes before a tried healthy one", "[routing][choose]") {
  const auto t = table_of({primary_of("primary"), in_state(health_state::degraded, standby_of("backup"))});
  CHECK(choose(t, {}, {.mode = access::read, .tried = 0b01}) == 1u);
}

TEST_CASE("choose: a named pool serves or nobody does", "[routing][choose]") {
  const auto t = table_of(trio);
  CHECK(choose(t, {}, {.mode = access::read, .wanted_pool = "backup"}) == 1u);
  CHECK(choose(t, {}, {.mode = access::read, .tried = 0b010, .wanted_pool = "backup"}) == 1u);
  CHECK_FALSE(choose(t, {}, {.mode = access::write, .wanted_pool = "backup"}));
  CHECK_FALSE(choose(t, {}, {.mode = access::read, .wanted_pool = "nobody"}));
}

TEST_CASE("choose: never a pool that may not serve, for any draw and any load", "[routing][choose]") {
  splitmix64 random{42};
  for (int round = 0; round < 20000; ++round) {
    std::vector<health_snapshot> pools;
    const auto n = 1 + random_up_to(random.next(), 3);
    for (std::uint64_t i = 0; i < n; ++i) {
      auto x = random.next() % 2 ? primary_of("p", 1 + static_cast<std::uint32_t>(random.next() % 2)) : standby_of("s");
      x.state = static_cast<health_state>(random.next() % 5);
      x.alive = random.next() % 2 == 0;
      x.fenced = random.next() % 4 == 0;
      pools.push_back(x);
    }
    const auto t = table_of(pools);
    std::vector<pool_load> loads(random.next() % 4);
    for (auto& l : loads) l = random.next() % 2 ? full() : busy(static_cast<std::uint32_t>(random.next() % 50));
    route_query q{.mode = random.next() % 2 ? access::read : access::write,
                  .tried = static_cast<std::uint32_t>(random.next() % 16)};
    q.random = random.next();
    const auto k = choose(t, loads, q);
    const bool someone = q.mode == access::read ? t.has_reader() : t.has_writer();
    REQUIRE(k.has_value() == someone);
    if (!k) continue;
    const auto& r = t.routes.at(*k);
    REQUIRE((q.mode == access::read ? r.usable_for_reads : r.usable_for_writes));
    REQUIRE_FALSE(r.ghost);
    if (q.mode == access::write) REQUIRE(pools[*k].writable());
  }
}

TEST_CASE("choose: a pool that is being started again gets nothing, even if no other is left", "[routing][choose]") {
  const auto t = table_of(trio);
  auto q = a_read;
  q.absent = 0b010;
  CHECK(spread(t, {}, q)[1] == 0);
  q.wanted_pool = "backup";
  CHECK_FALSE(choose(t, {}, q));
  auto write = a_write;
  write.absent = 0b001;
  CHECK_FALSE(choose(t, {}, write));
}

TEST_CASE("choose: a primary of an earlier timeline than a read's position has a successor, and does not serve it",
          "[routing][choose]") {
  const auto t = table_of({primary_of("primary", 3), standby_of("backup", 3)});
  auto q = a_read;
  for (const std::uint32_t timeline : {1u, 2u, 3u}) {
    q.at_least = wal_position{timeline, 100};
    CHECK(choose(t, {}, q) == 0u);
  }
  q.at_least = wal_position{4, 100};
  CHECK_FALSE(choose(t, {}, q));
  auto unseen = primary_of("primary");
  unseen.facts.timeline.reset(); // A role that may not see it.
  CHECK(choose(table_of({unseen}), {}, q) == 0u);
}

TEST_CASE("choose: reads come to a choked pool last but for tripped ones, and writes do not look at it",
          "[routing][choose]") {
  auto t = table_of(trio);
  std::vector<pool_load> loads(3);
  loads[0].choked = loads[1].choked = true;
  CHECK(spread(t, loads, a_read) == std::array{0, 0, 3000});
  t.routes[2].tripped = true;
  CHECK(spread(t, loads, a_read)[2] == 0);
  CHECK(spread(t, loads, a_write) == std::array{3000, 0, 0});
  loads[0].queued = loads[0].queue_max = loads[1].queued = loads[1].queue_max = 5;
  CHECK(spread(t, loads, a_read) == std::array{0, 0, 3000}); // Better than a full queue.
}
