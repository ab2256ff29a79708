// Walks over binary bytes that a server sent, without ever reading past their end: what is missing reads as zero and is
// remembered, so that a decoder checks once, at its end.
// Knows nothing of types. Used by the decoders of values that have parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tripool {

/// The walk. Views the bytes.
class byte_reader {
public:
  explicit byte_reader(std::string_view from) noexcept : rest_(from) {}

  std::uint8_t take8() noexcept { return static_cast<std::uint8_t>(number<1>()); }
  std::uint16_t take16() noexcept { return static_cast<std::uint16_t>(number<2>()); }
  std::uint32_t take32() noexcept { return static_cast<std::uint32_t>(number<4>()); }
  std::uint64_t take64() noexcept { return number<8>(); }
  std::int32_t take_int32() noexcept { return static_cast<std::int32_t>(take32()); }
  std::int64_t take_int64() noexcept { return static_cast<std::int64_t>(take64()); }
  /// The next `n` bytes.
  std::string_view take(std::size_t n) noexcept {
    if (n > rest_.size()) {
      failed_ = true;
      n = 0;
    }
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  /// A nested value with its length in front; nothing for NULL.
  std::optional<std::string_view> take_value() noexcept {
    const auto length = take_int32();
    if (length == -1) return std::nullopt;
    if (length < 0) failed_ = true;
    return take(length < 0 ? 0 : static_cast<std::size_t>(length));
  }

  std::size_t left() const noexcept { return rest_.size(); }
  /// Whether something was missing.
  bool failed() const noexcept { return failed_; }
  /// Whether everything was there, and nothing is left.
  bool done() const noexcept { return !failed_ && rest_.empty(); }

private:
  template <std::size_t Size>
  std::uint64_t number() noexcept {
    std::uint64_t out = 0;
    for (const char c : take(Size)) out = (out << 8U) | static_cast<unsigned char>(c);
    return out;
  }

  std::string_view rest_;
  bool failed_ = false;
};

} // namespace tripool
