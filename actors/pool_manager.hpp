// Starts the credential carrier, the pools, the monitor and the listener, starts again what dies, tells everybody where
// the others are, and drains them at the end. A manager that is itself started again adopts the children that still
// live. Supervised by the delegate. Knows nothing of requests.
#pragma once

#include "tripool/actors/credential_carrier.hpp"
#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/retry/restart_budget.hpp"
#include "tripool/core/util/random.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// The actor. Messages: drain_msg, drained_msg, get_status -> manager_status.
class pool_manager final : public loop_actor {
public:
  /// `adopted`: children of a manager that died; those that are dead too are started again.
  pool_manager(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets,
               caf::actor delegate, topology_msg adopted);
  const char* name() const override { return "tripool.pool_manager"; }

private:
  /// One supervised actor: the carrier, the monitor, the listener or a pool.
  struct child {
    std::string name;
    caf::actor who;
    restart_budget budget;
    std::optional<time_point> start_at; ///< Due to be started.
    bool drained = false;
  };

  caf::behavior make_behavior() override;
  void on_drained() override;
  void on_end() override;

  void adopt(child& c, const caf::actor& who);
  void start_due();
  caf::actor spawn_child(std::size_t i);
  void died(const caf::down_msg& x);
  void note(event_kind kind, severity weight, const child& about, std::string text);
  void publish();
  void drain(const drain_msg& x);
  void finish_if_drained();
  void end_children();
  topology_msg topology() const;

  static constexpr std::size_t carrier_index = 0;
  static constexpr std::size_t monitor_index = 1;
  static constexpr std::size_t listener_index = 2;
  static constexpr std::size_t first_pool = 3;

  environment_ptr env_;
  std::shared_ptr<const secret_store> secrets_;
  caf::actor delegate_;
  std::vector<child> children_;
  splitmix64 random_;
  bool draining_ = false;
  bool changed_ = true;
};

} // namespace tripool
