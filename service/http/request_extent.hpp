// How far a request reaches in the bytes that have come so far: enough to know when it can be answered, and no more.
// What it says, and whether it may, others decide. Standard library only. Used by the endpoint's connections.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tripool::service {

/// The request at the beginning of some bytes.
struct request_extent {
  std::size_t head = 0;         ///< Bytes of its first line and headers, with the empty line.
  std::size_t body = 0;         ///< Bytes behind those that belong to it and are worth waiting for.
  bool awaits_go_ahead = false; ///< The body comes when it is told to (Expect: 100-continue), or after a while.
};

/// Nothing while the headers have not ended. `searched` bytes were looked at before in vain. A body is waited for only
/// if it is a POST's whose length is known beforehand and at most `body_max`: all others are refused unread.
std::optional<request_extent> extent_of(std::string_view bytes, std::size_t searched, std::size_t body_max);

} // namespace tripool::service
