// The requests that wait in a pool: first come, first served, with an end to every wait.
// A linked list through numbered slots keeps the order, a binary heap over the same slots finds who expires next: every
// operation costs O(log n) at most, whatever the mix of deadlines. Decides nothing about full or overload.
// Knows nothing of connections. Used by pool_machine.
#pragma once

#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tripool {

/// A queue by arrival. An entry expires at its deadline or `wait_max` after it entered, whichever is sooner.
class request_queue {
public:
  /// `wait_max`: the longest wait, counted from `request::queued_at`; zero leaves only the deadlines.
  explicit request_queue(duration wait_max) noexcept : wait_max_(wait_max) {}

  /// Takes `r` at the end. `r->queued_at` must be set.
  void push_back(request_ptr r);
  /// Takes `r` before all others.
  void push_front(request_ptr r);
  /// Returns the oldest and removes it. Precondition: not empty.
  request_ptr pop_front();
  /// Returns one that has expired at `now` and removes it, the soonest expired first; null when there is none.
  request_ptr pop_expired(time_point now);
  /// Returns those that were taken back by their callers, in their order, and removes them. Looks at every entry.
  std::vector<request_ptr> take_cancelled();
  /// Returns when the next entry expires.
  std::optional<time_point> next_expiry() const noexcept;

  /// Returns the oldest entry. Precondition: not empty.
  const request& front() const noexcept;
  /// Calls `f` with each entry, the oldest first, until it returns false.
  template <class F>
  void visit(F f) const {
    for (auto i = head_; i != none && f(static_cast<const request&>(*slots_[i].held)); i = slots_[i].next) continue;
  }
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }

private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct slot {
    request_ptr held;
    time_point expires;
    std::uint32_t previous = none;
    std::uint32_t next = none;
    std::uint32_t heap_at = 0; ///< Where the heap refers to this slot.
  };

  std::uint32_t take_slot(request_ptr r);
  request_ptr remove(std::uint32_t index);
  bool sooner(std::uint32_t x, std::uint32_t y) const noexcept { return slots_[x].expires < slots_[y].expires; }
  void place(std::size_t at, std::uint32_t index) noexcept;
  void sift_up(std::size_t at) noexcept;
  void sift_down(std::size_t at) noexcept;

  duration wait_max_;
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> heap_; ///< Slot numbers, the soonest to expire first.
  std::uint32_t head_ = none;
  std::uint32_t tail_ = none;
};

} // namespace tripool
