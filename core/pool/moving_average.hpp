// An exponentially weighted average of durations: each new sample counts for a sixteenth.
// Knows no clock: samples, not time, age it. Used by pool_machine for waits and service times.
#pragma once

#include "tripool/core/time.hpp"

namespace tripool {

/// A moving average; zero before the first sample.
class moving_average {
public:
  void add(duration x) noexcept {
    value_ = fresh_ ? x : value_ + (x - value_) / 16;
    fresh_ = false;
  }
  duration value() const noexcept { return value_; }

private:
  duration value_{0};
  bool fresh_ = true;
};

} // namespace tripool
