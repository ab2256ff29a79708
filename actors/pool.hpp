// One pool as an actor: feeds its machine with messages and moments, and carries out what the machine decides: starts
// and closes connections, hands requests to them, passes on to the monitor what it cannot serve.
// Holds no policy. Supervised by the manager; its connections watch it and finish their work when it dies.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/pool/pool_machine.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// The actor. Messages: submit_msg, cancel_msg, suspend_msg, resume_msg, evict_msg, drain_msg, topology_msg,
/// heartbeat_msg -> pool_status, get_status -> pool_status (with its connections), and those of its connections.
class pool final : public loop_actor {
public:
  /// `who`: where the monitor and the carrier are at present.
  pool(caf::actor_config& cfg, environment_ptr env, std::size_t index, topology_msg who, caf::actor manager);
  const char* name() const override { return "tripool.pool"; }
  subtype_t subtype() const override { return loop() ? late_job : loop_actor::subtype(); }

private:
  caf::behavior make_behavior() override;
  caf::behavior handlers();
  void on_drained() override;
  void on_end() override;

  void carry_out_effects();
  void carry_out(dial_effect& x);
  void carry_out(dispatch_effect& x);
  void carry_out(give_back_effect& x);
  void carry_out(close_effect& x);
  void carry_out(move_effect& x);
  void hand_over(moved_msg x);
  void carry_out(fail_effect& x);
  void carry_out(trouble_effect& x);
  void carry_out(drained_effect& x);
  void reloaded(const reloaded_msg& x);
  void renew(std::uint64_t generation);
  void recycle_for_change();
  void connection_down(const caf::down_msg& x);
  void forget(connection_id id);
  bool answer_cancelled(const request_ptr& r);
  void answer_status(caf::response_promise to);
  void publish_load();
  void note(event_kind kind, severity weight, std::string sqlstate, std::string text);
  void note_end(const connection_end& how);
  void note_overload();
  void load_types_if_wanted();
  const pool_options& limits() const { return config_->pools[index_]; }

  environment_ptr env_;
  std::shared_ptr<const options> config_; ///< In force when it was started, or reloaded last.
  std::size_t index_;
  topology_msg who_;
  caf::actor manager_;
  pool_machine machine_;
  std::vector<pool_effect> effects_;
  std::vector<pool_effect> carrying_; ///< Those that are being carried out; kept for its memory.
  bool overloaded_ = false;           ///< As the subscribers have been told.
  std::uint64_t shed_seen_ = 0;
  time_point shed_at_{};
  bool opened_ = false;        ///< A connection of this pool has been open.
  bool close_at_once_ = false; ///< The closes among the effects are a fenced server's.
  std::map<connection_id, caf::actor> connections_;
};

} // namespace tripool
