// The binary form of numeric (numeric_send in the server): count of base-10000 digits, weight of the first one, sign
// and the number of decimals to show, each in 16 bits, then the digits.
#include "tripool/core/codec/numeric.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tripool {

namespace {

constexpr unsigned sign_negative = 0x4000;
constexpr unsigned sign_nan = 0xC000;
constexpr unsigned sign_infinity = 0xD000;
constexpr unsigned sign_minus_infinity = 0xF000;
constexpr unsigned decimals_max = 0x3FFF;
constexpr std::size_t header_size = 8;

unsigned read16(std::string_view data, std::size_t at) noexcept {
  return (static_cast<unsigned>(static_cast<unsigned char>(data[at])) << 8U) | static_cast<unsigned char>(data[at + 1]);
}

void append_four(std::string& out, unsigned digit) {
  out += static_cast<char>('0' + digit / 1000);
  out += static_cast<char>('0' + digit / 100 % 10);
  out += static_cast<char>('0' + digit / 10 % 10);
  out += static_cast<char>('0' + digit % 10);
}

/// The base-10000 digits of decimal digits whose count is a multiple of four.
void append_groups(std::vector<std::uint16_t>& out, std::string_view digits) {
  for (std::size_t i = 0; i + 4 <= digits.size(); i += 4) {
    unsigned group = 0;
    for (const char c : digits.substr(i, 4)) group = group * 10 + static_cast<unsigned>(c - '0');
    out.push_back(static_cast<std::uint16_t>(group));
  }
}

void put_header(encoder& to, std::size_t count, std::ptrdiff_t weight, unsigned sign, std::size_t decimals) {
  to.put16(static_cast<std::uint16_t>(count));
  to.put16(static_cast<std::uint16_t>(weight));
  to.put16(static_cast<std::uint16_t>(sign));
  to.put16(static_cast<std::uint16_t>(decimals));
}

} // namespace

std::optional<std::string> numeric_to_text(std::string_view data) {
  if (data.size() < header_size) return std::nullopt;
  const int count = static_cast<int>(read16(data, 0));
  const int weight = static_cast<std::int16_t>(read16(data, 2));
  const unsigned sign = read16(data, 4);
  const unsigned decimals = read16(data, 6);
  if (data.size() != header_size + 2 * static_cast<std::size_t>(count)) return std::nullopt;
  if (sign == sign_nan) return "NaN";
  if (sign == sign_infinity) return "Infinity";
  if (sign == sign_minus_infinity) return "-Infinity";
  if ((sign != 0 && sign != sign_negative) || decimals > decimals_max) return std::nullopt;
  for (int i = 0; i < count; ++i) {
    if (read16(data, header_size + 2 * static_cast<std::size_t>(i)) > 9999) return std::nullopt;
  }
  // The digit that stands for 10000^power, where leading and trailing zero digits are not stored.
  const auto digit = [&](int power) {
    const int i = weight - power;
    return i < 0 || i >= count ? 0U : read16(data, header_size + 2 * static_cast<std::size_t>(i));
  };
  std::string whole;
  for (int power = weight; power >= 0; --power) append_four(whole, digit(power));
  const auto first = whole.find_first_not_of('0');
  std::string out = sign == sign_negative ? "-" : "";
  out += first == std::string::npos ? "0" : whole.substr(first);
  if (decimals == 0) return out;
  std::string fraction;
  for (int power = -1; fraction.size() < decimals; --power) append_four(fraction, digit(power));
  fraction.resize(decimals);
  return out + "." + fraction;
}

decoded<numeric> decode_numeric(const encoded_value& x) {
  std::optional<numeric> out;
  if (x.type != server_type::numeric) {
    const auto whole = decode_integer(x, codec<numeric>::name);
    if (!whole) return unexpected{whole.error()};
    out = numeric::parse((whole->negative ? "-" : "") + std::to_string(whole->magnitude));
  } else if (x.format == result_format::text) {
    out = numeric::parse(x.data);
  } else if (const auto text = numeric_to_text(x.data)) {
    out = numeric::parse(*text);
  }
  if (!out) return unexpected{malformed(x)};
  return std::move(*out);
}

void encode_numeric(const numeric& x, encoder& to) {
  if (x.is_nan()) return put_header(to, 0, 0, sign_nan, 0);
  if (!x.is_finite()) return put_header(to, 0, 0, x.is_negative() ? sign_minus_infinity : sign_infinity, 0);
  std::string_view text{x.text()};
  if (x.is_negative()) text.remove_prefix(1);
  const auto scale = x.scale();
  const auto whole = text.substr(0, text.find('.'));
  const auto decimals = text.substr(text.size() - scale);
  std::string padded((4 - whole.size() % 4) % 4, '0');
  padded += whole;
  const auto whole_groups = padded.size() / 4;
  padded += decimals;
  padded.append((4 - scale % 4) % 4, '0');
  std::vector<std::uint16_t> groups;
  groups.reserve(padded.size() / 4);
  append_groups(groups, padded);
  const auto is_set = [](std::uint16_t g) { return g != 0; };
  const auto first = std::find_if(groups.begin(), groups.end(), is_set);
  const auto last = std::find_if(groups.rbegin(), std::make_reverse_iterator(first), is_set).base();
  const auto weight = first == last ? 0 : static_cast<std::ptrdiff_t>(whole_groups) - 1 - (first - groups.begin());
  put_header(to, static_cast<std::size_t>(last - first), weight, x.is_negative() ? sign_negative : 0, scale);
  std::for_each(first, last, [&](std::uint16_t g) { to.put16(g); });
}

} // namespace tripool
