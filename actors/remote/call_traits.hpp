// What the caller's proxy must know of each call before it is sent: its time, whether sending it twice does harm, and
// whether it writes. Used by remote_delegate.cpp only.
#pragma once

#include "tripool/actors/remote/envelope.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>

namespace tripool {

template <class T, class... Ts>
inline constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);
template <class T>
inline constexpr bool is_order = is_one_of<T, acquire, begin, copy_in, copy_out, open_stream>;
/// Looks at a node, and changes nothing.
template <class T>
inline constexpr bool is_look =
  is_one_of<T, get_service_status, get_events, get_causes, get_request, get_moves, get_node_facts>;

/// The time that a call asks for; 0: none.
inline std::chrono::milliseconds timeout_of(const remote_call_body& x) {
  return std::visit(
    [](const auto& y) -> std::chrono::milliseconds {
      using body = std::decay_t<decltype(y)>;
      if constexpr (std::is_same_v<body, open_stream>) {
        return y.what.timeout;
      } else if constexpr (std::is_same_v<body, statement_list>) {
        std::chrono::milliseconds longest{0};
        for (const auto& s : y.statements) {
          if (s.timeout.count() <= 0) return std::chrono::milliseconds{0};
          longest = std::max(longest, s.timeout);
        }
        return longest;
      } else if constexpr (requires { y.timeout; }) {
        return y.timeout;
      } else {
        return std::chrono::milliseconds{0};
      }
    },
    x);
}

/// Gives it the time that is left.
inline void give_time(remote_call_body& x, std::chrono::milliseconds left) {
  std::visit(
    [left](auto& y) {
      using body = std::decay_t<decltype(y)>;
      if constexpr (std::is_same_v<body, open_stream>) {
        y.what.timeout = left;
      } else if constexpr (std::is_same_v<body, statement_list>) {
        for (auto& s : y.statements) s.timeout = s.timeout.count() > 0 ? std::min(s.timeout, left) : left;
      } else if constexpr (requires { y.timeout; }) {
        y.timeout = left;
      }
    },
    x);
}

template <class T>
bool harmless_alone(const T& x) {
  return x.mode == access::read || x.repeatable || !x.token.empty();
}

/// Whether sending it again after its answer was lost does no harm. Orders: nobody got the session of the first.
inline bool is_harmless(const remote_call_body& x) {
  return std::visit(
    [](const auto& y) {
      using body = std::decay_t<decltype(y)>;
      if constexpr (std::is_same_v<body, statement> || std::is_same_v<body, batch>) {
        return harmless_alone(y);
      } else if constexpr (std::is_same_v<body, statement_list>) {
        return std::all_of(y.statements.begin(), y.statements.end(), [](const auto& s) { return harmless_alone(s); });
      } else {
        return is_order<body> || is_look<body> || is_one_of<body, create_tokens, clean_tokens, withdraw_token>;
      }
    },
    x);
}

/// Whether it may change something.
inline bool may_write(const remote_call_body& x) {
  return std::visit(
    [](const auto& y) {
      using body = std::decay_t<decltype(y)>;
      if constexpr (std::is_same_v<body, statement> || std::is_same_v<body, batch>) {
        return y.mode == access::write;
      } else {
        return !is_order<body> && !is_look<body>;
      }
    },
    x);
}

} // namespace tripool
