// cpp-httplib's server with bounds of its own on each connection: one request, so that a body that nobody read is never
// taken for more requests; so many bytes; and so much time, however slowly it comes. The library counts its time for
// each read anew, and its bytes not at all. Knows nothing of what is asked. Used by the HTTP endpoint.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstddef>

namespace tripool::service {

/// What a connection may cost.
struct connection_bounds {
  std::size_t bytes_max = 128 * 1024;               ///< Of a request: line, headers and body.
  std::chrono::milliseconds first_byte_limit{2000}; ///< Until it says something at all.
  std::chrono::milliseconds silence_limit{3000};    ///< Between two parts of a request.
  std::chrono::milliseconds request_limit{10'000};  ///< For the whole request.
  std::chrono::milliseconds crowded_limit{1000};    ///< The same while others wait for a thread.
  std::chrono::milliseconds write_limit{5000};      ///< For a part of the answer.
  std::chrono::milliseconds answer_limit{20'000};   ///< For the whole answer.
  std::chrono::milliseconds farewell_limit{500};    ///< For the other end to close, when the answer is out.
};

/// The server. Its threads are `server_threads`.
class bounded_server final : public httplib::Server {
public:
  bounded_server();

  const connection_bounds& bounds() const noexcept { return bounds_; }
  /// Connections wait for a thread.
  bool crowded() const noexcept { return waiting_ > 0; }
  bool ending() const noexcept { return svr_sock_ == INVALID_SOCKET; }

private:
  bool process_and_close_socket(socket_t sock) override;

  connection_bounds bounds_;
  std::atomic<std::size_t> waiting_{0};
};

} // namespace tripool::service
