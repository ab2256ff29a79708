// The simple pool: one server, one pool of connections, no monitor and no failover. What serves when resilience is
// switched off, or when the resilient part cannot run. It is a small supervisor of the same actors - a pool, a
// credential carrier of its own, a listener - in surroundings of its own, so that nothing of it hangs on the part that
// failed. What its pool cannot serve gets another attempt there (simple_retry.hpp), or its answer.
// Knows no routing. Started, drained and ended by the delegate (fallback_desk.hpp).
#pragma once

#include "tripool/actors/credential_carrier.hpp"
#include "tripool/actors/environment.hpp"
#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/fallback/timeline_desk.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/core/retry/restart_budget.hpp"
#include "tripool/core/util/random.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// Returns surroundings with one pool: the simple pool for the server of pool `of`. Loop, sessions, log and audit are
/// those of `whole`; counters and gauges are its own.
environment_ptr simple_environment(const environment& whole, std::size_t of);

/// Returns the secrets for those surroundings: what `all` has for pool `of`, under the simple pool's name.
std::shared_ptr<const secret_store> simple_secrets(const secret_store& all, const environment& whole, std::size_t of);

/// The actor. Messages: submit_msg, cancel_msg, suspend_msg, resume_msg, evict_msg, drain_msg, get_status ->
/// manager_status (its children), and those of its children.
class simple_pool final : public loop_actor {
public:
  /// `env` and `secrets` as made by the functions above.
  simple_pool(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets,
              caf::actor delegate);
  const char* name() const override { return "tripool.simple_pool"; }

private:
  enum child_index : std::size_t { pool_child, carrier_child, listener_child };
  struct child {
    std::string name;
    caf::actor who;
    restart_budget budget;
    std::optional<time_point> start_at;
  };

  caf::behavior make_behavior() override;
  void on_drained() override;
  void on_end() override;

  void start_due();
  caf::actor spawn_child(std::size_t i);
  void died(const caf::down_msg& x);
  void publish();
  void submit(request_ptr r);
  bool can_take(const tripool::request& r) const noexcept;
  std::string why_they_wait() const;
  void let_in();
  void ask_for_timeline();
  void judge_positions(const timeline_told_msg& x);
  void place(moved_request x);
  std::optional<time_point> expire_waiting();
  void drain(const drain_msg& x);
  void finish();
  topology_msg topology();

  environment_ptr env_;
  std::shared_ptr<const secret_store> secrets_;
  caf::actor delegate_;
  std::array<child, 3> children_;
  splitmix64 random_;
  std::vector<request_ptr> outbox_;  ///< For the pool, sent when the batch of messages is done.
  std::vector<request_ptr> waiting_; ///< For the pool, or for the server's timeline; bounded by queue_max.
  timeline_desk timeline_;
  std::vector<moved_request> back_; ///< For the delegate.
  std::optional<bool> in_hot_standby_;
  std::optional<failure> fenced_; ///< Why its server may not serve, which outlives its pool.
  bool changed_ = true;
  bool draining_ = false;
};

} // namespace tripool
