// Latencies in log-linear buckets: 64 a power of two, so that every figure is within 1.6 % of the truth, in constant
// space. Used by the command `bench`.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace tripool::bench {

/// Counts durations. Not thread-safe; merge those of several threads.
class histogram {
public:
  void add(std::chrono::nanoseconds x) noexcept {
    const auto ns = static_cast<std::uint64_t>(x.count() > 0 ? x.count() : 1);
    const auto level = static_cast<unsigned>(63 - std::countl_zero(ns));
    const auto sub = level >= 6 ? (ns >> (level - 6)) & 63 : 0;
    ++buckets_[level * 64 + sub];
    ++count_;
  }
  void merge(const histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
  }
  std::uint64_t count() const noexcept { return count_; }
  /// The latency below which the fraction `p` (0 to 1) of all lies, in microseconds.
  double percentile_us(double p) const noexcept {
    const auto rank = static_cast<std::uint64_t>(p * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen <= rank) continue;
      const auto base = static_cast<double>(std::uint64_t{1} << (i / 64));
      return base * (1.0 + static_cast<double>(i % 64) / 64.0) / 1000.0;
    }
    return 0;
  }

private:
  std::array<std::uint64_t, 64 * 64> buckets_{};
  std::uint64_t count_ = 0;
};

} // namespace tripool::bench
