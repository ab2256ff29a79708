// Doubling pauses with full jitter.
#include "tripool/core/retry/backoff.hpp"

#include "tripool/core/util/random.hpp"

#include <cassert>

namespace tripool {

backoff::backoff(duration min, duration max) noexcept : min_(min), max_(max), ceiling_(min) {
  assert(min >= duration::zero() && min <= max);
}

duration backoff::next(std::uint64_t random) noexcept {
  const auto most = static_cast<std::uint64_t>(ceiling_.count());
  const duration pause{static_cast<duration::rep>(random_up_to(random, most))};
  ceiling_ = ceiling_ > max_ / 2 ? max_ : ceiling_ * 2;
  return pause;
}

} // namespace tripool
