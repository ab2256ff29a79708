// One transaction on a connection of its own: open when the borrower gets the handle, committed or rolled back when the
// borrower says so, and rolled back when it does not.
// Holds no policy (see lease_machine). Started by the connection that lends its session.
#pragma once

#include "tripool/actors/lease/borrowed_session.hpp"

namespace tripool {

/// The actor. Messages: statement, batch, commit, rollback, savepoint, rollback_to, release_savepoint.
class transaction final : public borrowed_session {
public:
  using borrowed_session::borrowed_session;
  const char* name() const override { return "tripool.transaction"; }

private:
  caf::message_handler commands() override;
  std::shared_ptr<const loan> make_loan(session_handle x) override;
};

} // namespace tripool
