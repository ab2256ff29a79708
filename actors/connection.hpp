// One database session as an actor: asks for a credential, resolves the name, dials, sends what its owner hands it,
// brings the answers straight to the callers, and ends when the session does.
//
//   credential -> resolving -> dialling -> open <-> lent -> closing -> (ended)
//        \____________\____________\_________\________\_________/  any failure: ended_msg to the owner
//
// On an order it moves its session to a borrowed session's actor (actors/lease) and takes it back, or hears of its
// loss. Holds no policy: what may share the session and what an answer proves is pipeline_machine's. Its owner is a
// pool, the monitor for its probes, or the listener. When the owner dies it finishes what is on the wire and ends.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/pipeline/pipeline_machine.hpp"

#include <memory>
#include <optional>
#include <string>

namespace tripool {

/// Who a connection works for.
struct connection_owner {
  caf::actor who;
  caf::actor carrier;
  std::size_t pool = 0; ///< Index of the pool in the configuration.
  connection_id id = 0;
  bool probing = false;   ///< Belongs to the monitor or the listener: what it cannot serve is answered, not moved.
  bool listening = false; ///< Belongs to the listener: wants to hear what is notified.
};

/// The actor. Messages: dispatch_msg, cancel_msg, close_msg, get_status -> connection_status, and those of its borrowed
/// session.
class connection final : public loop_actor, private io_handler, private session_sink {
public:
  connection(caf::actor_config& cfg, environment_ptr env, connection_owner owner);
  ~connection() override;
  const char* name() const override { return "tripool.connection"; }

private:
  enum class phase : std::uint8_t { credential, resolving, dialling, open, lent, closing, ended };

  caf::behavior make_behavior() override;
  void on_drained() override;
  void on_end() override;

  // -- io_handler --------------------------------------------------------------------------------------------------
  void on_io(bool readable, bool writable) override;
  void on_ready(bool readable, bool writable);

  // -- session_sink ------------------------------------------------------------------------------------------------
  void on_open(const server_info& info) override;
  void on_result(wire_result&& x) override;
  void on_lost(session_loss&& x) override;
  void on_notice(server_message&& x) override;
  void on_notification(std::string_view channel, std::string_view payload, std::int32_t backend_pid) override;
  void on_parameter(std::string_view name, std::string_view value) override;

  void got_credential(const credential_lease& x);
  void resolve();
  void dial(std::string address);
  void turn();
  void carry_out_effects();
  /// Gives the session the newest snapshot of its database's types.
  void learn_types();
  /// Asks for a newer one where a request names a type that it does not have.
  void note_types(const tripool::request& r);
  void forward_moved(std::vector<moved_request> all);
  void send_cancel();
  // -- lending (connection_lend.cpp) -------------------------------------------------------------------------------
  void take_order(request_ptr r);
  void lend_if_quiet();
  void session_back(session_back_msg& x);
  void recall(const std::string& reason, bool at_once);
  void borrower_down();
  void watch();
  void unwatch() noexcept;
  void close(const std::string& reason, bool at_once);
  void give_up(const std::string& reason);
  void take_back_cancelled();
  void give_held_up_back();
  void owner_died();
  void fail_dial(std::string message);
  void fail_locally(std::string message);
  void end(connection_end how);
  void plan_wake();
  connection_status status();
  const pool_options& limits() const { return config_->pools[owner_.pool]; }

  environment_ptr env_;
  std::uint64_t known_;                   ///< The newest change before the next member was read.
  std::shared_ptr<const options> config_; ///< In force when it was started.
  connection_owner owner_;
  phase phase_ = phase::credential;
  time_point born_;
  std::optional<time_point> dial_until_;
  std::optional<time_point> closing_until_; ///< Then what is still on the wire is in doubt.
  std::shared_ptr<const credential> credential_;
  std::uint64_t credential_generation_ = 0;
  std::uint64_t as_of_ = 0; ///< The newest change that its dial knew of.
  std::unique_ptr<session> session_;
  pipeline_machine machine_;
  server_info server_;
  watch_interest watched_;
  bool flushed_ = true;
  std::uint64_t types_seen_ = 0; ///< Version of the snapshot that the session has.
  bool was_open_ = false;
  time_point reading_at_{};  ///< When what is being read had arrived.
  std::uint64_t served_ = 0; ///< Answers that the gauge does not count yet.
  /// Keeps it alive until it has ended: an owner that dies drops its handle, and CAF would destroy the actor before it
  /// had heard of that, with requests on the wire.
  caf::strong_actor_ptr self_;
  std::optional<session_loss> lost_;
  std::vector<request_ptr> early_;  ///< Came before the session was open.
  std::vector<notification> heard_; ///< Not yet handed to the owner.
  request_ptr order_;               ///< Waits until nothing is on the wire any more.
  caf::actor lent_to_;              ///< The borrowed session, while it has the session.
  std::string lent_as_;
  std::string borrower_;
  time_point lent_since_{};
};

} // namespace tripool
