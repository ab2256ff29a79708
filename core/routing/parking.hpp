// The waiting room of the monitor: requests that no pool can serve at the moment, for example writes between the death
// of a primary and the promotion of a standby. Bounded in number and in time; who waits too long hears what was tried.
// What is on its way to the monitor stands here, too, so that its deadline is seen to even if the monitor is silent.
// Knows no clock and no pool. Used by the monitor, by those who hand requests to it, and by the delegate.
#pragma once

#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tripool {

/// Requests that wait for any pool to serve them, in the order of their arrival; and those that have been handed in for
/// the monitor to find them a place, at most as many while it does not take them.
class parking {
public:
  /// At most `size_max` requests wait, each for at most `wait_max` and never beyond its deadline.
  parking(std::size_t size_max, duration wait_max);

  /// Takes a request in, with the failure that it brings from its last pool (its `why` is `none` when it has been to
  /// none). Gives it back, its failure completed for the caller, when it has no time left or the room is full.
  std::optional<moved_request> add(moved_request x, const routing_table& t, time_point now);

  /// Lays down what the monitor is to find a place for. Returns its ticket, greater than all before: the monitor is
  /// told of it, and takes what was handed in up to there. Once closed, it takes nothing: they answer for themselves.
  std::uint64_t hand_in(std::vector<moved_request> all, time_point now);
  std::vector<moved_request> take_handed(std::uint64_t ticket);
  /// Returns, and forgets, what is there beyond as many as may wait, the youngest, with the failure for their callers.
  /// To be called when whoever places them has had its turn since this ticket, and has left them.
  std::vector<moved_request> shed_handed(std::uint64_t ticket, const routing_table& t, time_point now);
  /// Whether more have been handed in than may wait.
  bool overfull() const noexcept;
  /// The last ticket.
  std::uint64_t ticket() const noexcept { return tickets_; }

  /// Returns, and forgets, those that wait and that `routable` accepts, oldest first.
  std::vector<moved_request> take_routable(const std::function<bool(const request&)>& routable);
  /// Returns, and forgets, those that wait and whose time is over, with the failure that their callers are to hear.
  std::vector<moved_request> expire(const routing_table& t, time_point now);
  /// The same for all, waiting or handed in, whose time has been over for so long.
  std::vector<moved_request> expire_left(const routing_table& t, time_point now, duration late);
  /// Returns, and forgets, all, waiting or handed in: when there is no monitor.
  std::vector<moved_request> take_all();
  /// Forgets all, for ever: when there will be none any more.
  void close();

  /// When `expire` is next needed, or nothing when nobody waits.
  std::optional<time_point> next_wake() const noexcept { return waiting_.first; }
  /// The same for `expire_left`, when nobody is here.
  std::optional<time_point> next_left(duration late) const noexcept;
  /// Of those that wait.
  std::size_t size() const noexcept { return waiting_.all.size(); }
  bool empty() const noexcept { return waiting_.all.empty(); }
  /// Whether nobody is here, waiting or handed in.
  bool idle() const noexcept { return waiting_.all.empty() && handed_.all.empty(); }

private:
  struct entry {
    moved_request what;
    time_point since;
    time_point until;
    std::uint64_t ticket = 0; ///< Of what was handed in.
  };
  struct line {
    std::vector<entry> all{};
    std::optional<time_point> first{}; ///< The least `until`.

    void add(entry x);
    /// Returns, and forgets, those that `which` accepts, in their order.
    template <class Which>
    std::vector<entry> take(Which which);
  };
  moved_request verdict(entry x, const routing_table& t, time_point now) const;
  void expire(line& from, const routing_table& t, time_point now, duration late, std::vector<moved_request>& out) const;

  std::size_t size_max_;
  duration wait_max_;
  line waiting_;
  line handed_; ///< By ticket.
  std::uint64_t tickets_ = 0;
  bool closed_ = false;
};

} // namespace tripool
