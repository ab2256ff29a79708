// The one session that listens for all subscribers: dialled to the writable server while anybody subscribes, moved when
// the writable server changes, checked when it has been silent, dialled again when it is lost. Hands notifications and
// the news of its session to the delegate, which keeps the subscriptions: a listener that dies loses none.
// Holds no policy: listen_machine decides. Supervised by the manager.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/credentials/session_renewal.hpp"
#include "tripool/core/listen/listen_machine.hpp"
#include "tripool/core/util/random.hpp"

#include <optional>
#include <string>

namespace tripool {

/// The actor. Messages: listen_to_msg, routing_msg, topology_msg, credential_changed_msg, reloaded_msg, get_status ->
/// listener_status, and those of its connection.
class listener final : public loop_actor {
public:
  listener(caf::actor_config& cfg, environment_ptr env, caf::actor delegate);
  const char* name() const override { return "tripool.listener"; }

private:
  caf::behavior make_behavior() override;
  void on_drained() override;
  void on_end() override;

  void carry_out(const dial_session_effect& x);
  void carry_out(const drop_session_effect& x);
  void carry_out(listen_order_effect& x);
  void carry_out(const listening_effect& x);
  void carry_out(const not_listening_effect& x);
  caf::actor spawn_session(std::size_t pool, connection_id id);
  void session_ended(std::string why, std::string sqlstate);
  void drop_session();
  void hear(notifications_msg& x);
  void note(event_kind kind, severity weight, std::string sqlstate, std::string text);
  bool from_session() const;
  // -- other secrets (listener_renewal.cpp) ------------------------------------------------------------------------
  void changed(std::size_t pool, std::uint64_t generation, duration spread);
  void begin_renewal(std::size_t pool);
  void renew_session();
  bool can_renew() const noexcept;
  bool from_successor() const;
  void successor_opened(const opened_msg& x);
  void successor_ended();
  void drop_successor();
  listener_status status() const;

  environment_ptr env_;
  caf::actor delegate_;
  topology_msg who_;
  listen_machine machine_;
  splitmix64 random_;
  caf::actor session_; ///< The connection, while there is one.
  connection_id session_id_ = 0;
  server_info server_;
  time_point since_; ///< The session was dialled.
  session_renewal renewal_;
  std::vector<std::uint64_t> newest_; ///< By pool: the newest change of what sessions with its server are opened with.
  caf::actor successor_;              ///< The connection that is to take the session's place.
  connection_id successor_id_ = 0;
  time_point successor_since_;
  listener_status counts_;
};

} // namespace tripool
