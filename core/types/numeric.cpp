// Reading decimal numbers into their normal form, and comparing them digit by digit.
#include "tripool/core/types/numeric.hpp"

#include <algorithm>
#include <charconv>

namespace tripool {

namespace {

constexpr std::string_view decimal_digits = "0123456789";

std::string_view take_digits(std::string_view& text) noexcept {
  const auto end = std::min(text.find_first_not_of(decimal_digits), text.size());
  const auto out = text.substr(0, end);
  text.remove_prefix(end);
  return out;
}

/// Reads "e-12" to its end; false when it is something else or absurd.
bool take_exponent(std::string_view text, long& out) noexcept {
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  constexpr long exponent_max = 200'000; // More could never be held.
  return error == std::errc{} && stopped == end && out >= -exponent_max && out <= exponent_max;
}

/// A finite number's parts.
struct parts {
  bool negative = false;
  std::string_view whole;
  std::string_view decimals;
};

parts split(std::string_view text) noexcept {
  parts out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const auto point = text.find('.');
  out.whole = text.substr(0, point);
  if (point != std::string_view::npos) out.decimals = text.substr(point + 1);
  return out;
}

/// Compares without sign.
int compare_size(const parts& a, const parts& b) noexcept {
  if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
  if (const int x = a.whole.compare(b.whole); x != 0) return x;
  const auto n = std::max(a.decimals.size(), b.decimals.size());
  for (std::size_t i = 0; i < n; ++i) {
    const char x = i < a.decimals.size() ? a.decimals[i] : '0';
    const char y = i < b.decimals.size() ? b.decimals[i] : '0';
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

/// Where a number stands: minus infinity, finite, infinity, NaN.
int rank_of(const numeric& x) noexcept {
  if (x.is_nan()) return 2;
  if (x.is_finite()) return 0;
  return x.is_negative() ? -1 : 1;
}

} // namespace

std::optional<numeric> numeric::parse(std::string_view text) {
  if (text == "NaN") return nan();
  if (text == "Infinity") return infinity();
  if (text == "-Infinity") return minus_infinity();
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto whole = take_digits(text);
  std::string_view decimals;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = take_digits(text);
  }
  long exponent = 0;
  if ((whole.empty() && decimals.empty()) || !take_exponent(text, exponent)) return std::nullopt;
  std::string digits{whole};
  digits += decimals;
  long point = static_cast<long>(whole.size()) + exponent; // Its place among the digits.
  if (point < 0) digits.insert(0, static_cast<std::size_t>(-point), '0'), point = 0;
  if (point > static_cast<long>(digits.size())) digits.append(static_cast<std::size_t>(point) - digits.size(), '0');
  const auto at = static_cast<std::size_t>(point);
  const auto first = std::min(digits.find_first_not_of('0'), at);
  if (at - first > whole_digits_max || digits.size() - at > decimals_max) return std::nullopt;
  const bool zero = digits.find_first_not_of('0') == std::string::npos;
  std::string out = negative && !zero ? "-" : "";
  out += first == at ? "0" : digits.substr(first, at - first);
  if (digits.size() > at) out.append(".").append(digits, at, std::string::npos);
  return numeric{std::move(out)};
}

std::size_t numeric::scale() const noexcept {
  const auto point = text_.find('.');
  return point == std::string::npos ? 0 : text_.size() - point - 1;
}

int numeric::compare(const numeric& other) const noexcept {
  const int rank = rank_of(*this);
  if (rank != rank_of(other)) return rank < rank_of(other) ? -1 : 1;
  if (rank != 0) return 0;
  const auto a = split(text_);
  const auto b = split(other.text_);
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  return a.negative ? compare_size(b, a) : compare_size(a, b);
}

} // namespace tripool
