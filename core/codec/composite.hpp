// The codecs of composite types: std::tuple for any row value, by position; and structs that their user maps:
//
//   template <> struct tripool::composite<address> {
//     static constexpr std::string_view type_name = "address"; // as created: "public.address" says the schema, too
//   };
//
// Members in the order of the type's attributes; each must be sent as exactly its attribute's type (a varchar as
// tripool::varchar). Read in binary only. Knows nothing of rows. Used by callers who map composites.
#pragma once

#include "tripool/core/codec/array.hpp"
#include "tripool/core/codec/codec.hpp"
#include "tripool/core/codec/reader.hpp"
#include "tripool/core/result/mapping.hpp"

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace tripool {

namespace detail {

/// Reads the number of attributes. Errors: no composite, another number than `wanted_size`, text format.
decoded<std::size_t> read_composite_header(const encoded_value& x, byte_reader& from, std::size_t wanted_size,
                                           std::string_view wanted);
/// "attribute 3: ...".
decode_error in_attribute(std::size_t at, decode_error&& why);

template <class T>
bool read_attribute(const encoded_value& x, byte_reader& from, std::size_t at, T& into,
                    std::optional<decode_error>& error) {
  const auto type = from.take32();
  const auto cell = from.take_value();
  if (from.failed()) {
    error = malformed(x);
    return false;
  }
  auto value = decode_cell<T>(cell, type, result_format::binary, x.types);
  if (value)
    into = std::move(*value);
  else
    error = in_attribute(at, std::move(value).error());
  return !error;
}

/// Reads the attributes into a tuple, or a tuple of references.
template <class Tuple, std::size_t... Is>
std::optional<decode_error> read_attributes(const encoded_value& x, Tuple& into, std::string_view wanted,
                                            std::index_sequence<Is...>) {
  byte_reader from{x.data};
  const auto header = read_composite_header(x, from, sizeof...(Is), wanted);
  if (!header) return header.error();
  std::optional<decode_error> error;
  static_cast<void>((read_attribute(x, from, Is, std::get<Is>(into), error) && ...));
  if (!error && !from.done()) error = malformed(x);
  return error;
}

template <class T>
void put_attribute(const T& x, encoder& to) {
  to.put32(codec<without_optional<T>>::oid);
  encode_member(x, to);
}

template <class Tuple, std::size_t... Is>
void put_attributes(const Tuple& x, encoder& to, std::index_sequence<Is...>) {
  to.put32(static_cast<std::uint32_t>(sizeof...(Is)));
  (put_attribute(std::get<Is>(x), to), ...);
}

} // namespace detail

/// A row value. As a parameter the server must know its type: $1::address.
template <decodable... Ts>
struct codec<std::tuple<Ts...>> {
  static constexpr std::string_view name = "std::tuple";
  static constexpr std::uint32_t oid = 0;
  static decoded<std::tuple<Ts...>> decode(const encoded_value& x) {
    std::tuple<Ts...> out{};
    if (auto error = detail::read_attributes(x, out, name, std::index_sequence_for<Ts...>{}))
      return unexpected{std::move(*error)};
    return out;
  }
  static void encode(const std::tuple<Ts...>& x, encoder& to) requires(detail::encodable_member<Ts>&&...) {
    detail::put_attributes(x, to, std::index_sequence_for<Ts...>{});
  }
};

template <mapped_composite T>
struct codec<T> {
  using members = decltype(detail::members_of(std::declval<T&>()));
  static constexpr std::string_view name = composite<T>::type_name;
  static constexpr std::uint32_t oid = 0;
  static constexpr std::string_view type_name = composite<T>::type_name;
  static decoded<T> decode(const encoded_value& x) {
    T out{};
    auto parts = detail::members_of(out);
    if (auto error = detail::read_attributes(x, parts, name, indices())) return unexpected{std::move(*error)};
    return out;
  }
  static void encode(const T& x, encoder& to) {
    // The references are only read from.
    detail::put_attributes(detail::members_of(const_cast<T&>(x)), to, indices());
  }

private:
  static constexpr auto indices() noexcept { return std::make_index_sequence<std::tuple_size_v<members>>{}; }
};

} // namespace tripool
