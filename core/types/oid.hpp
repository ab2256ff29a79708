// An object identifier of the server's catalogues, as a type of its own: a plain integer is sent as an integer.
// Knows nothing of results and parameters. Used by callers.
#pragma once

#include <compare>
#include <cstdint>

namespace tripool {

/// The identifier; 0 is none.
struct oid {
  std::uint32_t value = 0;
  friend auto operator<=>(oid, oid) = default;
};

} // namespace tripool
