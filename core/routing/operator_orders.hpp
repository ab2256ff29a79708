// What operators have ordered about the pools: which ones serve nothing until they are released, which of those are to
// have no connections either, and which one is to take the writes while it can.
// A plain value. Kept in the environment over restarts of the monitor, which routes by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tripool {

/// The orders in force.
struct operator_orders {
  std::uint32_t held = 0;               ///< Bit i: pool i serves nothing.
  std::uint32_t emptied = 0;            ///< Bit i: pool i, which is held, closes its connections and keeps none.
  std::optional<std::size_t> preferred; ///< The pool that takes writes first, while it can.

  bool holds(std::size_t pool) const noexcept { return (held >> pool & 1U) != 0; }
  bool empties(std::size_t pool) const noexcept { return (emptied >> pool & 1U) != 0; }
};

} // namespace tripool
