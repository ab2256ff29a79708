// Counting deaths in a sliding window.
#include "tripool/core/retry/restart_budget.hpp"

namespace tripool {

restart_budget::restart_budget(const supervision_options& limits)
  : limits_(limits), pauses_(limits.backoff_min, limits.backoff_max) {
  // nop
}

time_point restart_budget::died(time_point now, std::uint64_t random) {
  while (!deaths_.empty() && now - deaths_.front() > limits_.restarts_window) deaths_.pop_front();
  if (deaths_.empty()) pauses_.reset();
  const bool first = deaths_.empty();
  deaths_.push_back(now);
  ++restarts_;
  exhausted_ = deaths_.size() > limits_.restarts_max;
  if (exhausted_) {
    deaths_.clear();
    return now + limits_.restarts_window;
  }
  return first ? now : now + pauses_.next(random);
}

} // namespace tripool
