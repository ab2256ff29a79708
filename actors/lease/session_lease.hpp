// A connection lent for session work: SET, temporary tables, advisory locks, transactions by hand. Its state is thrown
// away when it comes back.
// Holds no policy (see lease_machine). Started by the connection that lends its session.
#pragma once

#include "tripool/actors/lease/borrowed_session.hpp"

namespace tripool {

/// The actor. Messages: statement, batch, begin, commit, rollback, release.
class session_lease final : public borrowed_session {
public:
  using borrowed_session::borrowed_session;
  const char* name() const override { return "tripool.session_lease"; }

private:
  caf::message_handler commands() override;
  std::shared_ptr<const loan> make_loan(session_handle x) override;
};

} // namespace tripool
