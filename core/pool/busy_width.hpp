// How many connections of a pool are kept busy with quick statements: few deep pipelines or many shallow ones. Which is
// better depends on the server's cores and on the statements, so it is tried out: a moment with another number, then
// with the present one, in turns, and the other one is kept if requests have been answered clearly sooner with it.
// By Little's law requests x time over completions is the mean time of one, without a stamp for each.
//
//   resting --the pause is over, enough to do--> trying: present, other, present, other ... --> resting
//                                                 (kept: the next one in the same direction is tried at once)
//
// Knows neither connections nor requests; time is an argument. Used by pool_machine.
#pragma once

#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace tripool {

/// The number, and the trials that find it.
class busy_width {
public:
  /// Fewer are never tried: one connection that is lost, or stuck for a moment, is not to hold up everything.
  static constexpr std::size_t width_min = 2;
  /// What a pool begins with: on a small server about the best, and a larger one is found out within moments.
  static constexpr std::size_t width_start = 4;
  /// Statements that occupy a connection for longer, each, are not worth waiting behind: all connections are used.
  static constexpr duration short_max = std::chrono::milliseconds{1};
  /// What one turn of a trial measures at least.
  static constexpr std::uint64_t turn_completions = 256;
  static constexpr duration turn_min = std::chrono::milliseconds{20};
  /// After a change, what was handed out before is answered meanwhile and not measured.
  static constexpr duration settle_min = std::chrono::milliseconds{5};
  /// Turns of each kind in a trial. The other number must be ahead after each pair, and by this much in the end: single
  /// turns of a busy machine differ by more than what there is to be won.
  static constexpr unsigned turns = 4;
  static constexpr double gain_min = 0.04;
  /// Between two trials that changed nothing.
  static constexpr duration pause = std::chrono::seconds{5};
  /// With fewer requests than this on the connections at a time, it makes no difference.
  static constexpr double load_min = 2;

  /// How many of the `usable` connections are to be kept busy now.
  std::size_t value(std::size_t usable) const noexcept;
  /// `n` requests have been completed, which took `held` together, counted from when each was handed to a connection.
  /// Returns whether that makes a turn full: then tell `turn_over` how many connections are usable.
  [[nodiscard]] bool completed(std::uint64_t n, duration held, time_point now) noexcept;
  void turn_over(std::size_t usable, time_point now) noexcept;
  bool trying() const noexcept { return trying_; }

private:
  struct measure {
    std::uint64_t completions = 0;
    duration held{0};
  };

  void begin_trial(std::size_t usable, time_point now) noexcept;
  void begin_turn(time_point now) noexcept;
  void end_turn(std::size_t usable, time_point now) noexcept;
  void end_trial(bool kept, std::size_t usable, time_point now) noexcept;
  bool next_candidate(std::size_t usable) noexcept;
  double load(time_point now) const noexcept;
  bool statements_are_short(std::size_t usable, time_point now) const noexcept;

  std::size_t width_ = width_start;
  bool short_ = true;
  std::size_t other_ = 0;
  bool narrower_ = true; ///< Which way the next trial goes.
  bool trying_ = false;
  bool with_other_ = false; ///< The present turn is the other number's.
  bool settling_ = true;    ///< What was handed out under the number before is still being answered.
  unsigned turn_ = 0;       ///< Pairs that have been measured.
  unsigned failures_ = 0;   ///< Trials in a row that changed nothing.
  measure now_;
  time_point turn_began_{};
  time_point rest_until_{};
  double present_mean_ = 0; ///< Of the pair's first turn.
  double present_sum_ = 0;
  double other_sum_ = 0;
};

} // namespace tripool
