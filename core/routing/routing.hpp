// Which pool may serve what, and which one is to serve the next request. The monitor builds a table from the health of
// all pools; the delegate chooses by it, once for each request, without allocating.
// Writes: only to the primary of the highest timeline seen. Reads: to any server that is well and not too far behind.
// Knows no clock and draws no random numbers. Used by the monitor and the delegate.
#pragma once

#include "tripool/core/health/health.hpp"
#include "tripool/core/routing/operator_orders.hpp"
#include "tripool/core/routing/timeline_fence.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// What the table says about one pool.
struct pool_route {
  std::size_t index = 0; ///< Its place in the configuration and in the table.
  std::string name;
  bool usable_for_reads = false;
  bool usable_for_writes = false;
  bool ghost = false;     ///< A primary of a lower timeline than the highest seen: serves nothing.
  bool foreign = false;   ///< Of another cluster than the first pool: serves only requests that name it.
  bool held = false;      ///< By order of an operator: serves nothing.
  bool preferred = false; ///< By order of an operator: takes the writes before the others.
  health_state state = health_state::unknown;
  server_role role = server_role::unknown;
  std::uint32_t timeline = 0;             ///< 0: unknown; on a standby a lower bound.
  duration latency{0};                    ///< Of its last probe; 0: unknown.
  std::optional<std::uint64_t> lag_bytes; ///< At least so far behind the primary, where that can be said.
  time_point since{};                     ///< When it came into its state.
  std::string reason;                     ///< Why it is in its state, or why it may not serve.
  bool tripped = false;                   ///< Its circuit is not closed: only for what no other can serve.
};

/// The picture that requests are routed by. Immutable once published.
struct routing_table {
  std::uint64_t generation = 0;
  std::vector<pool_route> routes; ///< In the order of the configuration.

  bool has_writer() const noexcept;
  bool has_reader() const noexcept;
  const pool_route* find(std::string_view name) const noexcept;
};

/// What the table allows.
struct routing_limits {
  /// Writes wait until the first probe of every pool has ended: the first server that calls itself primary may be a
  /// ghost, and only the others can tell.
  bool ask_all_first = true;
  // How far behind a standby may be and still serve reads.
  duration replay_lag_max = std::chrono::seconds{60};
  std::uint64_t lag_bytes_max = 256ull << 20;         ///< While it receives WAL.
  std::uint64_t lag_bytes_detached_max = 16ull << 20; ///< While it receives none.
};

/// Builds the table. The snapshots are in the order of the pools; `fence` learns their timelines.
routing_table build_table(std::span<const health_snapshot> pools, timeline_fence& fence, const routing_limits& limits,
                          std::uint64_t generation, const operator_orders& orders = {});

/// Returns the pools that have turned out to be ghosts since the table before: the server has just shown itself on a
/// lower timeline, or another one was promoted meanwhile. Their connections are to be ended, whatever is on them.
std::vector<std::size_t> new_ghosts(const routing_table& before, const routing_table& after);

/// How busy a pool is, as its pool last said. `index` of the route is the index in the span that `choose` takes.
struct pool_load {
  std::uint32_t outstanding = 0; ///< Requests on its connections.
  std::uint32_t queued = 0;
  std::uint32_t queue_max = 0;       ///< 0: not known.
  std::uint32_t outstanding_max = 0; ///< Above it the pool counts as saturated for spilling over; 0: no bound.
  bool choked = false;               ///< All its connections are lent, or at statements that take long.
  duration latency_average{0};       ///< Of its requests; 0: unknown.
  wal_position replayed{};           ///< What its standby had replayed when it was asked last; timeline 0: unknown.

  /// Whether further requests had better go elsewhere.
  bool saturated() const noexcept {
    return (queue_max > 0 && queued >= queue_max) || (outstanding_max > 0 && outstanding >= outstanding_max);
  }
};

/// Which pool a request needs.
struct route_query {
  access mode = access::write;
  std::uint32_t tried = 0;                ///< Bit i: pool i has been tried; used again only when nothing else is left.
  std::uint32_t absent = 0;               ///< Bit i: pool i is being started again, and can take nothing now.
  bool untried_only = false;              ///< Not even then: for requests that a full queue turned away.
  std::optional<wal_position> at_least{}; ///< What the server must have written or replayed.
  std::string_view wanted_pool{};         ///< The only pool that may serve it; empty: any.
  std::uint64_t random = 0;               ///< 64 random bits.
};

/// Whether a server is known to have what was written up to a position: the primary of the highest timeline has all
/// that is left, a standby what it is known to have replayed. Positions of an older timeline than the primary's cannot
/// be compared with a standby's: only the primary serves them. A position of a later timeline than a primary's tells
/// that it has a successor, though nobody has seen it yet.
bool has_reached(const routing_table& t, const pool_route& r, const pool_load& load, const wal_position& at_least);

/// Returns the index of the pool to serve the request, or nothing when none may now.
/// Pools that are not saturated come first, then those not tried yet, then the healthier, tripped ones last, and for
/// reads choked ones right before them; among equals a read takes the less loaded of two chosen at random ((outstanding
/// + queued + 1) x latency), a write the first in order. `loads` may be shorter than the table: what is missing counts
/// as idle.
std::optional<std::size_t> choose(const routing_table& t, std::span<const pool_load> loads,
                                  const route_query& q) noexcept;

/// Describes for people why no pool serves such a request: each pool, its state, since when and why.
std::string explain(const routing_table& t, access mode, time_point now);

} // namespace tripool
