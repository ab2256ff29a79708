// A queue with two ends in one piece of memory, which it keeps: a queue that has been as long before allocates nothing.
// Knows nothing of what it holds. Used by request_queue.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace tripool {

/// The queue. A place that is free holds a `T{}`. References are valid until something is put in.
template <class T>
class ring {
public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// The `i`th from the front. Precondition: `i` < `size()`; the same for the others: not empty.
  T& operator[](std::size_t i) noexcept { return places_[place(i)]; }
  const T& operator[](std::size_t i) const noexcept { return places_[place(i)]; }
  const T& front() const noexcept { return (*this)[0]; }
  const T& back() const noexcept { return (*this)[size_ - 1]; }

  void push_back(T x) {
    make_room();
    places_[place(size_++)] = std::move(x);
  }
  void push_front(T x) {
    make_room();
    first_ = place(places_.size() - 1);
    ++size_;
    places_[first_] = std::move(x);
  }
  T pop_front() noexcept {
    assert(!empty());
    auto out = std::exchange(places_[first_], T{});
    first_ = place(1);
    --size_;
    return out;
  }
  T pop_back() noexcept {
    assert(!empty());
    return std::exchange(places_[place(--size_)], T{});
  }

private:
  /// The number of places is a power of two.
  std::size_t place(std::size_t i) const noexcept { return (first_ + i) & (places_.size() - 1); }

  void make_room() {
    if (size_ < places_.size()) return;
    std::vector<T> more(std::bit_ceil(size_ + 1 < places_min ? places_min : size_ + 1));
    for (std::size_t i = 0; i < size_; ++i) more[i] = std::move(places_[place(i)]);
    places_.swap(more);
    first_ = 0;
  }

  static constexpr std::size_t places_min = 8;

  std::vector<T> places_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

} // namespace tripool
