// How long things took, counted in fixed classes: ten a decade from 1 us to 100 s, so that a percentile is right to
// about a tenth and the classes 1, 2.5 and 5 of each decade are exact bounds for Prometheus.
// Knows no clock and no meaning. Not thread-safe. Used by pool_meter and everything that shows its figures.
#pragma once

#include "tripool/core/time.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tripool {

namespace detail {

/// The bounds, in nanoseconds, and for each number of binary digits the first class that can hold such a number.
struct histogram_classes {
  std::array<duration, 81> bounds{};
  std::array<std::uint8_t, 65> first{};
};
constexpr histogram_classes make_histogram_classes() {
  constexpr std::array<std::int64_t, 10> steps{100, 125, 160, 200, 250, 320, 400, 500, 630, 800}; // Hundredths.
  histogram_classes out;
  std::int64_t decade = 1000; // 1 us
  std::size_t i = 0;
  while (i + 1 < out.bounds.size()) {
    for (const auto s : steps) out.bounds[i++] = duration{decade / 100 * s};
    decade *= 10;
  }
  out.bounds[i] = duration{decade};
  for (std::size_t digits = 0; digits < out.first.size(); ++digits) {
    const auto least = digits == 0 || digits > 62 ? 0 : std::int64_t{1} << (digits - 1);
    std::size_t k = 0;
    while (digits <= 62 && k < out.bounds.size() && out.bounds[k].count() < least) ++k;
    out.first[digits] = static_cast<std::uint8_t>(digits > 62 ? out.bounds.size() : k);
  }
  return out;
}
inline constexpr histogram_classes classes_of_histograms = make_histogram_classes();

} // namespace detail

/// Counts durations. A plain value of fixed size.
class histogram {
public:
  static constexpr std::size_t bounds_count = 81;

  using bounds_array = std::array<duration, bounds_count>;

  /// Upper bounds of the classes, ascending; what is longer than the last one is counted beyond it.
  static const bounds_array& bounds() noexcept;

  /// A dozen instructions: it is done twice for each request.
  void add(duration x) noexcept {
    ++counts_[class_of(x)];
    ++count_;
    sum_ += x;
    if (x > longest_) longest_ = x;
  }
  histogram& operator+=(const histogram& x) noexcept;

  /// What was added since `before`, an earlier state of this one; `longest` is then a bound.
  histogram since(const histogram& before) const noexcept;

  std::uint64_t count() const noexcept { return count_; }
  duration sum() const noexcept { return sum_; }
  duration longest() const noexcept { return longest_; }
  duration mean() const noexcept { return count_ == 0 ? duration{0} : sum_ / static_cast<std::int64_t>(count_); }
  /// The duration that the part `q` (0 to 1) of all did not exceed, interpolated in its class; 0 when there is none.
  duration quantile(double q) const noexcept;
  /// How many were no longer than `bounds()[i]`.
  std::uint64_t up_to(std::size_t i) const noexcept;

private:
  static std::size_t class_of(duration x) noexcept;

  std::array<std::uint64_t, bounds_count + 1> counts_{};
  std::uint64_t count_ = 0;
  duration sum_{0};
  duration longest_{0};
};

inline std::size_t histogram::class_of(duration x) noexcept {
  if (x.count() <= 0) return 0;
  const auto& known = detail::classes_of_histograms;
  std::size_t i = known.first[static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(x.count())))];
  while (i < bounds_count && known.bounds[i] < x) ++i; // At most four steps.
  return i;
}

/// A histogram that also tells what was added in the last 30 to 60 seconds: by what it was at two earlier moments.
class recent_histogram {
public:
  static constexpr duration half = std::chrono::seconds{30};

  void add(duration x, time_point now) noexcept {
    if (now - began_ >= half) turn(now);
    total_.add(x);
  }
  const histogram& total() const noexcept { return total_; }
  /// What was added between `half` and twice `half` ago and `now`.
  histogram at(time_point now) const noexcept;

private:
  void turn(time_point now) noexcept;

  histogram total_;
  histogram older_; ///< As it was at the turn before `began_`.
  histogram newer_; ///< As it was at `began_`.
  time_point began_{};
};

} // namespace tripool
