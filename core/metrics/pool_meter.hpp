// What is measured of one pool's requests: how long they waited, how long they took on a connection, how they ended.
// Filled by the pool's machine and by its connections' pipelines, which share a thread; kept over restarts.
// Knows no clock. Not thread-safe. Read by the pool actor for its snapshot.
#pragma once

#include "tripool/core/metrics/histogram.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <array>
#include <cstdint>

namespace tripool {

/// How many outcomes there are.
inline constexpr std::size_t outcomes_count = 4;

/// The meter at one moment.
struct pool_measures {
  histogram wait;           ///< In the queue, of those handed to a connection; since the start.
  histogram service;        ///< From there to the answer; since the start.
  histogram recent_wait;    ///< Of the last half minute to minute.
  histogram recent_service; ///< Of the last half minute to minute.
  std::array<std::uint64_t, outcomes_count> answered{}; ///< By `outcome`: what its connections told callers.
};

/// The meter.
class pool_meter {
public:
  /// A request left the queue for a connection after `wait`.
  void waited(duration wait, time_point now) noexcept { wait_.add(wait, now); }
  /// A request was answered by its connection `service` after it was handed to it.
  void answered(outcome how, duration service, time_point now) noexcept {
    service_.add(service, now);
    ++answered_[static_cast<std::size_t>(how)];
  }
  pool_measures at(time_point now) const {
    return {wait_.total(), service_.total(), wait_.at(now), service_.at(now), answered_};
  }

private:
  recent_histogram wait_;
  recent_histogram service_;
  std::array<std::uint64_t, outcomes_count> answered_{};
};

} // namespace tripool
