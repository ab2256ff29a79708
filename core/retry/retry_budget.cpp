// A part and a floor, over a sliding window.
#include "tripool/core/retry/retry_budget.hpp"

namespace tripool {

std::uint64_t retry_budget::allowed(time_point now) const noexcept {
  return limits_.floor + served_.total(now) * limits_.percent / 100;
}

bool retry_budget::spend(time_point now) noexcept {
  if (spent_.total(now) >= allowed(now)) {
    ++refusals_;
    return false;
  }
  spent_.add(1, now);
  return true;
}

std::string retry_budget::refusal(std::string_view pool) const {
  return "not sent again: in 10 s pool " + std::string{pool} + " has used up its retries, which are "
         + std::to_string(limits_.percent) + " % of its requests (retry-percent) and " + std::to_string(limits_.floor)
         + " more (retry-floor)";
}

} // namespace tripool
