// How often something has happened in the last ten seconds, in ten buckets of a second: what rates are judged by.
// Knows no clock. Used by the retry budget and the circuit breaker.
#pragma once

#include "tripool/core/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tripool {

/// A count that forgets. Moments that go backwards count as the latest one.
class sliding_count {
public:
  static constexpr std::size_t buckets = 10;
  static constexpr duration bucket_width = std::chrono::seconds{1};
  static constexpr duration window = buckets * bucket_width;

  void add(std::uint64_t n, time_point now) noexcept {
    forget(now);
    counts_[static_cast<std::size_t>(latest_ % buckets)] += n;
  }

  /// Returns how much was added in the last nine to ten seconds.
  std::uint64_t total(time_point now) const noexcept {
    const auto present = std::max(bucket_of(now), latest_);
    std::uint64_t out = 0;
    for (auto i = latest_; present - i < buckets; --i) {
      out += counts_[static_cast<std::size_t>(i % buckets)];
      if (i == 0) break;
    }
    return out;
  }

  void clear() noexcept { counts_.fill(0); }

private:
  static std::uint64_t bucket_of(time_point now) noexcept {
    const auto count = now.time_since_epoch() / bucket_width;
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
  }

  void forget(time_point now) noexcept {
    const auto present = bucket_of(now);
    if (present <= latest_) return;
    if (present - latest_ >= buckets) {
      counts_.fill(0);
      latest_ = present;
    }
    while (latest_ < present) counts_[static_cast<std::size_t>(++latest_ % buckets)] = 0;
  }

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t latest_ = 0; ///< The bucket of the latest moment, counted since the epoch.
};

} // namespace tripool
