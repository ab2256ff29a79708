// A session that was borrowed on another node, as its borrower here has it: takes the messages of a lease, transaction,
// stream or COPY and passes them on to the remote delegate with the session's number. Ends with the last handle and
// with its borrower; the other node is told.
// Used by remote_delegate only.
#pragma once

#include "tripool/actors/remote/remote_delegate.hpp"

namespace tripool {

/// The actor. Messages: those of a borrowed session.
class remote_session final : public loop_actor {
public:
  /// `atomic`: a transaction. `borrower`: ends it with its own end; may be invalid.
  remote_session(caf::actor_config& cfg, caf::actor to, node_index node, std::uint64_t link, std::uint64_t session,
                 bool atomic, caf::actor_addr borrower);
  const char* name() const override { return "tripool.remote_session"; }

  /// What keeps it alive: see session_handle::hold.
  static std::shared_ptr<const void> hold_of(const caf::actor& who);

private:
  caf::behavior make_behavior() override;
  caf::message_handler transactions();
  void on_end() override;
  template <class Body>
  session_call_msg wrap(Body x) const {
    return {node_, link_, session_, atomic_, std::move(x)};
  }

  caf::actor to_;
  node_index node_;
  std::uint64_t link_;
  std::uint64_t session_;
  bool atomic_;
  caf::actor_addr borrower_;
};

} // namespace tripool
