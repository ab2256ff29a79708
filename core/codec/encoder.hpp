// Builds a value's binary form, as the receive functions of the server's types want it. A codec appends to it and says
// so when the value cannot be sent; what was refused is told by the check of the statement, before anything is sent.
// Knows nothing of statements and of the wire around a value. Used by codecs, by parameters, and by COPY.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// Raw bytes for a bytea parameter or column.
using bytes = std::vector<std::byte>;

/// The codec of a C++ type: see codec.hpp.
template <class T>
struct codec;

/// Why a value cannot be sent.
struct encode_fault {
  std::string sqlstate; ///< As the server would give it: 22003 out of range, 22021 encoding, 22008 date out of range.
  std::string message;  ///< Continues "parameter $1 (timestamptz) ...": names the value's shape, never the value.
  friend bool operator==(const encode_fault&, const encode_fault&) = default;
};

/// Appends binary values to bytes. Not thread-safe.
class encoder {
public:
  /// Appends to `to`, which must outlive the encoder.
  explicit encoder(bytes& to) noexcept : to_(to) {}

  void put8(std::uint8_t x) { to_.push_back(static_cast<std::byte>(x)); }
  void put16(std::uint16_t x) { put_number<2>(x); }
  void put32(std::uint32_t x) { put_number<4>(x); }
  void put64(std::uint64_t x) { put_number<8>(x); }
  /// Bytes as they are.
  void put(std::string_view raw) {
    const auto* first = reinterpret_cast<const std::byte*>(raw.data());
    to_.insert(to_.end(), first, first + raw.size());
  }
  /// Text, which must be UTF-8 without NUL bytes; otherwise it is a fault.
  void put_text(std::string_view text);

  /// Leaves room for the length of a nested value. Returns the place, for `end_value`.
  std::size_t begin_value();
  /// Notes the length of what was appended since.
  void end_value(std::size_t place);
  /// A nested NULL.
  void put_null() { put32(0xFFFF'FFFF); }

  /// Notes that the value cannot be sent. The first fault is kept.
  void fail(std::string_view sqlstate, std::string message);
  const std::optional<encode_fault>& fault() const noexcept { return fault_; }
  std::size_t size() const noexcept { return to_.size(); }

private:
  template <std::size_t Size>
  void put_number(std::uint64_t x) {
    const auto at = to_.size();
    to_.resize(at + Size);
    write<Size>(at, x);
  }
  template <std::size_t Size>
  void write(std::size_t at, std::uint64_t x) noexcept {
    for (std::size_t i = 0; i < Size; ++i) to_[at + i] = static_cast<std::byte>(x >> (8 * (Size - 1 - i)));
  }

  bytes& to_;
  std::optional<encode_fault> fault_;
};

/// A type that can be sent in binary. `oid` is the server's type, or 0 for one that has no fixed OID: then `type_name`
/// is its name ("mood", "public.mood"), or is missing where the server must infer it.
template <class T>
concept encodable = requires(const T& x, encoder& to) {
  { codec<T>::oid } -> std::convertible_to<std::uint32_t>;
  codec<T>::encode(x, to);
};

/// The name by which the type of `T` is found, or nothing when it has a fixed OID or is to be inferred.
template <encodable T>
constexpr std::string_view type_name_of() noexcept {
  if constexpr (requires { codec<T>::type_name; })
    return codec<T>::type_name;
  else
    return {};
}

} // namespace tripool
