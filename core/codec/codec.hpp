// How a value of a result becomes a C++ value: one small trait for each C++ type. User types take part by
// specialising it:
//
//   template <> struct tripool::codec<money> {
//     static constexpr std::string_view name = "money";
//     static decoded<money> decode(const encoded_value& x);   // and, where NULL has a meaning: static money null();
//   };
//
// Knows nothing of rows. Used by rows and results.
#pragma once

#include "tripool/core/codec/decode.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tripool {

/// Reads a `T` from a value. Has `name`, for errors; `decode`, whose errors speak of the value only (column and row are
/// added by the caller); and `null` where a `T` can stand for NULL.
template <class T>
struct codec;

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
  static decoded<bool> decode(const encoded_value& x) { return decode_bool(x); }
};

/// Range-checked: a value that does not fit is an error.
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
  static decoded<T> decode(const encoded_value& x) {
    auto wide = decode_integer(x, name);
    if (!wide) return unexpected{std::move(wide).error()};
    if (!wide->template fits<T>()) return unexpected{does_not_fit(x, name)};
    return wide->template as<T>();
  }
};

template <>
struct codec<float> {
  static constexpr std::string_view name = "float";
  static decoded<float> decode(const encoded_value& x) { return decode_float(x); }
};

template <>
struct codec<double> {
  static constexpr std::string_view name = "double";
  static decoded<double> decode(const encoded_value& x) { return decode_double(x); }
};

/// The view is good for as long as the result lives.
template <>
struct codec<std::string_view> {
  static constexpr std::string_view name = "std::string_view";
  static decoded<std::string_view> decode(const encoded_value& x) { return decode_text_view(x, name); }
};

template <>
struct codec<std::string> {
  static constexpr std::string_view name = "std::string";
  static decoded<std::string> decode(const encoded_value& x) { return decode_text(x); }
};

template <>
struct codec<bytes> {
  static constexpr std::string_view name = "bytes";
  static decoded<bytes> decode(const encoded_value& x) { return decode_bytes(x); }
};

template <decodable T>
struct codec<std::optional<T>> {
  static constexpr std::string_view name = codec<T>::name;
  static decoded<std::optional<T>> decode(const encoded_value& x) {
    auto out = codec<T>::decode(x);
    if (!out) return unexpected{std::move(out).error()};
    return std::optional<T>{std::move(*out)};
  }
  static std::optional<T> null() { return std::nullopt; }
};

/// Reads one cell. NULL is an error for a type that cannot stand for it.
template <decodable T>
decoded<T> decode_cell(std::optional<std::string_view> cell, std::uint32_t type, result_format format) {
  if (cell) return codec<T>::decode(encoded_value{*cell, type, format});
  if constexpr (nullable<T>) {
    return codec<T>::null();
  } else {
    return unexpected{null_refused(type, codec<T>::name)};
  }
}

} // namespace tripool
