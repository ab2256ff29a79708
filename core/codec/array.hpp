// The codecs of arrays: std::vector for one dimension, tripool::array for any, of all elements that have a codec.
// Read in binary only. Knows nothing of rows. Used by callers who ask for or send arrays.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/codec/joined.hpp"
#include "tripool/core/codec/reader.hpp"
#include "tripool/core/types/array.hpp"

#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tripool {

namespace detail {

/// What stands in front of an array's elements.
struct array_header {
  std::vector<array_dimension> dimensions; ///< Empty for the empty array and for one of one dimension, see `length`.
  std::size_t count = 0;                   ///< Of elements.
  std::size_t rank = 0;                    ///< Number of dimensions.
  std::uint32_t element = 0;               ///< The elements' type.
};

/// Reads the header. `keep` asks for the dimensions. Errors: no array, malformed, text format.
decoded<array_header> read_array_header(const encoded_value& x, byte_reader& from, bool keep, std::string_view wanted);
/// "element 3: ...".
decode_error in_element(std::size_t at, decode_error&& why);
/// Notes what is wrong with the dimensions of an array that is to be sent.
void check_dimensions(const std::vector<array_dimension>& dimensions, std::size_t elements, encoder& to);

template <class T>
struct element_type {
  using type = T;
};
template <class T>
struct element_type<std::optional<T>> {
  using type = T;
};

/// The type behind std::optional.
template <class T>
using without_optional = typename element_type<T>::type;

/// The type of a member of an array, a composite or a range: one with a codec, and perhaps NULL.
template <class T>
concept encodable_member = encodable<without_optional<T>>;

/// Appends a nested value with its length in front.
template <encodable_member T>
void encode_member(const T& x, encoder& to) {
  const auto place = to.begin_value();
  codec<T>::encode(x, to);
  to.end_value(place);
}

template <encodable_member T>
void encode_member(const std::optional<T>& x, encoder& to) {
  if (x)
    encode_member(*x, to);
  else
    to.put_null();
}

template <class T>
decoded<std::vector<T>> read_elements(const encoded_value& x, byte_reader& from, const array_header& header) {
  std::vector<T> out;
  out.reserve(header.count);
  for (std::size_t i = 0; i < header.count; ++i) {
    const auto cell = from.take_value();
    if (from.failed()) return unexpected{malformed(x)};
    auto element = decode_cell<T>(cell, header.element, result_format::binary, x.types);
    if (!element) return unexpected{in_element(i, std::move(element).error())};
    out.push_back(std::move(*element));
  }
  if (!from.done()) return unexpected{malformed(x)};
  return out;
}

template <class T>
void put_elements(const std::vector<T>& elements, encoder& to) {
  for (const auto& element : elements) encode_member(element, to);
}

inline void put_elements(const std::vector<bool>& elements, encoder& to) {
  for (const bool element : elements) encode_member(element, to);
}

template <class T>
bool has_null(const std::vector<T>&) noexcept {
  return false;
}

template <class T>
bool has_null(const std::vector<std::optional<T>>& elements) noexcept {
  for (const auto& x : elements) {
    if (!x) return true;
  }
  return false;
}

/// Dimensions, whether there are NULLs, and the type of the elements.
template <class T>
void put_array_header(std::size_t rank, const std::vector<T>& elements, encoder& to) {
  to.put32(static_cast<std::uint32_t>(rank));
  to.put32(has_null(elements) ? 1 : 0);
  to.put32(codec<without_optional<T>>::oid);
}

/// The array type of elements of a type.
template <class T>
struct array_type {
  static constexpr std::uint32_t oid = 0;
};

template <encodable T>
struct array_type<T> {
  static constexpr std::uint32_t oid = server_type::array_of(codec<T>::oid);
};

/// The name of the array type of elements found by name.
template <class T>
constexpr std::string_view array_type_name() noexcept {
  if constexpr (requires { codec<T>::type_name; } && array_type<T>::oid == 0)
    return joined<codec<T>::type_name, array_suffix>::value;
  else
    return {};
}

/// An element of an array: no array itself, and no byte, as those make a bytea.
template <class T>
concept array_element = decodable<T> || encodable_member<T>;

} // namespace detail

/// An array of one dimension. Its lower bound is not kept when it is read, and is 1 when it is sent.
template <detail::array_element T>
struct codec<std::vector<T>> {
  using element = detail::without_optional<T>;
  static constexpr std::string_view name = detail::joined<detail::vector_opens, codec<T>::name, detail::closes>::value;
  static constexpr std::uint32_t oid = detail::array_type<element>::oid;
  static constexpr std::string_view type_name = detail::array_type_name<element>();
  static decoded<std::vector<T>> decode(const encoded_value& x) requires decodable<T> {
    byte_reader from{x.data};
    const auto header = detail::read_array_header(x, from, false, name);
    if (!header) return unexpected{header.error()};
    if (header->rank > 1) {
      auto out = wrong_type(x, name);
      out.message += ": it has " + std::to_string(header->rank) + " dimensions; ask for a tripool::array";
      return unexpected{std::move(out)};
    }
    return detail::read_elements<T>(x, from, *header);
  }
  static void encode(const std::vector<T>& x, encoder& to) requires detail::encodable_member<T> {
    detail::put_array_header(x.empty() ? 0 : 1, x, to);
    if (x.empty()) return;
    if (x.size() > std::numeric_limits<std::int32_t>::max()) return to.fail("54000", "has too many elements");
    to.put32(static_cast<std::uint32_t>(x.size()));
    to.put32(1);
    detail::put_elements(x, to);
  }
};

/// An array of any dimensions, with its bounds.
template <detail::array_element T>
struct codec<array<T>> {
  using element = detail::without_optional<T>;
  static constexpr std::string_view name = detail::joined<detail::array_opens, codec<T>::name, detail::closes>::value;
  static constexpr std::uint32_t oid = detail::array_type<element>::oid;
  static constexpr std::string_view type_name = detail::array_type_name<element>();
  static decoded<array<T>> decode(const encoded_value& x) requires decodable<T> {
    byte_reader from{x.data};
    auto header = detail::read_array_header(x, from, true, name);
    if (!header) return unexpected{std::move(header).error()};
    auto elements = detail::read_elements<T>(x, from, *header);
    if (!elements) return unexpected{std::move(elements).error()};
    return array<T>{std::move(header->dimensions), std::move(*elements)};
  }
  static void encode(const array<T>& x, encoder& to) requires detail::encodable_member<T> {
    detail::check_dimensions(x.dimensions, x.elements.size(), to);
    detail::put_array_header(x.dimensions.size(), x.elements, to);
    for (const auto& dimension : x.dimensions) {
      to.put32(static_cast<std::uint32_t>(dimension.length));
      to.put32(static_cast<std::uint32_t>(dimension.lower_bound));
    }
    detail::put_elements(x.elements, to);
  }
};

} // namespace tripool
