// Addresses of hosts and networks: inet (an address, with the length of its network's prefix) and cidr (a network).
// Knows nothing of results and parameters: the codecs are in codec/network.hpp. Used by callers.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// What inet and cidr have in common. IPv4 uses the first four octets; the others are zero.
struct network_address {
  bool v6 = false;
  std::uint8_t prefix = 32; ///< Bits of the network part: up to 32 for IPv4, up to 128 for IPv6.
  std::array<std::uint8_t, 16> octets{};

  /// The longest prefix of its family.
  constexpr std::uint8_t bits() const noexcept { return v6 ? 128 : 32; }
  /// Whether the prefix is no longer than the address, and what its family does not use is zero.
  bool is_valid() const noexcept;
  /// Whether all bits behind the prefix are zero.
  bool is_network() const noexcept;

  friend auto operator<=>(const network_address&, const network_address&) = default;
};

/// A host's address, or a host's address in its network: "192.168.1.5/24".
struct inet : network_address {
  /// Reads "192.168.1.5", "192.168.1.5/24", "::1", "fe80::1/64", "::ffff:1.2.3.4"; nothing for other texts.
  static std::optional<inet> parse(std::string_view text);
  friend auto operator<=>(const inet&, const inet&) = default;
};

/// A network: no bit is set behind the prefix.
struct cidr : network_address {
  /// Reads "192.168.1.0/24" and the like; nothing for other texts, and where a bit is set behind the prefix.
  static std::optional<cidr> parse(std::string_view text);
  friend auto operator<=>(const cidr&, const cidr&) = default;
};

/// As the server writes it: without the prefix when it is the whole address.
std::string to_string(const inet& x);
/// As the server writes it: always with the prefix.
std::string to_string(const cidr& x);

} // namespace tripool
