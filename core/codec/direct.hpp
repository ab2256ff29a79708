// Reading values that are in the very form of the C++ type: of the server's type that it stands for, in binary, of the
// right width, in range. Nearly all values are; they are read in line, and no error is made ready for them. All others
// are left to the decoders, which know every form and say why a value cannot be read.
// Knows nothing of rows. Used by the codecs.
#pragma once

#include "tripool/core/codec/decode.hpp"
#include "tripool/core/codec/server_type.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tripool::detail {

/// So many bytes in network order. Precondition: there are as many.
template <std::unsigned_integral T>
inline T load(std::string_view x) noexcept {
  T out = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) out = static_cast<T>(out << 8U | static_cast<unsigned char>(x[i]));
  return out;
}

/// Whether a value is of that type, in binary and of that many bytes.
[[gnu::always_inline]] inline bool is_plain(const encoded_value& x, std::uint32_t type, std::size_t size) noexcept {
  return x.type == type && x.format == result_format::binary && x.data.size() == size;
}

/// Reads int4, int8 and int2 that fit.
template <std::integral T>
[[gnu::always_inline]] inline bool direct_integer(const encoded_value& x, T& into) noexcept {
  std::int64_t wide = 0;
  if (is_plain(x, server_type::int4, 4))
    wide = static_cast<std::int32_t>(load<std::uint32_t>(x.data));
  else if (is_plain(x, server_type::int8, 8))
    wide = static_cast<std::int64_t>(load<std::uint64_t>(x.data));
  else if (is_plain(x, server_type::int2, 2))
    wide = static_cast<std::int16_t>(load<std::uint16_t>(x.data));
  else
    return false;
  if (!std::in_range<T>(wide)) return false;
  into = static_cast<T>(wide);
  return true;
}

[[gnu::always_inline]] inline bool direct_bool(const encoded_value& x, bool& into) noexcept {
  if (!is_plain(x, server_type::bool_, 1) || static_cast<unsigned char>(x.data[0]) > 1) return false;
  into = x.data[0] != 0;
  return true;
}

[[gnu::always_inline]] inline bool direct_float(const encoded_value& x, float& into) noexcept {
  if (!is_plain(x, server_type::float4, 4)) return false;
  into = std::bit_cast<float>(load<std::uint32_t>(x.data));
  return true;
}

[[gnu::always_inline]] inline bool direct_double(const encoded_value& x, double& into) noexcept {
  if (!is_plain(x, server_type::float8, 8)) return false;
  into = std::bit_cast<double>(load<std::uint64_t>(x.data));
  return true;
}

/// Whether the bytes are the value's text, whatever the type: in text format, and of the types of characters.
inline bool is_bare_text(const encoded_value& x) noexcept {
  return x.format == result_format::text || x.type == server_type::text || x.type == server_type::varchar
         || x.type == server_type::bpchar;
}

} // namespace tripool::detail
