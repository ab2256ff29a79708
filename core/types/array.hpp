// An array of any number of dimensions, with the bounds that the server keeps for each. One of one dimension whose
// bounds do not matter is more easily a std::vector.
// Knows nothing of results and parameters: its codec is in codec/array.hpp. Used by callers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tripool {

/// One dimension of an array.
struct array_dimension {
  std::int32_t length = 0;
  std::int32_t lower_bound = 1; ///< The index of the first element.
  friend bool operator==(const array_dimension&, const array_dimension&) = default;
};

/// The most dimensions that the server allows.
inline constexpr std::size_t array_dimensions_max = 6;

/// An array. Elements that may be NULL are std::optional. The empty array has no dimensions.
template <class T>
struct array {
  std::vector<array_dimension> dimensions{};
  std::vector<T> elements{}; ///< The last dimension runs fastest; as many as the lengths multiply to.
  friend bool operator==(const array&, const array&) = default;
};

} // namespace tripool
