// Whether a whole transaction is worth repeating after it failed, and after what pause.
// A transaction function may run again when the server rolled it back for the sake of another transaction: 40001 and
// 40P01. Knows no transaction and no clock. Used by transaction functions.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>

namespace tripool {

/// How often a transaction function may run again.
struct repeat_limits {
  std::uint32_t repeats_max = 8;                       ///< After the first time.
  duration pause_min = std::chrono::milliseconds{5};   ///< Before the first repetition, at most; doubles each time.
  duration pause_max = std::chrono::milliseconds{500}; ///< The longest.
};

/// Whether the failure says that the transaction was rolled back because of others, and could succeed another time.
bool worth_repeating(const failure& x) noexcept;

/// Returns the pause before the next run, between 0 and the limit for this repetition by `random` (full jitter), or
/// nothing when it must not be repeated: for its failure, its number or the time. `done`: how often it has run.
std::optional<duration> pause_before_repeat(const failure& x, std::uint32_t done, const repeat_limits& limits,
                                            time_point now, time_point until, std::uint64_t random) noexcept;

} // namespace tripool
