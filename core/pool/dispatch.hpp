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

/// What the policy knows of a waiting request.
enum class dispatch_kind : std::uint8_t {
  ordinary,
  read,     ///< Leaves nothing in doubt: more of them may be on a connection.
  unproven, ///< Nothing may be put behind it.
};

/// How many requests one connection may have in hand.
struct dispatch_depth {
  std::size_t all = 1;
  std::size_t reads = 1; ///< When the next one is a read. At least `all`.
};

/// Says for each waiting request, the oldest first, where it goes: `order` receives indices into `loads`, one for each
/// of `waiting`, fewer when every connection is full or stuck. `width`: how many connections are filled before others
/// get any, those that are busy already first.
void plan_dispatch(std::span<const connection_load> loads, std::span<const dispatch_kind> waiting, dispatch_depth depth,
                   std::vector<std::uint32_t>& order, std::size_t width = std::numeric_limits<std::size_t>::max());

/// Whether one more connection would help: work waits that no present connection can take, or all of them are busy.
bool wants_growth(std::span<const connection_load> loads, std::size_t waiting, std::size_t depth) noexcept;

} // namespace tripool
