// The HTTP endpoint of `serve --http`: the status page, /healthz, /readyz, /status, /history, /events, /request, /why,
// /metrics and, where that is enabled, /control/... . On threads of its own; asks the actors by messages only, with a
// bound on every wait. docs/operating.md says what each path answers.
// Loopback addresses answer requests that name the loopback as their host; others need the token. Used by `serve`.
#pragma once

#include "service/http/address.hpp"
#include "service/http/control.hpp"
#include "service/http/observer.hpp"
#include "tripool/core/credentials/secret.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tripool::service {

/// How the endpoint is set up.
struct http_options {
  http_address at;
  secret token;             ///< Empty: none; allowed on loopback addresses only.
  bool control = false;     ///< Orders are taken.
  reload_function reload{}; ///< For the order `reload`; may be empty.
  std::string version;
  std::function<std::uint64_t()> log_lines_dropped{}; ///< For the metric; may be empty.
};

/// The running endpoint. `of` must outlive it.
class http_server {
public:
  /// Listens, or returns null and says why in `problem`.
  static std::unique_ptr<http_server> start(observer& of, http_options how, std::string& problem);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Where it listens; with the port that was chosen.
  const http_address& at() const noexcept;
  /// From now on /readyz says no.
  void begin_to_end() noexcept;

private:
  class impl;
  explicit http_server(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace tripool::service
