// How soon a supervisor may start a dead child again: at once at first, then after growing pauses; too many deaths in a
// window cost a whole window's rest, so that a child that cannot live does not keep the others busy.
// Knows no actor and no clock. Used by supervisors, one budget a child.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <deque>

namespace tripool {

/// The budget of one child. A plain value.
class restart_budget {
public:
  explicit restart_budget(const supervision_options& limits);

  /// The child has died at `now`. Returns when it may be started again, never before `now`. `random`: 64 random bits.
  time_point died(time_point now, std::uint64_t random);
  std::uint64_t restarts() const noexcept { return restarts_; }
  /// Whether the last death used the budget up.
  bool exhausted() const noexcept { return exhausted_; }

private:
  supervision_options limits_;
  backoff pauses_;
  std::deque<time_point> deaths_;
  std::uint64_t restarts_ = 0;
  bool exhausted_ = false;
};

} // namespace tripool
