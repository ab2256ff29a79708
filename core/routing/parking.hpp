// The waiting room of the monitor: requests that no pool can serve at the moment, for example writes between the death
// of a primary and the promotion of a standby. Bounded in number and in time; who waits too long hears what was tried.
// Knows no clock and no pool. Used by the monitor.
#pragma once

#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace tripool {

/// Requests that wait for any pool to serve them, in the order of their arrival.
class parking {
public:
  /// At most `size_max` requests, each for at most `wait_max` and never beyond its deadline.
  parking(std::size_t size_max, duration wait_max);

  /// Takes a request in, with the failure that it brings from its last pool (its `why` is `none` when it has been to
  /// none). Gives it back, its failure completed for the caller, when it has no time left or the room is full.
  std::optional<moved_request> add(moved_request x, const routing_table& t, time_point now);

  /// Returns, and forgets, those that `routable` accepts, oldest first.
  std::vector<moved_request> take_routable(const std::function<bool(const request&)>& routable);
  /// Returns, and forgets, those whose time has been over for `late`, with the failure that their callers are to hear.
  /// Costs nothing while nobody's is.
  std::vector<moved_request> expire(const routing_table& t, time_point now, duration late = {});
  /// Returns, and forgets, all: when the monitor stops.
  std::vector<moved_request> take_all();

  /// When `expire` is next needed, or nothing when nobody waits.
  std::optional<time_point> next_wake() const noexcept { return first_; }
  std::size_t size() const noexcept { return waiting_.size(); }
  bool empty() const noexcept { return waiting_.empty(); }

private:
  struct entry {
    moved_request what;
    time_point since;
    time_point until;
  };
  moved_request verdict(entry x, const routing_table& t, time_point now) const;
  void keep(entry x);
  template <class Which>
  std::vector<entry> take(Which which);

  std::size_t size_max_;
  duration wait_max_;
  std::vector<entry> waiting_;
  std::optional<time_point> first_; ///< The least `until`.
};

} // namespace tripool
