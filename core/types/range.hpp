// A range between two bounds, and a set of ranges.
// Knows nothing of results and parameters: the codecs are in codec/range.hpp. Used by callers.
#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace tripool {

/// A range. Made by its functions, so that an empty one and the infinite bounds are said by name.
template <class T>
class range {
public:
  /// The empty range.
  range() = default;
  /// The usual range: with its lower bound, without its upper one. Nothing is no bound.
  range(std::optional<T> lower, std::optional<T> upper, bool lower_inclusive = true, bool upper_inclusive = false)
    : empty_(false),
      lower_inclusive_(lower && lower_inclusive),
      upper_inclusive_(upper && upper_inclusive),
      lower_(std::move(lower)),
      upper_(std::move(upper)) {}

  bool empty() const noexcept { return empty_; }
  /// Nothing when the range is empty or has no lower bound.
  const std::optional<T>& lower() const noexcept { return lower_; }
  const std::optional<T>& upper() const noexcept { return upper_; }
  bool lower_inclusive() const noexcept { return lower_inclusive_; }
  bool upper_inclusive() const noexcept { return upper_inclusive_; }

  /// Compares what is written: the server brings ranges of whole numbers and days to the form [lower, upper).
  friend bool operator==(const range&, const range&) = default;

private:
  bool empty_ = true;
  bool lower_inclusive_ = false;
  bool upper_inclusive_ = false;
  std::optional<T> lower_;
  std::optional<T> upper_;
};

/// Ranges as the server keeps them: in order, without gaps of nothing and overlaps.
template <class T>
struct multirange {
  std::vector<range<T>> ranges{};
  friend bool operator==(const multirange&, const multirange&) = default;
};

} // namespace tripool
