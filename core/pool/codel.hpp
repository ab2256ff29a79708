// Controlled delay for the request queue: tells a queue that absorbs a burst from one that only adds delay.
// A burst drains within the interval, so some request soon leaves after a short wait. When for a whole interval nothing
// has left within the target wait, the queue is a standing one; then those that have waited for more than twice the
// target are shed until somebody leaves within the target again or the queue is empty.
// After Nichols and Jacobson (RFC 8289); the fixed limit of twice the target instead of the square-root law is what
// servers with whole requests use (db_connection, folly). Knows no queue and no clock. Used by pool_machine.
#pragma once

#include "tripool/core/time.hpp"

#include <optional>

namespace tripool {

/// Decides when a waiting request has to be shed. Hears of every wait that ended; a target of zero switches it off.
class codel {
public:
  /// `target`: the wait that is aimed for; `interval`: how long it must have been missed without exception.
  codel(duration target, duration interval) noexcept : target_(target), interval_(interval) {}

  /// A request left the queue (to a connection, or shed) after `wait`. One that overtook others by its priority is told
  /// of only if it waited for longer than the target.
  void left(duration wait, time_point now) noexcept;
  /// The queue is empty: there is no standing queue.
  void emptied() noexcept { above_since_.reset(); }
  /// Returns when a head of the queue that entered at `entered` is to be shed if it is still there; nothing: never.
  std::optional<time_point> shed_at(time_point entered) const noexcept;
  /// Whether the target has been missed for a whole interval.
  bool overloaded(time_point now) const noexcept { return above_since_ && now - *above_since_ >= interval_; }
  duration target() const noexcept { return target_; }
  duration interval() const noexcept { return interval_; }

private:
  duration target_;
  duration interval_;
  std::optional<time_point> above_since_; ///< Since then no wait was within the target.
};

} // namespace tripool
