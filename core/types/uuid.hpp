// A universally unique identifier: 16 bytes, written as 8-4-4-4-12 hexadecimal digits.
// Knows nothing of results and parameters: its codec is in codec/uuid.hpp. Used by callers.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// The identifier, in the order in which it is written. All zero by default.
struct uuid {
  std::array<std::uint8_t, 16> octets{};

  /// Reads 32 hexadecimal digits in either case, with or without hyphens after any group of four, and with or without
  /// braces around all; nothing for other texts. The server accepts the same.
  static std::optional<uuid> parse(std::string_view text);

  friend auto operator<=>(const uuid&, const uuid&) = default;
};

/// "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".
std::string to_string(const uuid& x);

} // namespace tripool
