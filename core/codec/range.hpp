// The codecs of ranges and multiranges, of all bounds that have a codec. Read in binary only.
// Knows nothing of rows. Used by callers who ask for or send ranges.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/codec/joined.hpp"
#include "tripool/core/codec/reader.hpp"
#include "tripool/core/types/range.hpp"

#include <optional>
#include <utility>

namespace tripool {

namespace detail {

/// The flags in front of a range's bounds (src/include/utils/rangetypes.h).
inline constexpr std::uint8_t range_empty = 0x01;
inline constexpr std::uint8_t range_lower_inclusive = 0x02;
inline constexpr std::uint8_t range_upper_inclusive = 0x04;
inline constexpr std::uint8_t range_lower_infinite = 0x08;
inline constexpr std::uint8_t range_upper_infinite = 0x10;

/// Why a value cannot be read as a range or multirange, or nothing.
std::optional<decode_error> refuse_range(const encoded_value& x, bool multi, std::string_view wanted);

/// The type of the bounds: that of a built-in range, or what `T` is sent as.
template <class T>
std::uint32_t bound_type(const encoded_value& x) noexcept {
  if (const auto built_in = server_type::bound_of(x.type)) return built_in;
  if constexpr (encodable<T>)
    return codec<T>::oid;
  else
    return 0;
}

template <class T>
decoded<std::optional<T>> read_bound(const encoded_value& x, byte_reader& from) {
  const auto cell = from.take_value();
  if (from.failed() || !cell) return unexpected{malformed(x)};
  auto out = decode_cell<T>(cell, bound_type<T>(x), result_format::binary, x.types);
  if (!out) return unexpected{std::move(out).error()};
  return std::optional<T>{std::move(*out)};
}

template <class T>
decoded<range<T>> read_range(const encoded_value& x, byte_reader& from) {
  const auto flags = from.take8();
  if (from.failed()) return unexpected{malformed(x)};
  if (flags & range_empty) return range<T>{};
  decoded<std::optional<T>> lower{std::optional<T>{}};
  decoded<std::optional<T>> upper{std::optional<T>{}};
  if (!(flags & range_lower_infinite)) lower = read_bound<T>(x, from);
  if (!lower) return unexpected{std::move(lower).error()};
  if (!(flags & range_upper_infinite)) upper = read_bound<T>(x, from);
  if (!upper) return unexpected{std::move(upper).error()};
  return range<T>{std::move(*lower), std::move(*upper), (flags & range_lower_inclusive) != 0,
                  (flags & range_upper_inclusive) != 0};
}

template <class T>
void put_bound(const std::optional<T>& x, encoder& to) {
  if (!x) return;
  const auto place = to.begin_value();
  codec<T>::encode(*x, to);
  to.end_value(place);
}

} // namespace detail

template <decodable T>
struct codec<range<T>> {
  static constexpr std::string_view name = detail::joined<detail::range_opens, codec<T>::name, detail::closes>::value;
  static constexpr std::uint32_t oid = [] {
    if constexpr (encodable<T>)
      return server_type::ranges_of(codec<T>::oid).range;
    else
      return std::uint32_t{0};
  }();
  static decoded<range<T>> decode(const encoded_value& x) {
    if (auto why = detail::refuse_range(x, false, name)) return unexpected{std::move(*why)};
    byte_reader from{x.data};
    auto out = detail::read_range<T>(x, from);
    if (out && !from.done()) return unexpected{malformed(x)};
    return out;
  }
  static void encode(const range<T>& x, encoder& to) requires encodable<T> {
    unsigned flags = 0;
    if (x.empty()) {
      flags = detail::range_empty;
    } else {
      if (x.lower_inclusive()) flags |= detail::range_lower_inclusive;
      if (x.upper_inclusive()) flags |= detail::range_upper_inclusive;
      if (!x.lower()) flags |= detail::range_lower_infinite;
      if (!x.upper()) flags |= detail::range_upper_infinite;
    }
    to.put8(static_cast<std::uint8_t>(flags));
    detail::put_bound(x.lower(), to);
    detail::put_bound(x.upper(), to);
  }
};

template <decodable T>
struct codec<multirange<T>> {
  static constexpr std::string_view name =
    detail::joined<detail::multirange_opens, codec<T>::name, detail::closes>::value;
  static constexpr std::uint32_t oid = [] {
    if constexpr (encodable<T>)
      return server_type::ranges_of(codec<T>::oid).multirange;
    else
      return std::uint32_t{0};
  }();
  static decoded<multirange<T>> decode(const encoded_value& x) {
    if (auto why = detail::refuse_range(x, true, name)) return unexpected{std::move(*why)};
    byte_reader from{x.data};
    multirange<T> out;
    const auto count = from.take32();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto part = from.take_value();
      if (from.failed() || !part) return unexpected{malformed(x)};
      byte_reader inside{*part};
      auto one = detail::read_range<T>(x, inside);
      if (!one) return unexpected{std::move(one).error()};
      if (!inside.done()) return unexpected{malformed(x)};
      out.ranges.push_back(std::move(*one));
    }
    if (!from.done()) return unexpected{malformed(x)};
    return out;
  }
  static void encode(const multirange<T>& x, encoder& to) requires encodable<T> {
    to.put32(static_cast<std::uint32_t>(x.ranges.size()));
    for (const auto& one : x.ranges) {
      const auto place = to.begin_value();
      codec<range<T>>::encode(one, to);
      to.end_value(place);
    }
  }
};

} // namespace tripool
