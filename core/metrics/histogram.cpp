// Reading percentiles back, and what was added between two moments.
#include "tripool/core/metrics/histogram.hpp"

#include <algorithm>

namespace tripool {

const histogram::bounds_array& histogram::bounds() noexcept {
  return detail::classes_of_histograms.bounds;
}

histogram& histogram::operator+=(const histogram& x) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += x.counts_[i];
  count_ += x.count_;
  sum_ += x.sum_;
  longest_ = std::max(longest_, x.longest_);
  return *this;
}

histogram histogram::since(const histogram& before) const noexcept {
  histogram out;
  const auto less = [](std::uint64_t x, std::uint64_t y) { return x > y ? x - y : 0; };
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    out.counts_[i] = less(counts_[i], before.counts_[i]);
    if (out.counts_[i] > 0) out.longest_ = i < bounds_count ? std::min(bounds()[i], longest_) : longest_;
  }
  out.count_ = less(count_, before.count_);
  out.sum_ = sum_ > before.sum_ ? sum_ - before.sum_ : duration{0};
  return out;
}

duration histogram::quantile(double q) const noexcept {
  if (count_ == 0) return duration{0};
  const auto wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto n = static_cast<double>(counts_[i]);
    if (n > 0 && below + n >= wanted) {
      const auto lower = i == 0 ? duration{0} : bounds()[i - 1];
      const auto upper = i < bounds_count ? std::min(bounds()[i], longest_) : longest_;
      if (upper <= lower) return upper;
      const auto part = (wanted - below) / n * static_cast<double>((upper - lower).count());
      return lower + duration{static_cast<duration::rep>(part)};
    }
    below += n;
  }
  return longest_;
}

std::uint64_t histogram::up_to(std::size_t i) const noexcept {
  std::uint64_t out = 0;
  for (std::size_t k = 0; k <= i && k < counts_.size(); ++k) out += counts_[k];
  return out;
}

histogram recent_histogram::at(time_point now) const noexcept {
  if (now - began_ >= 2 * half) return {};
  return total_.since(now - began_ >= half ? newer_ : older_);
}

void recent_histogram::turn(time_point now) noexcept {
  older_ = now - began_ < 2 * half ? newer_ : total_;
  newer_ = total_;
  began_ = now;
}

} // namespace tripool
