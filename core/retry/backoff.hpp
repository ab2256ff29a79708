// How long to wait before trying again: pauses that double from a minimum to a maximum, with full jitter, so that many
// who failed at the same moment do not come back at the same moment.
// A plain value; randomness is an argument, and it knows no clock. Used by the pool's dial gate and by supervisors.
#pragma once

#include "tripool/core/time.hpp"

#include <cstdint>

namespace tripool {

/// A series of growing pauses. Full jitter: each pause is drawn evenly from zero to the present ceiling.
class backoff {
public:
  /// The ceiling starts at `min` and doubles with each pause up to `max`. Precondition: 0 <= min <= max.
  backoff(duration min, duration max) noexcept;

  /// Returns the next pause, from 0 to `ceiling()`, and doubles the ceiling. `random`: 64 random bits.
  duration next(std::uint64_t random) noexcept;
  /// Begins the series again, after a success.
  void reset() noexcept { ceiling_ = min_; }
  /// Returns the longest that the next pause can be.
  duration ceiling() const noexcept { return ceiling_; }
  duration min() const noexcept { return min_; }
  duration max() const noexcept { return max_; }

private:
  duration min_;
  duration max_;
  duration ceiling_;
};

} // namespace tripool
