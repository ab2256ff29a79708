// Renewing a session that is kept for itself.
#include "tripool/core/credentials/session_renewal.hpp"

#include "tripool/core/util/random.hpp"

#include <algorithm>

namespace tripool {

namespace {

duration part_of(duration most, std::uint64_t random) noexcept {
  const auto count = static_cast<std::uint64_t>(std::max(most, duration::zero()).count());
  return duration{static_cast<duration::rep>(random_up_to(random, count))};
}

} // namespace

duration session_renewal::pause(duration spread, std::uint64_t random) noexcept {
  const auto most = std::max(spread, pause_min);
  return most / 2 + part_of(most / 2, random);
}

void session_renewal::changed(std::uint64_t generation, duration spread, time_point now,
                              std::uint64_t random) noexcept {
  if (generation <= newest_) return;
  newest_ = generation;
  spread_ = spread;
  if (!as_of_ || *as_of_ >= newest_) return;
  const auto at = now + part_of(spread_, random);
  due_ = due_ ? std::min(*due_, at) : at;
}

void session_renewal::opened(std::uint64_t as_of, time_point now, std::uint64_t random) noexcept {
  as_of_ = as_of;
  due_.reset();
  if (as_of < newest_) try_again(now, random);
}

void session_renewal::ended() noexcept {
  as_of_.reset();
  due_.reset();
}

bool session_renewal::successor_opened(std::uint64_t as_of, time_point now, std::uint64_t random) noexcept {
  if (as_of >= newest_) return true;
  try_again(now, random);
  return false;
}

void session_renewal::successor_failed(time_point now, std::uint64_t random) noexcept {
  if (as_of_ && *as_of_ < newest_) try_again(now, random);
}

void session_renewal::try_again(time_point now, std::uint64_t random) noexcept {
  due_ = now + pause(spread_, random);
}

} // namespace tripool
