// What changes hands when a connection is lent: the session itself, with what its owner must know of it; and how the
// borrower's handle travels in the answer to its order.
// Used by the connection, the borrowed sessions and the responder.
#pragma once

#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/pipeline/statement_cache.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"

#include <caf/response_promise.hpp>

#include <memory>
#include <string>
#include <utility>

namespace tripool {

/// A session on its way to a borrower or back. Nothing is on its wire.
struct lent_session {
  std::unique_ptr<session> wire;
  server_info server;
  statement_cache statements{0};
  bool reset = false; ///< On its way back: its state was thrown away, prepared statements and all.
  time_point last_activity{};
};

/// Where a session comes from and goes back to.
struct lender {
  caf::actor home; ///< The connection.
  std::size_t pool = 0;
  connection_id id = 0;
};

/// A handle in an answer, opaque to core.
class session_loan : public loan {
public:
  /// Answers the borrower with the handle.
  virtual void deliver(caf::response_promise& to) const = 0;
};

/// The loan of one kind of handle.
template <class Handle>
class loan_of final : public session_loan {
public:
  explicit loan_of(Handle x) : handle_(std::move(x)) {}
  void deliver(caf::response_promise& to) const override { to.deliver(handle_); }

private:
  Handle handle_;
};

} // namespace tripool
