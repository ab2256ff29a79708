// The spellings of a secret, and their replacement.
#include "tripool/core/credentials/scrub.hpp"

#include "tripool/core/credentials/secret.hpp"

#include <cstddef>

namespace tripool {

namespace {

constexpr std::size_t scrubbed_min = 4;
constexpr std::string_view instead = "(secret)";

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
         || c == '~';
}

void replace_all(std::string& text, std::string_view hidden) {
  for (auto at = text.find(hidden); at != std::string::npos; at = text.find(hidden, at + instead.size()))
    text.replace(at, hidden.size(), instead);
}

void replace_and_wipe(std::string& text, std::string spelling) {
  replace_all(text, spelling);
  wipe(spelling);
}

} // namespace

std::string as_base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = bytes.size() - i;
    const auto byte = [&](std::size_t k) { return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0u; };
    const auto all = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    out += digits[(all >> 18) & 63u];
    out += digits[(all >> 12) & 63u];
    out += left > 1 ? digits[(all >> 6) & 63u] : '=';
    out += left > 2 ? digits[all & 63u] : '=';
  }
  return out;
}

std::string as_percent_encoded(std::string_view bytes, bool upper_case) {
  const std::string_view digits = upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  out.reserve(3 * bytes.size());
  for (const char c : bytes) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto value = static_cast<unsigned char>(c);
    out += '%';
    out += digits[value >> 4];
    out += digits[value & 15u];
  }
  return out;
}

std::string scrub(std::string text, std::string_view hidden) {
  if (hidden.size() < scrubbed_min) return text;
  replace_all(text, hidden);
  replace_and_wipe(text, as_percent_encoded(hidden, true));
  replace_and_wipe(text, as_percent_encoded(hidden, false));
  replace_and_wipe(text, as_base64(hidden));
  return text;
}

} // namespace tripool
