// The requests that wait in a pool: the more urgent first, and among equals the one whose time is over soonest, with an
// end to every wait. Equal times, which is what most callers give, leave in the order in which they came.
// What comes in order, as with equal times, stands in a line; what does not, in an ordered map. Both use their memory
// again, so that a queue that has been as long before allocates nothing.
// Every operation costs O(log n) at most, whatever the mix of deadlines. Decides nothing about full or overload.
// Knows nothing of connections. Used by pool_machine.
#pragma once

#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"
#include "tripool/core/util/ring.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace tripool {

/// A queue by priority and time. An entry expires at its deadline or `wait_max` after it entered, whichever is sooner.
class request_queue {
public:
  /// `wait_max`: the longest wait, counted from `request::queued_at`; zero leaves only the deadlines.
  explicit request_queue(duration wait_max) noexcept : wait_max_(wait_max) {}

  /// For what comes from now on.
  void set_wait_max(duration x) noexcept { wait_max_ = x; }
  /// Takes `r` behind those that expire at the same time. `r->queued_at` must be set.
  void push_back(request_ptr r);
  /// Takes `r` before those that expire at the same time.
  void push_front(request_ptr r);
  /// Returns the next one to be served and removes it. Precondition: not empty.
  request_ptr pop_front();
  /// Returns one that has expired at `now` and removes it, the soonest expired first; null when there is none.
  request_ptr pop_expired(time_point now);
  /// Returns the next one among the least urgent and removes it: the first to be shed. Precondition: not empty.
  request_ptr pop_least();
  /// Makes room for a more urgent one: returns the least urgent that has the most time left and removes it; null when
  /// none is less urgent.
  request_ptr displace(urgency by);
  /// Returns those that were taken back by their callers, in their order, and removes them. Looks at every entry.
  std::vector<request_ptr> take_cancelled() {
    return take_if([](const request& r) { return r.cancel_wanted(); });
  }
  /// Returns those of which `p` holds, in their order, and removes them. Looks at every entry.
  template <class P>
  std::vector<request_ptr> take_if(P p);
  /// Returns when the next entry expires.
  std::optional<time_point> next_expiry() const noexcept;

  /// Returns the next one to be served. Precondition: not empty.
  const request& front() const noexcept;
  /// Returns what `pop_least` would. Precondition: not empty.
  const request& least() const noexcept;
  /// Returns when the oldest entry came in. Precondition: not empty. Looks at every entry.
  time_point oldest() const noexcept;
  /// Calls `f` with each entry, in the order in which they are served, until it returns false.
  template <class F>
  void visit(F f) const {
    for (auto i = lanes_.rbegin(); i != lanes_.rend(); ++i)
      if (!visit(*i, f)) return;
  }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

private:
  struct place {
    time_point expires;
    std::int64_t serial = 0;
    friend auto operator<=>(const place&, const place&) = default;
  };
  struct standing {
    place at;
    request_ptr what;
  };
  using others = std::map<place, request_ptr>;
  /// Those of one priority. Each is in one of both; which of them is next, their fronts say.
  struct lane {
    ring<standing> line; ///< In order.
    others rest;
    bool empty() const noexcept { return line.empty() && rest.empty(); }
    /// Precondition of both: not empty.
    bool line_is_next() const noexcept {
      return rest.empty() || (!line.empty() && line.front().at < rest.begin()->first);
    }
    const place& next() const noexcept { return line_is_next() ? line.front().at : rest.begin()->first; }
    const request& front() const noexcept { return line_is_next() ? *line.front().what : *rest.begin()->second; }
  };

  void push(request_ptr r, std::int64_t serial);
  void push_aside(others& to, place at, request_ptr r);
  request_ptr take(others& from, others::iterator at);
  request_ptr take_front(lane& from);
  request_ptr take_back(lane& from);
  template <class F>
  static bool visit(const lane& x, F& f) {
    auto other = x.rest.begin();
    for (std::size_t i = 0; i < x.line.size(); ++i) {
      for (; other != x.rest.end() && other->first < x.line[i].at; ++other)
        if (!f(static_cast<const request&>(*other->second))) return false;
      if (!f(static_cast<const request&>(*x.line[i].what))) return false;
    }
    for (; other != x.rest.end(); ++other)
      if (!f(static_cast<const request&>(*other->second))) return false;
    return true;
  }

  duration wait_max_;
  std::array<lane, 3> lanes_; ///< By priority.
  std::vector<others::node_type> spare_;
  std::size_t size_ = 0;
  std::int64_t last_ = 0;  ///< Serials of those that came behind ...
  std::int64_t first_ = 0; ///< ... and before the others.
};

template <class P>
std::vector<request_ptr> request_queue::take_if(P p) {
  std::vector<request_ptr> out;
  std::vector<standing> left;
  for (auto from = lanes_.rbegin(); from != lanes_.rend(); ++from) {
    left.clear();
    for (auto n = from->line.size() + from->rest.size(); n > 0; --n) {
      const auto at = from->next();
      auto r = take_front(*from);
      if (p(static_cast<const request&>(*r))) {
        out.push_back(std::move(r));
      } else {
        left.push_back({at, std::move(r)});
      }
    }
    size_ += left.size();
    for (auto& x : left) from->line.push_back(std::move(x)); // In order now, all of them.
  }
  return out;
}

} // namespace tripool
