// How a value of a result becomes a C++ value, and a C++ value a parameter: one small trait for each C++ type. Here are
// the plain ones; the other families have headers of their own, and all.hpp has all. User types specialise it:
//
//   template <> struct tripool::codec<money> {
//     static constexpr std::string_view name = "money";
//     static decoded<money> decode(const encoded_value& x);   // and, where NULL has a meaning: static money null();
//     static constexpr std::uint32_t oid = codec<std::int64_t>::oid; // of a type found by name: 0, and a `type_name`
//     static void encode(const money& x, encoder& to) { codec<std::int64_t>::encode(x.cents, to); }
//   };
//
// Knows nothing of rows. Used by rows, results and parameters.
#pragma once

#include "tripool/core/codec/decode.hpp"
#include "tripool/core/codec/direct.hpp"
#include "tripool/core/codec/encoder.hpp"
#include "tripool/core/codec/server_type.hpp"

#include <bit>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tripool {

// To be read, a codec has `name`, for errors; `decode`, whose errors speak of the value only (column and row are added
// by the caller); and `null` where a `T` can stand for NULL. It may also have `direct`, the quick way: it reads what is
// in the very form of `T`, just as `decode` does, and returns false for all else, which is then given to `decode`.
// To be sent it has `oid` (0 and `type_name` for a type found by name), and `encode`, which calls `encoder::fail` for
// what the type cannot represent.

/// A type that a column can be read as.
template <class T>
concept decodable = requires(const encoded_value& x) {
  { codec<T>::decode(x) } -> std::same_as<decoded<T>>;
  { codec<T>::name } -> std::convertible_to<std::string_view>;
};

/// A type that can stand for NULL, such as std::optional.
template <class T>
concept nullable = decodable<T> && requires {
  { codec<T>::null() } -> std::same_as<T>;
};

/// A type with values that are read without judging them first. `direct` is asked before the type that a domain stands
/// for is known, and without the types of the database.
template <class T>
concept directly_decodable = decodable<T> && requires(const encoded_value& x, T& into) {
  requires std::default_initializable<T>;
  { codec<T>::direct(x, into) } -> std::same_as<bool>;
};

namespace detail {

template <class T>
inline constexpr bool is_character = false;
template <>
inline constexpr bool is_character<char> = true;
template <>
inline constexpr bool is_character<wchar_t> = true;
template <>
inline constexpr bool is_character<char8_t> = true;
template <>
inline constexpr bool is_character<char16_t> = true;
template <>
inline constexpr bool is_character<char32_t> = true;

} // namespace detail

/// An integer as a number: no bool and no character.
template <class T>
concept plain_integer = std::integral<T> && !std::same_as<T, bool> && !detail::is_character<T>;

template <>
struct codec<bool> {
  static constexpr std::string_view name = "bool";
  static constexpr std::uint32_t oid = server_type::bool_;
  static decoded<bool> decode(const encoded_value& x) { return decode_bool(x); }
  [[gnu::always_inline]] static bool direct(const encoded_value& x, bool& into) noexcept {
    return detail::direct_bool(x, into);
  }
  static void encode(bool x, encoder& to) { to.put8(x ? 1 : 0); }
};

/// Range-checked: a value that does not fit is an error. Unsigned ones are sent as the signed type that holds them,
/// those of 64 bits as int8.
template <plain_integer T>
struct codec<T> {
  static constexpr std::string_view name = [] {
    constexpr bool is_signed = std::signed_integral<T>;
    switch (sizeof(T)) {
      case 1: return is_signed ? std::string_view{"std::int8_t"} : std::string_view{"std::uint8_t"};
      case 2: return is_signed ? std::string_view{"std::int16_t"} : std::string_view{"std::uint16_t"};
      case 4: return is_signed ? std::string_view{"std::int32_t"} : std::string_view{"std::uint32_t"};
      default: return is_signed ? std::string_view{"std::int64_t"} : std::string_view{"std::uint64_t"};
    }
  }();
  static constexpr std::uint32_t oid = [] {
    constexpr std::size_t size = sizeof(T) + (std::unsigned_integral<T> ? 1 : 0);
    return size <= 2 ? server_type::int2 : size <= 4 ? server_type::int4 : server_type::int8;
  }();
  static decoded<T> decode(const encoded_value& x) {
    if (T out{}; direct(x, out)) return out;
    auto wide = decode_integer(x, name);
    if (!wide) return unexpected{std::move(wide).error()};
    if (!wide->template fits<T>()) return unexpected{does_not_fit(x, name)};
    return wide->template as<T>();
  }
  [[gnu::always_inline]] static bool direct(const encoded_value& x, T& into) noexcept {
    return detail::direct_integer(x, into);
  }
  static void encode(T x, encoder& to) {
    if constexpr (oid == server_type::int2) {
      to.put16(static_cast<std::uint16_t>(x));
    } else if constexpr (oid == server_type::int4) {
      to.put32(static_cast<std::uint32_t>(x));
    } else {
      if (!std::in_range<std::int64_t>(x)) to.fail("22003", "is more than an int8 can hold");
      to.put64(static_cast<std::uint64_t>(x));
    }
  }
};

template <>
struct codec<float> {
  static constexpr std::string_view name = "float";
  static constexpr std::uint32_t oid = server_type::float4;
  static decoded<float> decode(const encoded_value& x) { return decode_float(x); }
  [[gnu::always_inline]] static bool direct(const encoded_value& x, float& into) noexcept {
    return detail::direct_float(x, into);
  }
  static void encode(float x, encoder& to) { to.put32(std::bit_cast<std::uint32_t>(x)); }
};

template <>
struct codec<double> {
  static constexpr std::string_view name = "double";
  static constexpr std::uint32_t oid = server_type::float8;
  static decoded<double> decode(const encoded_value& x) { return decode_double(x); }
  [[gnu::always_inline]] static bool direct(const encoded_value& x, double& into) noexcept {
    return detail::direct_double(x, into);
  }
  static void encode(double x, encoder& to) { to.put64(std::bit_cast<std::uint64_t>(x)); }
};

/// The view is good for as long as the result lives.
template <>
struct codec<std::string_view> {
  static constexpr std::string_view name = "std::string_view";
  static constexpr std::uint32_t oid = server_type::text;
  static decoded<std::string_view> decode(const encoded_value& x) { return decode_text_view(x, name); }
  [[gnu::always_inline]] static bool direct(const encoded_value& x, std::string_view& into) noexcept {
    if (!detail::is_bare_text(x)) return false;
    into = x.data;
    return true;
  }
  static void encode(std::string_view x, encoder& to) { to.put_text(x); }
};

template <>
struct codec<std::string> {
  static constexpr std::string_view name = "std::string";
  static constexpr std::uint32_t oid = server_type::text;
  static decoded<std::string> decode(const encoded_value& x) { return decode_text(x); }
  static bool direct(const encoded_value& x, std::string& into) {
    if (!detail::is_bare_text(x)) return false;
    into.assign(x.data);
    return true;
  }
  static void encode(const std::string& x, encoder& to) { to.put_text(x); }
};

/// The one-byte "char".
template <>
struct codec<char> {
  static constexpr std::string_view name = "char";
  static constexpr std::uint32_t oid = server_type::char_;
  static decoded<char> decode(const encoded_value& x) { return decode_character(x); }
  static void encode(char x, encoder& to) { to.put8(static_cast<std::uint8_t>(x)); }
};

template <>
struct codec<bytes> {
  static constexpr std::string_view name = "bytes";
  static constexpr std::uint32_t oid = server_type::bytea;
  static decoded<bytes> decode(const encoded_value& x) { return decode_bytes(x); }
  static void encode(const bytes& x, encoder& to) { to.put({reinterpret_cast<const char*>(x.data()), x.size()}); }
};

/// What a function that returns nothing gives: reads `void` only.
template <>
struct codec<std::monostate> {
  static constexpr std::string_view name = "std::monostate";
  static decoded<std::monostate> decode(const encoded_value& x) {
    if (x.type != server_type::void_) return unexpected{wrong_type(x, name)};
    return std::monostate{};
  }
};

template <decodable T>
struct codec<std::optional<T>> {
  static constexpr std::string_view name = codec<T>::name;
  static decoded<std::optional<T>> decode(const encoded_value& x) {
    auto out = codec<T>::decode(x);
    if (!out) return unexpected{std::move(out).error()};
    return std::optional<T>{std::move(*out)};
  }
  static bool direct(const encoded_value& x, std::optional<T>& into) requires directly_decodable<T> {
    if (codec<T>::direct(x, into.emplace())) return true;
    into.reset();
    return false;
  }
  static std::optional<T> null() { return std::nullopt; }
};

/// Reads one cell, or one element of a container. NULL is an error for a type that cannot stand for it.
template <decodable T>
decoded<T> decode_cell(std::optional<std::string_view> cell, std::uint32_t type, result_format format,
                       const type_catalogue* types = nullptr) {
  if (!cell) {
    if constexpr (nullable<T>)
      return codec<T>::null();
    else
      return unexpected{null_refused(type, codec<T>::name, types)};
  }
  if constexpr (directly_decodable<T>) {
    T out{};
    if (codec<T>::direct({*cell, type, format, types}, out)) return out;
  }
  return codec<T>::decode(encoded_value{*cell, base_type_of(type, types), format, types});
}

} // namespace tripool
