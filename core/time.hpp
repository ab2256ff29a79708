// The types of moments and durations in core. Moments are always arguments: core never asks a clock.
// Used by everything that waits.
#pragma once

#include <chrono>

namespace tripool {

/// A moment on the monotonic clock of whoever drives the machine (a reactor, a test, a simulation).
using time_point = std::chrono::steady_clock::time_point;
/// A length of time.
using duration = std::chrono::nanoseconds;

} // namespace tripool
