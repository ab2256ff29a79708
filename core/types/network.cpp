// Reading and writing addresses as text (RFC 4291 and 5952 for IPv6).
#include "tripool/core/types/network.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace tripool {

namespace {

/// Reads a number that takes the whole text.
std::optional<unsigned> read_number(std::string_view text, int base, std::size_t digits_max, unsigned max) noexcept {
  unsigned out = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  const auto [stopped, error] = std::from_chars(text.data(), end, out, base);
  if (error != std::errc{} || stopped != end || out > max) return std::nullopt;
  return out;
}

bool read_v4(std::string_view text, std::uint8_t* to) noexcept {
  for (int i = 0; i < 4; ++i) {
    const auto end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return false;
    const auto octet = read_number(text.substr(0, end), 10, 3, 255);
    if (!octet) return false;
    to[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(i < 3 ? end + 1 : end);
  }
  return text.empty();
}

/// Reads the groups on one side of "::"; returns the octets written, or nothing.
std::optional<std::size_t> read_groups(std::string_view text, std::uint8_t* to, std::size_t room) noexcept {
  std::size_t n = 0;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (n + 4 > room || !read_v4(group, to + n)) return std::nullopt;
      return n + 4;
    }
    const auto value = read_number(group, 16, 4, 0xFFFF);
    if (!value || n + 2 > room) return std::nullopt;
    to[n++] = static_cast<std::uint8_t>(*value >> 8U);
    to[n++] = static_cast<std::uint8_t>(*value & 0xFFU);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return n;
}

bool read_v6(std::string_view text, std::array<std::uint8_t, 16>& to) noexcept {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) return read_groups(text, to.data(), to.size()) == to.size();
  const auto head = read_groups(text.substr(0, gap), to.data(), to.size() - 2);
  std::array<std::uint8_t, 16> rest{};
  if (!head) return false;
  const auto tail = read_groups(text.substr(gap + 2), rest.data(), to.size() - 2 - *head);
  if (!tail) return false;
  std::fill(to.begin() + static_cast<std::ptrdiff_t>(*head), to.end(), std::uint8_t{0});
  std::copy_n(rest.begin(), *tail, to.end() - static_cast<std::ptrdiff_t>(*tail));
  return true;
}

bool read_address(std::string_view text, network_address& to) noexcept {
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  to.v6 = host.find(':') != std::string_view::npos;
  to.prefix = to.bits();
  if (to.v6 ? !read_v6(host, to.octets) : !read_v4(host, to.octets.data())) return false;
  if (slash == std::string_view::npos) return true;
  const auto prefix = read_number(text.substr(slash + 1), 10, 3, to.bits());
  if (prefix) to.prefix = static_cast<std::uint8_t>(*prefix);
  return prefix.has_value();
}

std::string v4_text(const std::uint8_t* octets) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += (i == 0 ? "" : ".") + std::to_string(octets[i]);
  return out;
}

unsigned group_of(const std::array<std::uint8_t, 16>& octets, std::size_t i) noexcept {
  return octets[2 * i] * 256U + octets[2 * i + 1];
}

std::string v6_text(const std::array<std::uint8_t, 16>& octets) {
  constexpr std::size_t groups = 8;
  std::size_t best = groups;
  std::size_t best_size = 1; // A single zero group is not shortened.
  for (std::size_t i = 0; i < groups; ++i) {
    std::size_t n = 0;
    while (i + n < groups && group_of(octets, i + n) == 0) ++n;
    if (n > best_size) best = i, best_size = n;
  }
  const bool mapped = best == 0 && best_size == 5 && group_of(octets, 5) == 0xFFFF;
  std::string out;
  for (std::size_t i = 0; i < groups; ++i) {
    if (i == best) {
      out += "::";
      i += best_size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    if (mapped && i == 6) return out + v4_text(octets.data() + 12);
    char digits[4];
    const auto end = std::to_chars(digits, digits + 4, group_of(octets, i), 16).ptr;
    out.append(digits, end);
  }
  return out;
}

std::string host_text(const network_address& x) {
  return x.v6 ? v6_text(x.octets) : v4_text(x.octets.data());
}

} // namespace

bool network_address::is_valid() const noexcept {
  const auto used = static_cast<std::ptrdiff_t>(bits() / 8);
  return prefix <= bits() && std::all_of(octets.begin() + used, octets.end(), [](std::uint8_t x) { return x == 0; });
}

bool network_address::is_network() const noexcept {
  for (unsigned bit = prefix; bit < bits(); ++bit) {
    if ((octets[bit / 8] >> (7U - bit % 8)) & 1U) return false;
  }
  return true;
}

std::optional<inet> inet::parse(std::string_view text) {
  inet out;
  if (!read_address(text, out)) return std::nullopt;
  return out;
}

std::optional<cidr> cidr::parse(std::string_view text) {
  cidr out;
  if (!read_address(text, out) || !out.is_network()) return std::nullopt;
  return out;
}

std::string to_string(const inet& x) {
  return x.prefix == x.bits() ? host_text(x) : host_text(x) + "/" + std::to_string(x.prefix);
}

std::string to_string(const cidr& x) {
  return host_text(x) + "/" + std::to_string(x.prefix);
}

} // namespace tripool
