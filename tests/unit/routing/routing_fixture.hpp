// Snapshots and tables in few words, for the tests of routing.
// Used by tests/unit/routing and tests/unit/retry.
#pragma once

#include "tripool/core/routing/routing.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

inline constexpr time_point table_time{std::chrono::hours{1}};
inline constexpr std::uint64_t one_cluster = 77;

/// A pool whose server is healthy.
inline health_snapshot pool_of(std::string name, server_role role, std::uint32_t timeline = 1) {
  health_snapshot x;
  x.pool = std::move(name);
  x.state = health_state::healthy;
  x.reason = "answered in 1 ms";
  x.since = table_time;
  x.alive = true;
  x.probes_answered = 1;
  x.facts.role = role;
  x.facts.read_only = role == server_role::standby;
  x.facts.timeline = timeline;
  x.facts.wal_position = 1'000'000'000;
  x.facts.system_identifier = one_cluster;
  if (role == server_role::standby) x.facts.receiving = true;
  x.facts_at = table_time;
  x.latency = std::chrono::milliseconds{1};
  return x;
}

inline health_snapshot primary_of(std::string name, std::uint32_t timeline = 1) {
  return pool_of(std::move(name), server_role::primary, timeline);
}
inline health_snapshot standby_of(std::string name, std::uint32_t timeline = 1) {
  return pool_of(std::move(name), server_role::standby, timeline);
}

/// A pool that refused for certain.
inline health_snapshot down(health_snapshot x) {
  x.state = health_state::unhealthy;
  x.reason = "refused";
  x.alive = false;
  return x;
}

inline health_snapshot in_state(health_state s, health_snapshot x) {
  x.state = s;
  return x;
}

inline routing_table table_of(const std::vector<health_snapshot>& pools) {
  timeline_fence fence;
  return build_table(pools, fence, {}, 1);
}

inline bool contains(const std::string& where, std::string_view what) {
  return where.find(what) != std::string::npos;
}

} // namespace tripool::test
