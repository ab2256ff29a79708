// Pauses between dials, and one dial at a time to a server in trouble.
#include "tripool/core/pool/dial_gate.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>

namespace tripool {

void dial_gate::succeeded(time_point now) noexcept {
  settled_ = true;
  failing_ = false;
  full_ = false;
  refused_ = false;
  succeeded_at_ = now;
  not_before_ = time_point::min();
}

void dial_gate::worked() noexcept {
  if (!failing_) pauses_.reset();
}

void dial_gate::failed(std::string_view sqlstate, time_point now, std::uint64_t random) noexcept {
  full_ = sqlstate == "53300";
  refused_ = sqlstate == "28P01";
  pause(full_ ? std::min(dial_pause_when_full, pauses_.max()) : duration::zero(), now, random);
  failing_ = true;
  failed_at_ = now;
}

void dial_gate::postpone(time_point now, std::uint64_t random) noexcept {
  pause(duration::zero(), now, random);
  failing_ = true;
  failed_at_ = now;
}

void dial_gate::hasten(time_point now) noexcept {
  if (full_ || not_before_ <= now) return;
  pauses_.reset();
  not_before_ = std::min(not_before_, std::max(now, failed_at_ + pauses_.min()));
}

void dial_gate::pause(duration at_least, time_point now, std::uint64_t random) noexcept {
  const bool was_calm = succeeded_at_ != time_point::min() && now - succeeded_at_ >= dial_calm_period;
  if (!failing_ && was_calm) pauses_.reset();
  settled_ = false;
  if (mutated(mutation::no_backoff)) return;
  not_before_ = std::max(not_before_, now + std::max(at_least, pauses_.next(random)));
}

} // namespace tripool
