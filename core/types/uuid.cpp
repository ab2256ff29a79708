// Reading and writing identifiers as text.
#include "tripool/core/types/uuid.hpp"

namespace tripool {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const auto at = digits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

} // namespace

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  uuid out;
  for (std::size_t i = 0; i < out.octets.size(); ++i) {
    if (i > 0 && i % 2 == 0 && text.starts_with('-')) text.remove_prefix(1);
    if (text.size() < 2) return std::nullopt;
    const int high = value_of(text[0]);
    const int low = value_of(text[1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.octets[i] = static_cast<std::uint8_t>(high * 16 + low);
    text.remove_prefix(2);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

std::string to_string(const uuid& x) {
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < x.octets.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[x.octets[i] >> 4U];
    out += digits[x.octets[i] & 0xFU];
  }
  return out;
}

} // namespace tripool
