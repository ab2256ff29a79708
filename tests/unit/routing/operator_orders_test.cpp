// What operators' orders do to the routing table and to the choice of a pool.
#include "tests/support/catch.hpp"
#include "tests/unit/routing/routing_fixture.hpp"

using namespace tripool;
using namespace tripool::test;

namespace {

routing_table ordered_table(const std::vector<health_snapshot>& pools, const operator_orders& orders) {
  timeline_fence fence;
  return build_table(pools, fence, {}, 1, orders);
}

} // namespace

TEST_CASE("a held pool serves nothing, and says whose order that is") {
  operator_orders orders;
  orders.held = 1;
  const auto t = ordered_table({primary_of("primary"), standby_of("backup")}, orders);
  CHECK(t.routes[0].held);
  CHECK_FALSE(t.routes[0].usable_for_reads);
  CHECK_FALSE(t.routes[0].usable_for_writes);
  CHECK(contains(t.routes[0].reason, "operator"));
  CHECK_FALSE(t.has_writer());
  CHECK(t.has_reader());
}

TEST_CASE("of several writable pools the preferred one takes the writes, while it can") {
  operator_orders orders;
  orders.preferred = 1;
  const std::vector<health_snapshot> pools{primary_of("primary"), primary_of("backup"), primary_of("failover")};
  auto t = ordered_table(pools, orders);
  route_query q;
  CHECK(choose(t, {}, q) == 1u);
  q.tried = 2;
  CHECK(choose(t, {}, q) == 0u);
  q.tried = 0;
  std::vector<pool_load> loads(3);
  loads[1].queue_max = loads[1].queued = 10;
  CHECK(choose(t, loads, q) == 0u);
  auto fallen = pools;
  fallen[1] = down(fallen[1]);
  t = ordered_table(fallen, orders);
  CHECK(choose(t, {}, q) == 0u);
}

TEST_CASE("without orders the choice is what it was") {
  const auto t = ordered_table({primary_of("primary"), primary_of("backup")}, {});
  CHECK(choose(t, {}, route_query{}) == 0u);
  CHECK_FALSE(t.routes[0].held);
}
