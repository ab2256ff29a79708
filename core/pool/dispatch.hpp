// Which connection gets which waiting request, and whether one more connection is wanted: the pool's policy, as pure
// functions over plain numbers, so that it can be tuned and tested without a pool.
// Present policy: an idle connection first (the latest used), else the least loaded, of as many as are to be kept
// busy (busy_width.hpp), and of the others when those are full; nothing goes behind a statement that has been running
// for long, or that has not proved to be quick (pace_book.hpp): that one has what is behind it to itself, and may have
// any connection. Knows no requests. Used by pool_machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tripool {

/// What the policy knows of one open connection that may take requests.
struct connection_load {
  std::uint32_t outstanding = 0; ///< Requests handed to it and not yet ended.
  bool stuck = false; ///< Takes nothing more for now: no progress for longer than `slow_statement`, or not shareable.
  std::uint64_t used = 0; ///< Grows with the order in which connections became idle: the largest is the latest.
};

/// Says for each waiting request, the oldest first, where it goes: `order` receives indices into `loads`, at most
/// `waiting` of them, fewer when every connection is at `depth` or stuck. `unproven`: which of the waiting ones nothing
/// may be put behind; those beyond its end are not. `width`: how many connections are filled before others get any,
/// those that are busy already first.
void plan_dispatch(std::span<const connection_load> loads, std::size_t waiting, std::size_t depth,
                   std::vector<std::uint32_t>& order, const std::vector<bool>& unproven = {},
                   std::size_t width = std::numeric_limits<std::size_t>::max());

/// Whether one more connection would help: work waits that no present connection can take, or all of them are busy.
bool wants_growth(std::span<const connection_load> loads, std::size_t waiting, std::size_t depth) noexcept;

} // namespace tripool
