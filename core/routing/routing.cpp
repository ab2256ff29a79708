// Building the routing table from the health of all pools, and explaining it to people.
#include "tripool/core/routing/routing.hpp"

#include "tripool/core/health/health_text.hpp"

#include <algorithm>

namespace tripool {

namespace {

/// What all pools are measured against.
struct cluster_view {
  std::uint64_t home = 0;                   ///< The first pool's cluster, as far as is known.
  const health_snapshot* writer = nullptr;  ///< The server whose position standbys are compared with.
  const health_snapshot* unheard = nullptr; ///< A pool whose first probe has not ended, when writes wait for it.
};

/// A server that may not tell its system identifier is taken for a member of the home cluster.
std::uint64_t cluster_of(const health_snapshot& x, std::uint64_t home) {
  return x.facts.system_identifier.value_or(home);
}

std::uint64_t home_of(std::span<const health_snapshot> pools) {
  const auto i = std::ranges::find_if(pools, [](const auto& x) { return x.facts.system_identifier.has_value(); });
  return i == pools.end() ? 0 : *i->facts.system_identifier;
}

bool reachable(const health_snapshot& x) {
  switch (x.state) {
    case health_state::unknown: return false;
    case health_state::unhealthy: return x.alive;
    case health_state::healthy:
    case health_state::degraded:
    case health_state::recovering: return true;
  }
  return false;
}

bool is_ghost(const health_snapshot& x, const timeline_fence& fence, std::uint64_t home) {
  return x.facts.role == server_role::primary && x.facts.timeline.value_or(0) < fence.highest(cluster_of(x, home));
}

/// At least so far behind: only a position of the writer that is no younger than the standby's own can prove that.
std::optional<std::uint64_t> lag_behind(const health_snapshot* writer, const health_snapshot& x) {
  if (!writer || x.facts.role != server_role::standby) return {};
  if (!writer->facts.wal_position || !x.facts.wal_position || !writer->facts_at || !x.facts_at) return {};
  if (*writer->facts_at > *x.facts_at) return {};
  const auto written = *writer->facts.wal_position;
  const auto replayed = *x.facts.wal_position;
  return written > replayed ? written - replayed : 0;
}

/// Why a standby is too old to read from, or nothing.
std::string staleness(const health_snapshot& x, std::optional<std::uint64_t> lag, const routing_limits& limits) {
  if (x.facts.role != server_role::standby) return {};
  if (x.facts.replay_lag.value_or(duration{0}) > limits.replay_lag_max) {
    return "replays " + for_people(*x.facts.replay_lag) + " behind, more than " + for_people(limits.replay_lag_max);
  }
  const bool detached = x.facts.receiving == false;
  const auto most = detached ? limits.lag_bytes_detached_max : limits.lag_bytes_max;
  if (lag.value_or(0) <= most) return {};
  return std::to_string(*lag >> 20) + " MiB behind the primary" + (detached ? " and receiving nothing" : "");
}

/// Why a server takes no writes, or nothing.
std::string barrier(const health_snapshot& x, const pool_route& r, const timeline_fence& fence, std::uint64_t home) {
  if (x.facts.role == server_role::unknown) return "role unknown";
  if (x.facts.role == server_role::standby) return "a standby";
  if (r.ghost) {
    return "a primary of timeline " + std::to_string(x.facts.timeline.value_or(0)) + " while timeline "
           + std::to_string(fence.highest(cluster_of(x, home))) + " exists";
  }
  if (x.fenced) return "refused a write as read-only";
  return x.facts.read_only ? "read-only" : "";
}

pool_route make_route(const health_snapshot& x, std::size_t index, const cluster_view& view,
                      const timeline_fence& fence, const routing_limits& limits) {
  pool_route r;
  r.index = index;
  r.name = x.pool;
  r.state = x.state;
  r.role = x.facts.role;
  r.timeline = x.facts.timeline.value_or(0);
  r.latency = x.latency.value_or(duration{0});
  r.since = x.since;
  r.reason = x.reason;
  r.ghost = is_ghost(x, fence, view.home);
  r.foreign = cluster_of(x, view.home) != view.home;
  if (!r.foreign) r.lag_bytes = lag_behind(view.writer, x);
  const auto stale = staleness(x, r.lag_bytes, limits);
  const auto barred = barrier(x, r, fence, view.home);
  r.usable_for_writes = reachable(x) && barred.empty() && !view.unheard;
  r.usable_for_reads = reachable(x) && stale.empty() && !r.ghost && x.facts.role != server_role::unknown;
  for (const auto& more : {barred, stale}) {
    if (!more.empty()) r.reason += r.reason.empty() ? more : "; " + more;
  }
  if (barred.empty() && view.unheard) r.reason += "; waits for the first probe of " + view.unheard->pool;
  r.tripped = !x.tripped.empty();
  if (r.tripped) r.reason += "; " + x.tripped;
  if (r.foreign) r.reason += "; of another cluster than the first pool";
  return r;
}

} // namespace

bool routing_table::has_writer() const noexcept {
  return std::ranges::any_of(routes, [](const auto& r) { return r.usable_for_writes && !r.foreign; });
}

bool routing_table::has_reader() const noexcept {
  return std::ranges::any_of(routes, [](const auto& r) { return r.usable_for_reads && !r.foreign; });
}

const pool_route* routing_table::find(std::string_view name) const noexcept {
  const auto i = std::ranges::find(routes, name, &pool_route::name);
  return i == routes.end() ? nullptr : &*i;
}

routing_table build_table(std::span<const health_snapshot> pools, timeline_fence& fence, const routing_limits& limits,
                          std::uint64_t generation, const operator_orders& orders) {
  cluster_view view;
  view.home = home_of(pools);
  for (const auto& x : pools) {
    if (x.facts.timeline) fence.observe(cluster_of(x, view.home), *x.facts.timeline);
  }
  const auto unheard = std::ranges::find_if(pools, [](const health_snapshot& x) {
    return x.state == health_state::unknown && x.probes_answered + x.probes_failed == 0;
  });
  if (limits.ask_all_first && unheard != pools.end()) view.unheard = &*unheard;
  for (const auto& x : pools) {
    const bool takes_writes = reachable(x) && x.writable() && !is_ghost(x, fence, view.home);
    if (!view.writer && takes_writes && cluster_of(x, view.home) == view.home) view.writer = &x;
  }
  routing_table t;
  t.generation = generation;
  t.routes.reserve(pools.size());
  for (std::size_t i = 0; i < pools.size(); ++i) {
    auto r = make_route(pools[i], i, view, fence, limits);
    r.preferred = orders.preferred == i;
    if (orders.holds(i)) {
      r.held = true;
      r.usable_for_reads = r.usable_for_writes = false;
      r.reason = "held by order of an operator; its server: " + r.reason;
    }
    t.routes.push_back(std::move(r));
  }
  return t;
}

std::vector<std::size_t> new_ghosts(const routing_table& before, const routing_table& after) {
  std::vector<std::size_t> out;
  for (const auto& r : after.routes) {
    const auto* old = r.index < before.routes.size() ? &before.routes[r.index] : nullptr;
    if (r.ghost && (!old || !old->ghost)) out.push_back(r.index);
  }
  return out;
}

std::string explain(const routing_table& t, access mode, time_point now) {
  std::string out;
  for (const auto& r : t.routes) {
    const bool usable = mode == access::read ? r.usable_for_reads : r.usable_for_writes;
    if (!out.empty()) out += "; ";
    out.append(r.name).append(": ").append(to_string(r.state)).append(" for ").append(for_people(now - r.since));
    if (!r.reason.empty()) out.append(" (").append(r.reason).append(")");
    if (usable && r.foreign) out += ", serves only who names it";
  }
  return out.empty() ? "no pool is configured" : out;
}

} // namespace tripool
