// One look at a running service from outside of its actors: the snapshot, when it was taken on both clocks, and how to
// turn moments into ages and times of day. Used by everything that shows or exports a status.
#pragma once

#include "tripool/actors/status.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tripool::service {

/// The look.
struct observation {
  service_status status;
  time_point at{};                               ///< On the clock of the actors' moments.
  std::chrono::system_clock::time_point wall{};  ///< The same moment.
  std::chrono::system_clock::time_point began{}; ///< When the service was started.
  std::int64_t pid = 0;                          ///< Its process; 0: this one.

  /// The time of day of a moment of the actors' clock.
  std::chrono::system_clock::time_point wall_of(time_point x) const noexcept {
    return wall - std::chrono::duration_cast<std::chrono::system_clock::duration>(at - x);
  }
};

/// Everything about one pool, put together from what pool, monitor and table say; null: that one did not answer.
struct pool_view {
  std::string name;
  const pool_status* pool = nullptr;
  const monitored_pool* monitored = nullptr;
  const pool_route* route = nullptr;
};

/// The pools in the order of the configuration. Points into `x`, which must outlive it.
std::vector<pool_view> pools_of(const service_status& x);

/// "2024-05-01T12:00:00.123Z"
std::string iso_time(std::chrono::system_clock::time_point x);
/// Seconds with fractions.
inline double seconds(duration x) noexcept {
  return std::chrono::duration<double>(x).count();
}

} // namespace tripool::service
