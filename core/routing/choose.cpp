// The choice of a pool for one request: a lexicographic order, then two random choices for reads.
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/util/mutation.hpp"

#include "tripool/core/util/random.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

/// A pool's index must fit the mask of tried pools.
constexpr std::size_t pools_max = 32;
constexpr duration latency_unknown = std::chrono::milliseconds{1};

std::uint32_t rank(const pool_route& x) noexcept {
  if (x.tripped) return 3;
  switch (x.state) {
    case health_state::healthy: return 0;
    case health_state::degraded: return 1;
    case health_state::recovering: return 2;
    case health_state::unknown:
    case health_state::unhealthy: return 3;
  }
  return 3;
}

struct chooser {
  const routing_table& table;
  std::span<const pool_load> loads;
  const route_query& query;

  const pool_load& load(const pool_route& r) const noexcept {
    static constexpr pool_load idle{};
    return r.index < loads.size() ? loads[r.index] : idle;
  }

  static bool has(std::uint32_t mask, const pool_route& r) noexcept {
    return r.index < pools_max && (mask >> r.index & 1u) != 0;
  }

  bool tried(const pool_route& r) const noexcept { return has(query.tried, r); }

  bool eligible(const pool_route& r) const noexcept {
    if (!(query.mode == access::read ? r.usable_for_reads : r.usable_for_writes)) return false;
    if (query.wanted_pool.empty() ? r.foreign : r.name != query.wanted_pool) return false;
    if (query.at_least && !has_reached(table, r, load(r), *query.at_least)) return false;
    return !has(query.absent, r) && !(query.untried_only && tried(r));
  }

  /// Smaller is better.
  std::uint32_t order(const pool_route& r) const noexcept {
    const bool behind = query.mode == access::write && !r.preferred;
    const bool choked = query.mode == access::read && load(r).choked;
    return (load(r).saturated() ? 32u : 0u) + (tried(r) ? 16u : 0u) + (behind ? 8u : 0u) + (choked ? 5u : 0u)
           + 2 * rank(r);
  }

  double cost(const pool_route& r) const noexcept {
    const auto& l = load(r);
    auto latency = l.latency_average > duration{0} ? l.latency_average : r.latency;
    if (latency <= duration{0}) latency = latency_unknown;
    return (double{1} + l.outstanding + l.queued) * static_cast<double>(latency.count());
  }
};

} // namespace

bool has_reached(const routing_table& t, const pool_route& r, const pool_load& load, const wal_position& at_least) {
  if (mutated(mutation::ignore_position)) return true;
  if (r.role == server_role::primary) return !r.ghost && (r.timeline == 0 || r.timeline >= at_least.timeline);
  if (load.replayed.timeline != at_least.timeline || load.replayed.lsn < at_least.lsn) return false;
  return std::ranges::none_of(t.routes, [&](const pool_route& x) {
    return x.role == server_role::primary && x.foreign == r.foreign && x.timeline > at_least.timeline;
  });
}

std::optional<std::size_t> choose(const routing_table& t, std::span<const pool_load> loads,
                                  const route_query& q) noexcept {
  const chooser c{t, loads, q};
  std::array<const pool_route*, pools_max> best{};
  std::size_t n = 0;
  auto lowest = UINT32_MAX;
  for (const auto& r : t.routes) {
    if (!c.eligible(r)) continue;
    const auto o = c.order(r);
    if (o > lowest) continue;
    if (o < lowest) n = 0;
    lowest = o;
    if (n < best.size()) best[n++] = &r;
  }
  if (n == 0) return {};
  if (n == 1 || q.mode == access::write) return best[0]->index;
  const auto i = static_cast<std::size_t>(random_up_to(q.random & UINT32_MAX, n - 1));
  const auto j = (i + 1 + static_cast<std::size_t>(random_up_to(q.random >> 32, n - 2))) % n;
  return c.cost(*best[j]) < c.cost(*best[i]) ? best[j]->index : best[i]->index;
}

} // namespace tripool
