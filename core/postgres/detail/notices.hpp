// Collects what the server says out of turn: warnings, notices, and the FATAL that ends an idle session.
// libpq calls its notice receiver from inside its parser, where a sink must not be called: so they are kept here until
// the session is back in its own code. Used by the session.
#pragma once

#include "tripool/core/postgres/detail/results.hpp"

#include <string>
#include <vector>

namespace tripool::postgres {

/// The notice receiver of one connection. Must outlive the connection and not move while it is installed.
class notice_buffer {
public:
  notice_buffer() = default;
  notice_buffer(const notice_buffer&) = delete;
  notice_buffer& operator=(const notice_buffer&) = delete;

  /// From now on the connection's notices come here.
  void install(PGconn* conn) noexcept;

  bool empty() const noexcept { return waiting_.empty(); }
  /// The notices that came since the last call, in their order.
  std::vector<server_message> take() noexcept { return std::exchange(waiting_, {}); }

  /// The FATAL that came out of turn, if one did: the session is over.
  const std::optional<server_message>& fatal() const noexcept { return fatal_; }
  /// The warning by which a server in immediate shutdown, or one that lost a sibling process, says goodbye: it sends no
  /// FATAL then. It only explains a loss that follows.
  const std::optional<server_message>& farewell() const noexcept { return farewell_; }

private:
  static void receive(void* self, const PGresult* x) noexcept;

  std::vector<server_message> waiting_;
  std::optional<server_message> fatal_;
  std::optional<server_message> farewell_;
};

} // namespace tripool::postgres
