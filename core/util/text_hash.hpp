// The hash by which statement texts are looked up: eight bytes a step, since a request's text is hashed for its traits,
// its pace and its prepared statement. Not for what an enemy chooses: the tables that it serves are bounded, and
// compare the whole text where it matters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tripool {

/// The hash of these bytes; the same for equal texts within one process, and never kept or sent.
inline std::uint64_t hash_text(std::string_view text) noexcept {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15u; // 2^64 over the golden ratio: spreads over the high bits.
  std::uint64_t out = text.size() * odd;
  const auto mix = [&](std::uint64_t word) {
    out = (out ^ word) * odd;
    out ^= out >> 32U; // Multiplying carries upwards only.
  };
  const char* from = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), from += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    mix(word);
  }
  std::uint64_t rest = 0;
  if (left > 0) std::memcpy(&rest, from, left);
  mix(rest);
  mix(out >> 29U); // What the last bytes changed is in the high bits still, and tables take the low ones.
  return out;
}

} // namespace tripool
