// An exact decimal number of any size, as PostgreSQL's numeric: digits, decimals to show, NaN and the infinities.
// It is kept as its text, so that nothing is rounded and short ones cost no memory; it does not calculate.
// Knows nothing of results and parameters: its codec is in codec/numeric.hpp. Used by callers.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// The number; 0 by default. Comparisons are by value: 1.0 equals 1.00. NaN equals NaN and is greater than all, as in
/// the server's order.
class numeric {
public:
  /// What the server can hold: digits before and behind the point.
  static constexpr std::size_t whole_digits_max = 131'072;
  static constexpr std::size_t decimals_max = 16'383;

  numeric() = default;
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  numeric(T x) : text_(std::to_string(x)) {}

  /// Reads "-12.50", "1e6", "NaN", "Infinity" and "-Infinity"; nothing for other texts, and for numbers with more
  /// digits than the server can hold. The decimals given are kept: "1.50" stays "1.50".
  static std::optional<numeric> parse(std::string_view text);
  static numeric nan() { return numeric{std::string{"NaN"}}; }
  static numeric infinity() { return numeric{std::string{"Infinity"}}; }
  static numeric minus_infinity() { return numeric{std::string{"-Infinity"}}; }

  /// The number as the server writes it: no exponent, no leading zeros, all decimals.
  const std::string& text() const noexcept { return text_; }
  bool is_nan() const noexcept { return text_[0] == 'N'; }
  /// Neither NaN nor infinite.
  bool is_finite() const noexcept { return text_.back() != 'y' && !is_nan(); }
  bool is_negative() const noexcept { return text_[0] == '-'; }
  /// The decimals shown: 2 for "1.50".
  std::size_t scale() const noexcept;

  friend bool operator==(const numeric& a, const numeric& b) noexcept { return a.compare(b) == 0; }
  friend std::weak_ordering operator<=>(const numeric& a, const numeric& b) noexcept { return a.compare(b) <=> 0; }

private:
  explicit numeric(std::string text) : text_(std::move(text)) {}
  int compare(const numeric& other) const noexcept;

  std::string text_ = "0"; ///< Always in normal form.
};

/// The same as `x.text()`.
inline std::string to_string(const numeric& x) {
  return x.text();
}

} // namespace tripool
