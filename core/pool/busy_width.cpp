// Trials in turns, so that whatever else changes meanwhile strikes both numbers alike.
#include "tripool/core/pool/busy_width.hpp"

#include <algorithm>

namespace tripool {

std::size_t busy_width::value(std::size_t usable) const noexcept {
  if (!short_) return usable;
  return std::min(trying_ && with_other_ ? other_ : width_, usable);
}

double busy_width::load(time_point now) const noexcept {
  const auto lasted = now - turn_began_;
  if (lasted <= duration::zero()) return 0;
  return static_cast<double>(now_.held.count()) / static_cast<double>(lasted.count());
}

/// By how long each of them occupied its connection, the waiting behind others left out.
bool busy_width::statements_are_short(std::size_t usable, time_point now) const noexcept {
  const auto mean = static_cast<double>(now_.held.count()) / static_cast<double>(now_.completions);
  const auto busy = static_cast<double>(std::max<std::size_t>(value(usable), 1));
  return mean / std::max(1.0, load(now) / busy) <= static_cast<double>(short_max.count());
}

bool busy_width::completed(std::uint64_t n, duration held, time_point now) noexcept {
  now_.completions += n;
  now_.held += held;
  return now_.completions >= turn_completions && now - turn_began_ >= (trying_ && settling_ ? settle_min : turn_min);
}

void busy_width::turn_over(std::size_t usable, time_point now) noexcept {
  short_ = statements_are_short(usable, now);
  if (!short_) {
    trying_ = with_other_ = false;
    return begin_turn(now);
  }
  if (!trying_) {
    if (now >= rest_until_ && load(now) >= load_min) return begin_trial(usable, now);
    return begin_turn(now);
  }
  if (settling_) {
    begin_turn(now);
    settling_ = false;
    return;
  }
  end_turn(usable, now);
}

void busy_width::begin_turn(time_point now) noexcept {
  now_ = {};
  turn_began_ = now;
}

/// Half or twice as many. Returns false when there is no such number in this direction.
bool busy_width::next_candidate(std::size_t usable) noexcept {
  const auto present = std::min(width_, usable);
  other_ = narrower_ ? std::max((present + 1) / 2, std::min(width_min, usable)) : std::min(present * 2, usable);
  return other_ != present;
}

void busy_width::begin_trial(std::size_t usable, time_point now) noexcept {
  begin_turn(now);
  if (!next_candidate(usable)) {
    narrower_ = !narrower_;
    if (!next_candidate(usable)) {
      rest_until_ = now + pause;
      return;
    }
  }
  trying_ = true;
  with_other_ = false;
  settling_ = false; // The present number's answers are what came before.
  turn_ = 0;
  present_sum_ = other_sum_ = 0;
}

void busy_width::end_turn(std::size_t usable, time_point now) noexcept {
  const auto mean = static_cast<double>(now_.held.count()) / static_cast<double>(now_.completions);
  const auto ended_with_other = with_other_;
  const auto loaded = load(now);
  begin_turn(now);
  settling_ = true;
  with_other_ = !with_other_;
  if (loaded < load_min) return end_trial(false, usable, now); // There is nothing to be learnt now.
  if (!ended_with_other) {
    present_mean_ = mean;
    return;
  }
  present_sum_ += present_mean_;
  other_sum_ += mean;
  if (other_sum_ >= present_sum_) return end_trial(false, usable, now);
  if (++turn_ == turns) end_trial(other_sum_ < present_sum_ * (1 - gain_min), usable, now);
}

void busy_width::end_trial(bool kept, std::size_t usable, time_point now) noexcept {
  trying_ = false;
  with_other_ = false;
  if (kept) {
    width_ = other_ >= usable && !narrower_ ? std::numeric_limits<std::size_t>::max() : other_;
    failures_ = 0;
    rest_until_ = now;
    return;
  }
  narrower_ = !narrower_;
  // After a change, or at first, the other direction is tried at once; then there is a pause.
  rest_until_ = ++failures_ % 2 == 1 ? now : now + pause;
}

} // namespace tripool
