// The hash by which statement texts are looked up: sixteen bytes a step, since a request's text is hashed for its
// traits, its pace and its prepared statement. Not for what an enemy chooses: the tables that it serves are bounded,
// and compare the whole text where it matters.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tripool {

/// The hash of these bytes; the same for equal texts within one process, and never kept or sent.
inline std::uint64_t hash_text(std::string_view text) noexcept {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15u; // 2^64 over the golden ratio: spreads over the high bits.
  const auto load = [](const char* from, auto word) {
    std::memcpy(&word, from, sizeof word);
    return std::uint64_t{word};
  };
  // Multiplying carries upwards only: what it brought to the top goes round to the bottom.
  const auto mixed = [](std::uint64_t x, std::uint64_t word) { return std::rotl((x ^ word) * odd, 29); };
  std::uint64_t even = text.size() * odd;
  std::uint64_t other = ~even;
  const char* from = text.data();
  std::size_t left = text.size();
  for (; left >= 16; left -= 16, from += 16) { // Two at a time, which do not wait for each other.
    even = mixed(even, load(from, std::uint64_t{}));
    other = mixed(other, load(from + 8, std::uint64_t{}));
  }
  if (left >= 8) { // What is left is read in overlapping words, and not byte by byte.
    even = mixed(even, load(from, std::uint64_t{}));
    other = mixed(other, load(from + left - 8, std::uint64_t{}));
  } else if (left >= 4) {
    even = mixed(even, load(from, std::uint32_t{}) | load(from + left - 4, std::uint32_t{}) << 32U);
  } else if (left > 0) {
    const auto first = load(from, std::uint8_t{});
    even =
      mixed(even, first | load(from + left / 2, std::uint8_t{}) << 8U | load(from + left - 1, std::uint8_t{}) << 16U);
  }
  auto out = (even ^ std::rotl(other, 17)) * odd;
  out = (out ^ out >> 32U) * odd;
  return out ^ out >> 29U; // Tables take the low bits.
}

} // namespace tripool
