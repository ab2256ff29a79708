// The control law: a whole interval above the target, then shed above twice the target.
#include "tripool/core/pool/codel.hpp"

#include <algorithm>

namespace tripool {

void codel::left(duration wait, time_point now) noexcept {
  if (wait <= target_)
    above_since_.reset();
  else if (!above_since_)
    above_since_ = now - wait + target_;
}

std::optional<time_point> codel::shed_at(time_point entered) const noexcept {
  if (target_ <= duration::zero()) return std::nullopt;
  const auto since = above_since_.value_or(entered + target_);
  return std::max(since + interval_, entered + 2 * target_);
}

} // namespace tripool
