// Names of types made of other types' names, joined while compiling: "std::vector<std::int32_t>".
// Knows nothing of codecs. Used by the codecs of containers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace tripool::detail {

template <const std::string_view&... Parts>
struct joined {
  static constexpr auto storage = [] {
    std::array<char, (Parts.size() + ... + 0)> out{};
    auto at = out.begin();
    static_cast<void>(((at = std::copy(Parts.begin(), Parts.end(), at)), ...));
    return out;
  }();
  static constexpr std::string_view value{storage.data(), storage.size()};
};

inline constexpr std::string_view vector_opens = "std::vector<";
inline constexpr std::string_view array_opens = "tripool::array<";
inline constexpr std::string_view range_opens = "tripool::range<";
inline constexpr std::string_view multirange_opens = "tripool::multirange<";
inline constexpr std::string_view closes = ">";
inline constexpr std::string_view array_suffix = "[]";

} // namespace tripool::detail
