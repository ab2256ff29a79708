// The binary form of numeric (numeric_send in the server): count of base-10000 digits, weight of the first one, sign
// and the number of decimals to show, each in 16 bits, then the digits.
#include "tripool/core/codec/decode.hpp"

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

} // namespace tripool
