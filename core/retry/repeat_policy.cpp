// Repeating transactions.
#include "tripool/core/retry/repeat_policy.hpp"

#include "tripool/core/util/random.hpp"

#include <algorithm>

namespace tripool {

bool worth_repeating(const failure& x) noexcept {
  return x.kind == outcome::rejected && (x.sqlstate == "40001" || x.sqlstate == "40P01");
}

std::optional<duration> pause_before_repeat(const failure& x, std::uint32_t done, const repeat_limits& limits,
                                            time_point now, time_point until, std::uint64_t random) noexcept {
  if (!worth_repeating(x) || done > limits.repeats_max) return std::nullopt;
  auto longest = limits.pause_min;
  for (std::uint32_t i = 1; i < done && longest < limits.pause_max; ++i) longest *= 2;
  longest = std::min(longest, limits.pause_max);
  const duration pause{static_cast<duration::rep>(random_up_to(random, static_cast<std::uint64_t>(longest.count())))};
  if (now + pause >= until) return std::nullopt;
  return pause;
}

} // namespace tripool
