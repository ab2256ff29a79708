// The decoders behind the codecs: from the bytes that a server sent, in text or binary format, to a number, a text or
// bytes. Each accepts the server types from which nothing is lost, and refuses the others by name.
// Knows nothing of columns and rows. Used by codec.hpp.
#pragma once

#include "tripool/core/codec/decode_error.hpp"
#include "tripool/core/statement/parameter.hpp"
#include "tripool/core/statement/statement.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

class type_catalogue;

/// One value that is not NULL, as the server sent it. Views the result that it lies in.
struct encoded_value {
  std::string_view data;
  std::uint32_t type = 0; ///< The type's OID in the server.
  result_format format = result_format::text;
  const type_catalogue* types = nullptr; ///< Of the database that it came from, where at hand.
};

/// An integer of any width up to 64 bits, signed or not.
struct wide_integer {
  std::uint64_t magnitude = 0;
  bool negative = false; ///< False for zero.

  /// Whether `T` can hold it.
  template <std::integral T>
  constexpr bool fits() const noexcept {
    const auto max = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    if (!negative) return magnitude <= max;
    return std::signed_integral<T> && magnitude <= max + 1;
  }
  /// Precondition: `fits<T>()`.
  template <std::integral T>
  constexpr T as() const noexcept {
    return static_cast<T>(negative ? std::uint64_t{0} - magnitude : magnitude);
  }
};

/// "int4 cannot be read as std::string": the type itself is refused.
decode_error wrong_type(const encoded_value& x, std::string_view wanted);
/// "a value of int8 does not fit std::int16_t".
decode_error does_not_fit(const encoded_value& x, std::string_view wanted);
/// "date cannot be read as ... in text format: ask for result_format::binary".
decode_error text_refused(const encoded_value& x, std::string_view wanted);
/// "malformed int4 (3 bytes in binary format)": the server or the type's OID is not what it seems.
decode_error malformed(const encoded_value& x);
/// "NULL of int4 cannot be read as std::int32_t: ask for a std::optional".
decode_error null_refused(std::uint32_t type, std::string_view wanted, const type_catalogue* types = nullptr);
/// The type's name for people, from the catalogue where it is at hand.
std::string type_name_of(std::uint32_t type, const type_catalogue* types);
/// What a domain restricts, so that its values are read as such; other types are themselves.
std::uint32_t base_type_of(std::uint32_t type, const type_catalogue* types) noexcept;

/// Reads bool.
decoded<bool> decode_bool(const encoded_value& x);
/// Reads int2, int4, int8, oid, xid, cid, xid8, and numeric when it has no fraction. `wanted` names the C++ type in
/// errors.
decoded<wide_integer> decode_integer(const encoded_value& x, std::string_view wanted);
/// Reads float4; int2, which is exact.
decoded<float> decode_float(const encoded_value& x);
/// Reads float4, float8; integers up to 2^53, which are exact; numeric, rounded to the nearest double.
decoded<double> decode_double(const encoded_value& x);
/// Views any type in text format; in binary format the types whose binary form is their text (text, varchar, json,
/// jsonb ...).
decoded<std::string_view> decode_text_view(const encoded_value& x, std::string_view wanted);
/// As decode_text_view; in binary format also bool, integers, floating point, numeric, uuid and void, rendered as the
/// server does.
decoded<std::string> decode_text(const encoded_value& x);
/// Reads bytea, in text format both as hex and as escape.
decoded<bytes> decode_bytes(const encoded_value& x);

/// Reads one byte: "char", or a text of one byte.
decoded<char> decode_character(const encoded_value& x);

/// The text form of a numeric in binary format, exact; nothing when malformed.
std::optional<std::string> numeric_to_text(std::string_view data);

} // namespace tripool
