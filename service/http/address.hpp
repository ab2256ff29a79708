// Addresses to listen at, as operators write them: "127.0.0.1:9187", "[::1]:9187", "localhost:9187", ":9187".
// Pure. Used by `serve --http` and by the commands that ask a running service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool::service {

/// Where an endpoint listens.
struct http_address {
  std::string host;
  std::uint16_t port = 0; ///< 0: any free one.

  /// Only this machine can reach it.
  bool is_loopback() const noexcept;
  /// "http://127.0.0.1:9187"
  std::string url() const;
};

/// Reads one. A missing host is 127.0.0.1. Nothing: it is none; `problem` says why.
std::optional<http_address> read_http_address(std::string_view text, std::string& problem);

/// Whether a request's Host header names this machine itself: what a browser sends for a page that was opened by the
/// address of the loopback, and not what it sends for a stranger's name that resolves to it.
bool names_loopback(std::string_view host_header) noexcept;

} // namespace tripool::service
