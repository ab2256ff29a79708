// The hierarchical timer wheel: level 0 has one slot a millisecond, each higher level 64 times as coarse.
#include "tripool/core/util/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace tripool {

namespace {

constexpr std::uint64_t bit(unsigned i) noexcept {
  return std::uint64_t{1} << i;
}

} // namespace

timer_wheel::timer_wheel(time_point start) : start_(start) {
  for (auto& level : wheel_)
    for (auto& head : level) {
      head.next_ = &head;
      head.prev_ = &head;
    }
}

std::uint64_t timer_wheel::tick_of(time_point t, bool round_up) const noexcept {
  if (t <= start_) return 0;
  const auto d = t - start_;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d);
  return static_cast<std::uint64_t>(ms.count()) + ((round_up && ms < d) ? 1u : 0u);
}

void timer_wheel::arm(wheel_timer& t, time_point when) {
  if (t.armed()) disarm(t);
  t.when_ = when;
  t.due_ = std::max(tick_of(when, true), tick_ + 1);
  insert(t);
  ++size_;
}

void timer_wheel::disarm(wheel_timer& t) noexcept {
  if (!t.armed()) return;
  unlink(t);
  --size_;
}

void timer_wheel::insert(wheel_timer& t) noexcept {
  // A timer belongs to the lowest level on which it and the present tick share all higher digits.
  unsigned level = 0;
  while (level + 1 < levels && (t.due_ >> (level_bits * (level + 1))) != (tick_ >> (level_bits * (level + 1)))) ++level;
  auto slot = static_cast<unsigned>((t.due_ >> (level_bits * level)) & (slots - 1));
  // Beyond the last level's range the digit wraps: the slot just behind the present one is visited last.
  const auto reach = std::uint64_t{1} << (level_bits * levels);
  if (level + 1 == levels && t.due_ - tick_ >= reach)
    slot = static_cast<unsigned>(((tick_ >> (level_bits * level)) - 1) & (slots - 1));
  auto& head = wheel_[level][slot];
  t.prev_ = head.prev_;
  t.next_ = &head;
  head.prev_->next_ = &t;
  head.prev_ = &t;
  t.level_ = static_cast<std::uint8_t>(level);
  t.slot_ = static_cast<std::uint8_t>(slot);
  used_[level] |= bit(slot);
}

void timer_wheel::unlink(wheel_timer& t) noexcept {
  t.prev_->next_ = t.next_;
  t.next_->prev_ = t.prev_;
  t.next_ = nullptr;
  t.prev_ = nullptr;
  auto& head = wheel_[t.level_][t.slot_];
  if (head.next_ == &head) used_[t.level_] &= ~bit(t.slot_);
}

void timer_wheel::cascade(unsigned level, unsigned slot) {
  auto& head = wheel_[level][slot];
  auto* first = head.next_;
  if (first == &head) return;
  auto* last = head.prev_;
  head.next_ = &head;
  head.prev_ = &head;
  used_[level] &= ~bit(slot);
  last->next_ = nullptr;
  while (first) {
    auto* t = first;
    first = first->next_;
    insert(*t);
  }
}

std::size_t timer_wheel::run_slot(unsigned slot) {
  auto& head = wheel_[0][slot];
  std::size_t n = 0;
  // Timers armed while this runs are due at a later tick, so that the loop ends.
  while (head.next_ != &head) {
    auto& t = *head.next_;
    disarm(t);
    t.expired();
    ++n;
  }
  return n;
}

std::size_t timer_wheel::advance(time_point now) {
  const auto target = tick_of(now, false);
  std::size_t n = 0;
  while (tick_ < target) {
    if (size_ == 0) {
      tick_ = target;
      break;
    }
    // Within level 0's present round nothing else can become due: jump to its next used slot or to its end.
    const auto position = static_cast<unsigned>(tick_ & (slots - 1));
    const auto rest = position + 1 < slots ? used_[0] >> (position + 1) : 0;
    const auto step = rest != 0 ? static_cast<std::uint64_t>(std::countr_zero(rest)) + 1 : slots - position;
    if (tick_ + step > target) {
      tick_ = target;
      break;
    }
    tick_ += step;
    if ((tick_ & (slots - 1)) == 0) {
      for (unsigned level = 1; level < levels; ++level) {
        cascade(level, static_cast<unsigned>((tick_ >> (level_bits * level)) & (slots - 1)));
        if (((tick_ >> (level_bits * level)) & (slots - 1)) != 0) break;
      }
    }
    n += run_slot(static_cast<unsigned>(tick_ & (slots - 1)));
  }
  return n;
}

std::optional<time_point> timer_wheel::next() const noexcept {
  if (size_ == 0) return std::nullopt;
  for (unsigned level = 0; level < levels; ++level) {
    const auto digits = tick_ >> (level_bits * level);
    const auto position = static_cast<unsigned>(digits & (slots - 1));
    const auto rest = position + 1 < slots ? used_[level] >> (position + 1) : 0;
    if (rest == 0) continue;
    const auto due = (digits + static_cast<std::uint64_t>(std::countr_zero(rest)) + 1) << (level_bits * level);
    return start_ + std::chrono::milliseconds{due};
  }
  const auto wrap = ((tick_ >> (level_bits * levels)) + 1) << (level_bits * levels);
  return start_ + std::chrono::milliseconds{wrap};
}

} // namespace tripool
