// A hierarchical timer wheel with intrusive timers: arming, moving and disarming cost O(1) and allocate nothing.
// Resolution one millisecond, range about 4.6 hours (later timers are parked in the last slot and cascade).
// Knows no clock: the owner advances it. Used by the reactor, one wheel a loop.
#pragma once

#include "tripool/core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tripool {

/// One timer, a member of whoever waits. Must be disarmed before it dies. Not copyable.
class wheel_timer {
public:
  wheel_timer() = default;
  wheel_timer(const wheel_timer&) = delete;
  wheel_timer& operator=(const wheel_timer&) = delete;
  virtual ~wheel_timer() = default;
  bool armed() const noexcept { return next_ != nullptr; }
  time_point when() const noexcept { return when_; }

private:
  friend class timer_wheel;
  /// Called by `timer_wheel::advance`; the timer is disarmed by then and may be armed again.
  virtual void expired() = 0;
  wheel_timer* next_ = nullptr;
  wheel_timer* prev_ = nullptr;
  time_point when_{};
  std::uint64_t due_ = 0;
  std::uint8_t level_ = 0;
  std::uint8_t slot_ = 0;
};

/// The wheel. Not thread-safe.
class timer_wheel {
public:
  explicit timer_wheel(time_point start);
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  /// Arms the timer, or moves it. It expires at the first `advance` to `when` or later, never before `when`.
  void arm(wheel_timer& t, time_point when);
  void disarm(wheel_timer& t) noexcept;
  /// Expires everything that is due at `now`. Returns how many expired.
  std::size_t advance(time_point now);
  /// A moment at or before the first expiry: sleep until then, advance, ask again. Nothing when no timer is armed.
  std::optional<time_point> next() const noexcept;
  std::size_t size() const noexcept { return size_; }

private:
  static constexpr unsigned level_bits = 6;
  static constexpr unsigned slots = 1u << level_bits;
  static constexpr unsigned levels = 4;
  struct list_head final : wheel_timer {
    void expired() override {}
  };

  std::uint64_t tick_of(time_point t, bool round_up) const noexcept;
  void insert(wheel_timer& t) noexcept;
  void unlink(wheel_timer& t) noexcept;
  std::size_t run_slot(unsigned slot);
  void cascade(unsigned level, unsigned slot);

  time_point start_;
  std::uint64_t tick_ = 0; ///< The last tick that has been expired.
  std::size_t size_ = 0;
  std::array<std::array<list_head, slots>, levels> wheel_;
  std::array<std::uint64_t, levels> used_{}; ///< Bit i: slot i of that level holds timers.
};

} // namespace tripool
