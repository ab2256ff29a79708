// One parameter of a statement: NULL, bool, integer, double, text or bytes.
// The server infers the parameter's SQL type from the statement, so that an integer fits an int4, an int8 or a numeric
// alike; only bytes state their type (bytea). Knows nothing of the wire. Used by callers and by the session port.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tripool {

/// Raw bytes for a bytea parameter or column.
using bytes = std::vector<std::byte>;

/// The SQL NULL.
struct null_value {
  friend bool operator==(null_value, null_value) noexcept { return true; }
};

/// A parameter's value. Implicitly made from what it holds, so that `{1, "two", nullptr}` is a parameter list.
class parameter {
public:
  using variant_type = std::variant<null_value, bool, std::int64_t, double, std::string, bytes>;

  parameter() = default;
  parameter(std::nullptr_t) {}
  template <class T>
    requires(std::same_as<T, bool>)
  parameter(T x) : value_(x) {}
  template <class T>
    requires(std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && sizeof(T) <= 8
             && (std::signed_integral<T> || sizeof(T) < 8))
  parameter(T x) : value_(static_cast<std::int64_t>(x)) {}
  template <std::floating_point T>
  parameter(T x) : value_(static_cast<double>(x)) {}
  parameter(std::string x) : value_(std::move(x)) {}
  parameter(std::string_view x) : value_(std::string{x}) {}
  parameter(const char* x) : value_(std::string{x}) {}
  parameter(bytes x) : value_(std::move(x)) {}

  /// The value as a variant, for visitors.
  const variant_type& value() const noexcept { return value_; }
  variant_type& value() noexcept { return value_; }
  bool is_null() const noexcept { return std::holds_alternative<null_value>(value_); }

  friend bool operator==(const parameter&, const parameter&) = default;

private:
  variant_type value_;
};

/// Names the parameter's kind without its value, for logs and errors: "null", "bool", "integer", "double",
/// "text(12 bytes)", "bytes(4)".
std::string shape_of(const parameter& x);

} // namespace tripool
