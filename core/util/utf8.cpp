// UTF-8 validation: eight ASCII bytes at a time, the rest by the table of well-formed sequences (Unicode, table 3-7).
#include "tripool/core/util/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace tripool {

namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080U;
constexpr std::uint64_t low_ones = 0x0101010101010101U;

/// Length of the well-formed sequence at `p` that starts with a byte >= 0x80, or 0.
std::size_t sequence_length(const unsigned char* p, std::size_t left) noexcept {
  const unsigned lead = p[0];
  const auto continues = [p, left](std::size_t i) { return i < left && (p[i] & 0xC0U) == 0x80U; };
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = lead == 0xE0 && p[1] < 0xA0;
    const bool surrogate = lead == 0xED && p[1] >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = lead == 0xF0 && p[1] < 0x90;
    const bool too_large = lead == 0xF4 && p[1] >= 0x90;
    return overlong || too_large ? 0 : 4;
  }
  return 0;
}

} // namespace

std::optional<text_fault> find_text_fault(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t size = text.size();
  std::size_t i = 0;
  while (i < size) {
    if (size - i >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + i, sizeof(word));
      // Without high bits the subtraction borrows only from a byte that is zero.
      if ((word & high_bits) == 0 && ((word - low_ones) & high_bits) == 0) {
        i += sizeof(word);
        continue;
      }
    }
    if (bytes[i] == 0) return text_fault{i, true};
    const std::size_t length = bytes[i] < 0x80 ? 1 : sequence_length(bytes + i, size - i);
    if (length == 0) return text_fault{i, false};
    i += length;
  }
  return std::nullopt;
}

} // namespace tripool
