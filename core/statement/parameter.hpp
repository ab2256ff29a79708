// One parameter of a statement: NULL, bool, integer, double, text, bytes, or any type with a codec, in binary.
// The server infers the SQL type of the plain ones from the statement, so that an integer fits an int4, an int8 or a
// numeric alike; bytes and binary values state their type, and so does `typed(x)`.
// Knows nothing of the wire. Used by callers and by the session port.
#pragma once

#include "tripool/core/codec/encoder.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tripool {

class parameter;
class type_catalogue;

/// The SQL NULL.
struct null_value {
  friend bool operator==(null_value, null_value) noexcept { return true; }
};

/// A value in the binary form of its type.
struct encoded_parameter {
  std::uint32_t type = 0;      ///< The type's OID; 0 when it is found by `type_name`, or inferred by the server.
  std::string type_name{};     ///< Of a type without a fixed OID, such as "mood" or "mood[]"; else empty.
  std::optional<bytes> data{}; ///< Nothing is a NULL of that type.
  /// Why it cannot be sent, or null. `check` refuses the statement with it. Out of line, since hardly any has one.
  std::shared_ptr<const encode_fault> fault{};
  friend bool operator==(const encoded_parameter& a, const encoded_parameter& b) {
    const bool same_fault = a.fault && b.fault ? *a.fault == *b.fault : a.fault == b.fault;
    return same_fault && a.type == b.type && a.type_name == b.type_name && a.data == b.data;
  }
};

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Types that a parameter holds as they are.
template <class T>
concept plain_parameter =
  std::same_as<T, parameter> || std::same_as<T, std::nullptr_t> || std::same_as<T, bool> || std::floating_point<T> ||(
    std::integral<T> && !std::same_as<T, char> && sizeof(T) <= 8 && (std::signed_integral<T> || sizeof(T) < 8))
  || std::convertible_to<const T&, std::string_view> || std::same_as<T, bytes>;

} // namespace detail

/// Encodes a value of a type that has a codec.
template <encodable T>
encoded_parameter encode_parameter(const T& x) {
  encoded_parameter out;
  out.type = codec<T>::oid;
  out.type_name = type_name_of<T>();
  encoder to{out.data.emplace()};
  codec<T>::encode(x, to);
  if (to.fault()) out.fault = std::make_shared<const encode_fault>(*to.fault());
  return out;
}

/// A parameter's value. Implicitly made from what it holds, so that `{1, "two", nullptr}` is a parameter list, and from
/// any type with a codec, so that `{id, std::vector<int>{1, 2}, std::chrono::sys_days{...}}` is one, too. A
/// std::optional is its value or NULL.
class parameter {
public:
  using variant_type = std::variant<null_value, bool, std::int64_t, double, std::string, bytes, encoded_parameter>;

  parameter() = default;
  parameter(std::nullptr_t) {}
  template <class T>
    requires(std::same_as<T, bool>)
  parameter(T x) : value_(x) {}
  template <class T>
    requires(std::integral<T> && !std::same_as<T, bool> && detail::plain_parameter<T>)
  parameter(T x) : value_(static_cast<std::int64_t>(x)) {}
  template <std::floating_point T>
  parameter(T x) : value_(static_cast<double>(x)) {}
  parameter(std::string x) : value_(std::move(x)) {}
  parameter(std::string_view x) : value_(std::string{x}) {}
  parameter(const char* x) : value_(std::string{x}) {}
  parameter(bytes x) : value_(std::move(x)) {}
  parameter(encoded_parameter x) : value_(std::move(x)) {}
  template <class T>
    requires(!detail::plain_parameter<T> && encodable<T>)
  parameter(const T& x) : value_(encode_parameter(x)) {}
  template <class T>
    requires(detail::plain_parameter<T> || encodable<T>)
  parameter(const std::optional<T>& x) {
    if (x) {
      *this = parameter{*x};
    } else if constexpr (!detail::plain_parameter<T>) {
      value_ = encoded_parameter{codec<T>::oid, std::string{type_name_of<T>()}, std::nullopt, nullptr};
    }
  }

  /// The value as a variant, for visitors.
  const variant_type& value() const noexcept { return value_; }
  variant_type& value() noexcept { return value_; }
  bool is_null() const noexcept {
    const auto* x = std::get_if<encoded_parameter>(&value_);
    return x ? !x->data : std::holds_alternative<null_value>(value_);
  }

  friend bool operator==(const parameter&, const parameter&) = default;

private:
  variant_type value_;
};

/// A parameter that states its type and travels in binary, where a plain one leaves both to the server: `typed(7)` is
/// an int4 whatever the statement expects. A std::optional is its value or a NULL of that type.
template <class T>
  requires(encodable<T>)
parameter typed(const T& x) {
  return encode_parameter(x);
}

template <encodable T>
parameter typed(const std::optional<T>& x) {
  if (x) return encode_parameter(*x);
  return encoded_parameter{codec<T>::oid, std::string{type_name_of<T>()}, std::nullopt, nullptr};
}

/// The types that the parameters state, by position; 0 where the server infers. Empty when none states a type.
/// Names are looked up in `known`, which may be null; one that is not found counts as not stated.
std::vector<std::uint32_t> stated_types(std::span<const parameter> parameters, const type_catalogue* known = nullptr);

/// The type that one parameter states, or 0.
std::uint32_t stated_type(const parameter& x, const type_catalogue* known = nullptr);

/// Whether a parameter's type is to be found by a name that `known` does not have.
bool names_unknown_type(std::span<const parameter> parameters, const type_catalogue* known);

/// Names the parameter's kind without its value, for logs and errors: "null", "bool", "integer", "double",
/// "text(12 bytes)", "bytes(4)", "timestamptz(8 bytes)".
std::string shape_of(const parameter& x);

} // namespace tripool
