// Walking over the rows of a result, which are made on the fly. What gives a row is defined in row.hpp.
// Knows nothing of values. Used by results.
#pragma once

#include "tripool/core/result/result.hpp"

#include <compare>
#include <cstddef>
#include <iterator>
#include <utility>

namespace tripool {

/// Walks over the rows of a result; random access.
class row_iterator {
public:
  using iterator_concept = std::random_access_iterator_tag;
  using iterator_category = std::input_iterator_tag; // Rows are made on the fly: no reference to them can be given.
  using value_type = row;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = row;

  row_iterator() = default;
  row_iterator(const result_data* data, std::size_t index) noexcept : data_(data), index_(index) {}

  row operator*() const noexcept;
  row operator[](difference_type n) const noexcept;
  row_iterator& operator++() noexcept { return *this += 1; }
  row_iterator& operator--() noexcept { return *this -= 1; }
  row_iterator operator++(int) noexcept { return std::exchange(*this, *this + 1); }
  row_iterator operator--(int) noexcept { return std::exchange(*this, *this - 1); }
  row_iterator& operator+=(difference_type n) noexcept {
    index_ += static_cast<std::size_t>(n);
    return *this;
  }
  row_iterator& operator-=(difference_type n) noexcept { return *this += -n; }
  friend row_iterator operator+(row_iterator x, difference_type n) noexcept { return x += n; }
  friend row_iterator operator+(difference_type n, row_iterator x) noexcept { return x += n; }
  friend row_iterator operator-(row_iterator x, difference_type n) noexcept { return x -= n; }
  friend difference_type operator-(const row_iterator& a, const row_iterator& b) noexcept {
    return static_cast<difference_type>(a.index_) - static_cast<difference_type>(b.index_);
  }
  friend bool operator==(const row_iterator& a, const row_iterator& b) noexcept { return a.index_ == b.index_; }
  friend auto operator<=>(const row_iterator& a, const row_iterator& b) noexcept { return a.index_ <=> b.index_; }

private:
  const result_data* data_ = nullptr;
  std::size_t index_ = 0;
};

} // namespace tripool
