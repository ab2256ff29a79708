// Which statement texts have proved to be quick: what decides whether a request may share a connection with others.
// A text is unproven until it has run quickly once, and again after it was slow, until it has been quick several times.
// Bounded: a fixed table, in which a newcomer may displace another, which is then unproven again and costs no more than
// a connection for itself. Knows no request and no clock. Used by a pool and its connections, on their one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tripool {

/// Names a text, or a batch's texts in their order, by its hash.
using pace_key = std::uint64_t;

/// Continues a key with one more text; the first one continues `pace_key{0}`.
pace_key pace_key_of(std::string_view text, pace_key before = 0) noexcept;

/// The book. Not thread-safe.
class pace_book {
public:
  /// How often a text that was slow must have been quick before it counts as quick again.
  static constexpr std::int8_t quick_after_slow = 8;

  /// `capacity`: about how many texts it remembers; rounded up to a power of two.
  explicit pace_book(std::size_t capacity = 4096);

  /// Whether the text has proved to be quick.
  bool quick(pace_key key) const noexcept;
  /// It has run quickly.
  void was_quick(pace_key key) noexcept;
  /// It has run slowly.
  void was_slow(pace_key key) noexcept;
  /// It, or another that ran with it, was slow: it has to prove itself again.
  void was_unclear(pace_key key) noexcept;

private:
  struct entry {
    pace_key key = 0;
    std::int8_t credit = 0; ///< Quick above 0.
  };

  entry& at(pace_key key) noexcept { return entries_[key & (entries_.size() - 1)]; }

  std::vector<entry> entries_;
};

} // namespace tripool
