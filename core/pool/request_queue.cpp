// The list and the heap over one set of slots.
#include "tripool/core/pool/request_queue.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

void request_queue::push_back(request_ptr r) {
  const auto i = take_slot(std::move(r));
  slots_[i].previous = tail_;
  slots_[i].next = none;
  (tail_ == none ? head_ : slots_[tail_].next) = i;
  tail_ = i;
}

void request_queue::push_front(request_ptr r) {
  const auto i = take_slot(std::move(r));
  slots_[i].previous = none;
  slots_[i].next = head_;
  (head_ == none ? tail_ : slots_[head_].previous) = i;
  head_ = i;
}

request_ptr request_queue::pop_front() {
  assert(!empty());
  return remove(head_);
}

request_ptr request_queue::pop_expired(time_point now) {
  if (heap_.empty() || slots_[heap_.front()].expires > now) return nullptr;
  return remove(heap_.front());
}

std::vector<request_ptr> request_queue::take_cancelled() {
  std::vector<request_ptr> out;
  for (auto i = head_; i != none;) {
    const auto next = slots_[i].next;
    if (slots_[i].held->cancel_wanted()) out.push_back(remove(i));
    i = next;
  }
  return out;
}

std::optional<time_point> request_queue::next_expiry() const noexcept {
  if (heap_.empty()) return std::nullopt;
  return slots_[heap_.front()].expires;
}

const request& request_queue::front() const noexcept {
  assert(!empty());
  return *slots_[head_].held;
}

std::uint32_t request_queue::take_slot(request_ptr r) {
  assert(r != nullptr);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto i = free_.back();
  free_.pop_back();
  auto& s = slots_[i];
  s.expires = r->deadline();
  if (wait_max_ > duration::zero()) s.expires = std::min(s.expires, r->queued_at + wait_max_);
  s.held = std::move(r);
  heap_.push_back(i);
  s.heap_at = static_cast<std::uint32_t>(heap_.size() - 1);
  sift_up(heap_.size() - 1);
  return i;
}

request_ptr request_queue::remove(std::uint32_t index) {
  auto& s = slots_[index];
  (s.previous == none ? head_ : slots_[s.previous].next) = s.next;
  (s.next == none ? tail_ : slots_[s.next].previous) = s.previous;
  const std::size_t at = s.heap_at;
  const auto last = heap_.back();
  heap_.pop_back();
  if (last != index) {
    place(at, last);
    sift_up(at);
    sift_down(slots_[last].heap_at);
  }
  free_.push_back(index);
  return std::exchange(s.held, nullptr);
}

void request_queue::place(std::size_t at, std::uint32_t index) noexcept {
  heap_[at] = index;
  slots_[index].heap_at = static_cast<std::uint32_t>(at);
}

void request_queue::sift_up(std::size_t at) noexcept {
  const auto moving = heap_[at];
  while (at > 0) {
    const auto parent = (at - 1) / 2;
    if (!sooner(moving, heap_[parent])) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, moving);
}

void request_queue::sift_down(std::size_t at) noexcept {
  const auto moving = heap_[at];
  for (;;) {
    auto child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && sooner(heap_[child + 1], heap_[child])) ++child;
    if (!sooner(heap_[child], moving)) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, moving);
}

} // namespace tripool
