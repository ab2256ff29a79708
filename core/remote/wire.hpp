// How values are written for another node and read from it: fixed little-endian numbers, lengths before texts, one byte
// before what may be missing. A reader never trusts a length: what does not fit the bytes that are there is refused,
// and nothing is reserved on the word of a stranger. Moments travel as their distance from the present, since the
// clocks of two machines have nothing in common.
// Knows no message. Types with members have a function `wire_fields(wire, x)` that names them once for both directions.
// Used by actors/remote.
#pragma once

#include "tripool/core/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tripool {

/// What stands for a moment that was never set; another one is at most so far away.
inline constexpr std::int64_t wire_no_moment = std::numeric_limits<std::int64_t>::min();
inline constexpr duration wire_moment_max = std::chrono::hours{24 * 365 * 10};

/// Writes values one behind the other.
class wire_writer {
public:
  static constexpr bool reads = false;

  /// `now`: on the clock of the moments that are written.
  explicit wire_writer(time_point now = {}) noexcept : now_(now) {}

  template <class... Ts>
  void operator()(const Ts&... xs) {
    (put(xs), ...);
  }
  std::string take() noexcept { return std::move(out_); }

private:
  template <class T>
    requires(std::integral<T> || std::is_enum_v<T>)
  void put(T x) {
    auto n = static_cast<std::uint64_t>(x);
    for (std::size_t i = 0; i < sizeof(T); ++i, n >>= 8U) out_.push_back(static_cast<char>(n & 0xffU));
  }
  void put(double x) {
    static_assert(sizeof(double) == sizeof(std::uint64_t));
    std::uint64_t n = 0;
    __builtin_memcpy(&n, &x, sizeof n);
    put(n);
  }
  void put(const std::string& x) {
    put(static_cast<std::uint64_t>(x.size()));
    out_.append(x);
  }
  template <class R, class P>
  void put(std::chrono::duration<R, P> x) {
    put(static_cast<std::int64_t>(x.count()));
  }
  void put(time_point x) {
    const auto far = std::clamp<duration>(x - now_, -wire_moment_max, wire_moment_max);
    put(x == time_point{} ? wire_no_moment : std::int64_t{far.count()});
  }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& xs) {
    for (const auto& x : xs) put(x);
  }
  template <class T>
  void put(const std::shared_ptr<const T>& x) {
    put(x != nullptr);
    if (x) put(*x);
  }
  template <class T>
  void put(const std::vector<T>& xs) {
    put(static_cast<std::uint64_t>(xs.size()));
    if constexpr (std::is_same_v<std::remove_cv_t<T>, std::byte>) {
      out_.append(reinterpret_cast<const char*>(xs.data()), xs.size());
    } else {
      for (const auto& x : xs) put(x);
    }
  }
  template <class T>
  void put(const std::optional<T>& x) {
    put(x.has_value());
    if (x) put(*x);
  }
  template <class... Ts>
  void put(const std::variant<Ts...>& x) {
    put(static_cast<std::uint8_t>(x.index()));
    std::visit([this](const auto& y) { this->put(y); }, x);
  }
  template <class T>
    requires(std::is_class_v<T>)
  void put(const T& x) {
    wire_fields(*this, const_cast<T&>(x)); // Names the members; a writer changes none.
  }

  std::string out_;
  time_point now_;
};

/// Reads what a writer has written. After the first thing that does not fit nothing more is read, and `ok` is false.
class wire_reader {
public:
  static constexpr bool reads = true;
  /// How deep values may stand in each other.
  static constexpr std::size_t depth_max = 16;

  /// What the elements of lists may take beyond a multiple of what was sent, so that a small list of large, empty
  /// elements is read.
  static constexpr std::uint64_t room = std::uint64_t{8} << 20U;

  /// `from` must outlive the reader. `now`: on the clock of whoever reads, for moments. `growth`: how many times as
  /// many bytes as were sent the elements of all lists may take in memory, besides `room`.
  explicit wire_reader(std::string_view from, time_point now = {}, std::uint64_t growth = 64) noexcept
    : left_(from), now_(now), room_(room + growth * from.size()) {}

  template <class... Ts>
  void operator()(Ts&... xs) {
    ((ok_ ? get(xs) : void()), ...);
  }
  void refuse() noexcept { ok_ = false; }
  bool ok() const noexcept { return ok_; }
  /// Whether all was read, and nothing is left.
  bool complete() const noexcept { return ok_ && left_.empty(); }

private:
  std::string_view bytes(std::uint64_t n) noexcept {
    if (n > left_.size()) {
      ok_ = false;
      return {};
    }
    const auto out = left_.substr(0, static_cast<std::size_t>(n));
    left_.remove_prefix(out.size());
    return out;
  }

  template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>)
  void get(T& x) {
    std::uint64_t n = 0;
    const auto from = bytes(sizeof(T));
    for (std::size_t i = from.size(); i > 0; --i) n = n << 8U | static_cast<unsigned char>(from[i - 1]);
    if (ok_) x = static_cast<T>(n);
  }
  void get(bool& x) {
    std::uint8_t n = 0;
    get(n);
    if (n > 1) ok_ = false;
    x = n == 1;
  }
  template <class T>
    requires(std::is_enum_v<T>)
  void get(T& x) {
    std::underlying_type_t<T> n{};
    get(n);
    x = static_cast<T>(n); // Its range is for the message to check: see `enum_below`.
  }
  void get(double& x) {
    std::uint64_t n = 0;
    get(n);
    __builtin_memcpy(&x, &n, sizeof x);
  }
  void get(std::string& x) {
    std::uint64_t n = 0;
    get(n);
    if (ok_) x = bytes(n);
  }
  template <class R, class P>
  void get(std::chrono::duration<R, P>& x) {
    std::int64_t n = 0;
    get(n);
    x = std::chrono::duration<R, P>{static_cast<R>(n)};
  }
  void get(time_point& x) {
    std::int64_t n = 0;
    get(n);
    const auto far = std::clamp(duration{n}, -wire_moment_max, wire_moment_max);
    x = n == wire_no_moment ? time_point{} : now_ + far;
  }
  template <class T, std::size_t N>
  void get(std::array<T, N>& xs) {
    for (auto& x : xs)
      if (ok_) get(x);
  }
  template <class T>
  void get(std::shared_ptr<const T>& x) {
    bool there = false;
    get(there);
    x.reset();
    if (!ok_ || !there) return;
    auto made = std::make_shared<T>();
    get(*made);
    x = std::move(made);
  }
  template <class T>
  void get(std::vector<T>& xs) {
    std::uint64_t n = 0;
    get(n);
    if (!ok_ || n > left_.size() || n > room_ / sizeof(T)) return refuse(); // Each takes a byte at least.
    room_ -= n * sizeof(T);
    xs.clear();
    if constexpr (std::is_same_v<T, std::byte>) {
      const auto from = bytes(n);
      const auto* first = reinterpret_cast<const std::byte*>(from.data());
      xs.assign(first, first + from.size());
    } else {
      for (; ok_ && n > 0; --n) get(xs.emplace_back());
    }
  }
  template <class T>
  void get(std::optional<T>& x) {
    bool there = false;
    get(there);
    x.reset();
    if (ok_ && there) get(x.emplace());
  }
  template <class... Ts>
  void get(std::variant<Ts...>& x) {
    std::uint8_t which = 0;
    get(which);
    if (!ok_ || which >= sizeof...(Ts)) return refuse();
    emplace(x, which, std::index_sequence_for<Ts...>{});
  }
  template <class Variant, std::size_t... I>
  void emplace(Variant& x, std::size_t which, std::index_sequence<I...>) {
    ((which == I ? get(x.template emplace<I>()) : void()), ...);
  }
  template <class T>
    requires(std::is_class_v<T>)
  void get(T& x) {
    if (++depth_ > depth_max) return refuse();
    wire_fields(*this, x);
    --depth_;
  }

  std::string_view left_;
  time_point now_;
  std::uint64_t room_; ///< Bytes that elements may still take.
  std::size_t depth_ = 0;
  bool ok_ = true;
};

/// For `wire_fields`: refuses an enumeration's value above `last` when it was read.
template <class Wire, class Enum>
void enum_below(Wire& w, Enum x, Enum last) {
  if constexpr (Wire::reads) {
    if (x > last) w.refuse();
  }
}

} // namespace tripool
