// The types and formats of a result's first columns, side by side in little room: what reading a value asks for first.
// Knows nothing of values. Used by results and rows.
#pragma once

#include "tripool/core/statement/statement.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tripool {

/// The first columns, from the left. Those beyond `count_max` are left out: whoever wants them asks the result.
class column_shapes {
public:
  static constexpr std::size_t count_max = 16;

  /// Says nothing when there are `count_max` already.
  void add(std::uint32_t type, result_format format) noexcept {
    if (count_ == count_max) return;
    types_[count_] = type;
    if (format == result_format::binary) binary_ |= 1U << count_;
    ++count_;
  }

  std::size_t count() const noexcept { return count_; }
  /// The type's OID in the server. Precondition: `column < count()`.
  std::uint32_t type(std::size_t column) const noexcept { return types_[column]; }
  /// Precondition: `column < count()`.
  result_format format(std::size_t column) const noexcept {
    return (binary_ >> column & 1U) != 0 ? result_format::binary : result_format::text;
  }

private:
  std::uint32_t count_ = 0;
  std::uint32_t binary_ = 0; ///< A bit for each column.
  std::array<std::uint32_t, count_max> types_{};
};

} // namespace tripool
