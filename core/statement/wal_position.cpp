// Positions as text.
#include "tripool/core/statement/wal_position.hpp"

#include <array>
#include <charconv>

namespace tripool {

namespace {

/// Reads a whole number up to its end.
template <class T>
bool read(std::string_view text, T& to, int base) noexcept {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, to, base);
  return error == std::errc{} && stop == end;
}

std::string hexadecimal(std::uint32_t x) {
  std::array<char, 8> out{};
  auto* end = std::to_chars(out.data(), out.data() + out.size(), x, 16).ptr;
  for (auto* c = out.data(); c != end; ++c)
    if (*c >= 'a') *c = static_cast<char>(*c - 'a' + 'A');
  return {out.data(), end};
}

} // namespace

std::string to_string(const wal_position& x) {
  return std::to_string(x.timeline) + ':' + hexadecimal(static_cast<std::uint32_t>(x.lsn >> 32U)) + '/'
         + hexadecimal(static_cast<std::uint32_t>(x.lsn));
}

std::optional<wal_position> wal_position_of(std::string_view timeline, std::string_view bytes) noexcept {
  wal_position out;
  if (!read(timeline, out.timeline, 16) || out.timeline == 0 || !read(bytes, out.lsn, 10)) return std::nullopt;
  // At a page's end the server names the place behind the next page's header, where nothing is until the next record:
  // a standby that has all would never get there. No record ends at that place.
  constexpr std::uint64_t page = 8192;
  constexpr std::uint64_t header = 24;
  if (out.lsn % page == header) out.lsn -= header;
  return out;
}

std::optional<wal_position> read_wal_position(std::string_view text) noexcept {
  const auto colon = text.find(':');
  const auto slash = text.find('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash < colon) return std::nullopt;
  wal_position out;
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  if (!read(text.substr(0, colon), out.timeline, 10) || out.timeline == 0) return std::nullopt;
  if (!read(text.substr(colon + 1, slash - colon - 1), high, 16)) return std::nullopt;
  if (!read(text.substr(slash + 1), low, 16)) return std::nullopt;
  out.lsn = std::uint64_t{high} << 32U | low;
  return out;
}

} // namespace tripool
