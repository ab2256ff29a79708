// Looks at what a stranger sends to CAF's middleman before the middleman does: CAF 0.17 believes the length in a
// message's header and makes room for it, up to 4 GB, whoever says so. The guard passes whole messages on as they come,
// byte for byte, and refuses a stream whose next one is longer than allowed or no message at all. Messages to an actor
// by name - CAF's own helpers for remote spawning and its registry - are left out: a caller needs none of them.
//
//   header (32 bytes): kind, 2 unused, flags, payload length (32 bits, big-endian), 24 more; then the payload
//
// Pure. Used by the guard in front of the middleman.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tripool {

/// One direction of one connection.
class frame_guard {
public:
  static constexpr std::size_t header_bytes = 32;
  static constexpr std::uint8_t kind_max = 6;
  static constexpr std::uint8_t named_receiver = 0x01;

  /// `payload_max`: the longest payload that passes.
  explicit frame_guard(std::uint32_t payload_max) noexcept : payload_max_(payload_max) {}

  /// Takes the next bytes and appends those that may pass to `out`. Returns false when the stream is refused; then and
  /// from then on nothing passes.
  bool feed(std::string_view in, std::string& out);
  /// Whole messages whose header has passed.
  std::uint64_t messages() const noexcept { return messages_; }
  /// Why it was refused, for the log; empty: it was not.
  const std::string& problem() const noexcept { return problem_; }

private:
  bool judge();

  std::uint32_t payload_max_;
  std::array<char, header_bytes> header_{};
  std::size_t have_ = 0;   ///< Of the header.
  std::uint64_t left_ = 0; ///< Of the payload.
  bool swallow_ = false;   ///< This message is left out.
  std::uint64_t messages_ = 0;
  std::string problem_;
};

} // namespace tripool
