// Sees a plain struct as a list of its members, in the order of their declaration, so that a row can be read into it.
// Works for structs of up to 16 members without base classes, constructors and arrays; every member must be
// default-constructible. Knows nothing of rows. Used by row.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>

namespace tripool::detail {

inline constexpr std::size_t members_max = 16;

// clang-format off
// Whether a T can be made from so many empty braces: it has at least as many members.
template <class T> concept has_1 = requires { T{{}}; };
template <class T> concept has_2 = requires { T{{}, {}}; };
template <class T> concept has_3 = requires { T{{}, {}, {}}; };
template <class T> concept has_4 = requires { T{{}, {}, {}, {}}; };
template <class T> concept has_5 = requires { T{{}, {}, {}, {}, {}}; };
template <class T> concept has_6 = requires { T{{}, {}, {}, {}, {}, {}}; };
template <class T> concept has_7 = requires { T{{}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_8 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_9 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_10 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_11 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_12 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_13 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_14 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_15 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_16 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T> concept has_17 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };

/// The number of members of a struct; `members_max + 1` when it has more.
template <class T>
constexpr std::size_t member_count() noexcept {
  if constexpr (has_17<T>) return 17;
  else if constexpr (has_16<T>) return 16;
  else if constexpr (has_15<T>) return 15;
  else if constexpr (has_14<T>) return 14;
  else if constexpr (has_13<T>) return 13;
  else if constexpr (has_12<T>) return 12;
  else if constexpr (has_11<T>) return 11;
  else if constexpr (has_10<T>) return 10;
  else if constexpr (has_9<T>) return 9;
  else if constexpr (has_8<T>) return 8;
  else if constexpr (has_7<T>) return 7;
  else if constexpr (has_6<T>) return 6;
  else if constexpr (has_5<T>) return 5;
  else if constexpr (has_4<T>) return 4;
  else if constexpr (has_3<T>) return 3;
  else if constexpr (has_2<T>) return 2;
  else if constexpr (has_1<T>) return 1;
  else return 0;
}
// clang-format on

/// A struct whose members can be filled one by one.
template <class T>
concept plain_struct = std::is_class_v<T> && std::is_aggregate_v<T> && std::default_initializable<T>;

/// References to the members of `x`, as a tuple.
template <plain_struct T>
auto members_of(T& x) {
  constexpr std::size_t count = member_count<T>();
  static_assert(count >= 1 && count <= members_max, "a row can be read into a struct of 1 to 16 members");
  if constexpr (count == 1) {
    auto& [a] = x;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = x;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = x;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = x;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = x;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = x;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = x;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = x;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = x;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (count == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (count == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (count == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (count == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (count == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  }
}

} // namespace tripool::detail
