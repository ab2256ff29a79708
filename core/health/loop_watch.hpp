// Whether the event loop is stuck: one of its turns lasts too long, because an actor on it blocks or computes. While
// that lasts nothing is answered, and no deadline of the loop's own can say so: the watch looks from another thread.
// Knows no thread and no clock. Used by the reactor.
#pragma once

#include "tripool/core/time.hpp"

#include <optional>
#include <string>

namespace tripool {

/// A turn that has lasted too long.
struct blocked_loop {
  duration lasted{0};
  bool over = false; ///< Whether it has ended; else it goes on.
};

/// "the event loop has been blocked for 250 ms, and still is: ..." Tells what to look for.
std::string to_string(const blocked_loop& x);

/// Judges a turn that has ended: a report when it lasted for `limit` or longer.
std::optional<blocked_loop> judge_turn(duration lasted, duration limit) noexcept;

/// Judges turns that have not ended: a report when one has lasted for the limit, and again whenever it has lasted twice
/// as long as at the last one. Moments must not go backwards.
class loop_watch {
public:
  /// Precondition: `limit` > 0.
  explicit loop_watch(duration limit) noexcept : limit_(limit), next_(limit) {}

  /// `began`: when the present turn began; nothing while the loop waits for something to do.
  std::optional<blocked_loop> look(std::optional<time_point> began, time_point now) noexcept;

private:
  duration limit_;
  duration next_;                  ///< The length that is reported next.
  std::optional<time_point> turn_; ///< The turn that was seen last.
};

} // namespace tripool
