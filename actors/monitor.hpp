// Watches the servers of all pools by probes on connections of its own, judges their health, publishes the routing
// table, and finds another place for the requests that a pool could not serve.
// Holds no policy: health_machine, routing, retry_policy and parking decide. Supervised by the manager; what it must
// not forget over a restart (the timeline fence) is in the environment.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/credentials/session_renewal.hpp"
#include "tripool/core/health/circuit_breaker.hpp"
#include "tripool/core/health/health_machine.hpp"
#include "tripool/core/retry/retry_budget.hpp"
#include "tripool/core/routing/parking.hpp"
#include "tripool/core/util/random.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool {

struct credential_changed_msg;

/// The actor. Messages: topology_msg, moved_msg, unroutable_msg, trouble_msg, reported_msg, probe_msg, get_status ->
/// monitor_status, and those of its probing connections.
class monitor_actor final : public loop_actor {
public:
  monitor_actor(caf::actor_config& cfg, environment_ptr env, caf::actor delegate);
  const char* name() const override { return "tripool.monitor"; }

private:
  /// A connection that may take a prober's place.
  struct opened_successor {
    time_point at{};
    std::uint64_t as_of = 0;
  };
  /// What the monitor knows and does about one pool.
  struct watched {
    watched(health_machine x, const pool_options& o) : health(std::move(x)), retries(o.retries), breaker(o.breaker) {}
    health_machine health;
    retry_budget retries;
    circuit_breaker breaker;
    std::optional<bool> out; ///< What its actor has been told last: to hand back what it has, or to serve.
    caf::actor prober;       ///< The probing connection, while there is one.
    bool prober_open = false;
    time_point prober_opened{};
    session_renewal renewal;               ///< Of the prober, after a change of what it was opened with.
    caf::actor successor;                  ///< The connection that is to take the prober's place.
    std::optional<opened_successor> ready; ///< It is open, and waits for the probe that is under way.
    std::uint64_t serial = 0;              ///< Of the probe that is under way.
    bool under_way = false;
    time_point sent_at{};
    std::uint64_t probes_sent = 0;
    std::uint64_t completed_seen = 0;
    std::uint64_t broken_seen = 0;
    bool pool_answers = false;
  };

  caf::behavior make_behavior() override;
  caf::behavior handlers();
  void on_drained() override;
  void on_end() override;

  // -- probing (monitor_probe.cpp) ---------------------------------------------------------------------------------
  void probe_what_is_due();
  bool can_probe(const watched& p) const noexcept;
  void begin_probe(std::size_t i);
  void send_probe(std::size_t i);
  void ask_for_positions();
  void note_position(std::size_t i, const server_facts& x);
  void probe_late(std::size_t i);
  void drop_prober(std::size_t i);
  void session_opened(const caf::actor_addr& who, std::uint64_t as_of);
  void session_ended(const caf::actor_addr& who, const connection_end* how);
  void prober_ended(std::size_t i, const connection_end* how);
  void probe_ended(probe_msg& x);
  std::optional<std::size_t> prober_index(const caf::actor_addr& who) const;
  void apply(std::size_t i, const health_effects& e);

  // -- other secrets (monitor_renewal.cpp) -------------------------------------------------------------------------
  void credential_changed(const credential_changed_msg& x);
  void renew_probers();
  /// One successor at a time: another change, while it is on its way, waits for it.
  bool can_renew(const watched& p) const noexcept {
    return who_.carrier && p.prober_open && !p.under_way && !p.successor;
  }
  caf::actor spawn_prober(std::size_t i);
  void dial_successor(std::size_t i);
  void drop_successor(std::size_t i);
  void successor_opened(std::size_t i, std::uint64_t as_of);
  void successor_ended(std::size_t i);
  void take_over(std::size_t i);
  std::optional<std::size_t> successor_index(const caf::actor_addr& who) const;

  // -- what is worth remembering (monitor_events.cpp) ----------------------------------------------------------------
  void note(event_kind kind, severity weight, std::size_t pool, std::string sqlstate, std::string text);
  void note_health(std::size_t i, const health_effects& e);
  void note_trouble(std::size_t i, const trouble_effect& x);
  void note_writer();

  // -- protection (monitor_guard.cpp) ------------------------------------------------------------------------------
  void count_outcomes(std::size_t i, std::uint64_t answered, time_point t);
  bool may_send_again(moved_request& x, time_point t);
  void trial_ended(std::size_t i, bool success);
  void circuit_changed(std::size_t i, time_point t);
  health_snapshot snapshot_of(std::size_t i) const;
  void describe_guards(const watched& p, monitored_pool& to, time_point t) const;

  // -- routing (monitor.cpp) ---------------------------------------------------------------------------------------
  void rebuild();
  void set_pool_states();
  void replace_outbox();
  void place(moved_request x, time_point t);
  void offer(moved_request x, time_point t);
  bool has_room(std::size_t i, const pool_load& x) const noexcept;
  void turned_away(moved_request x, time_point t);
  void send_home(request_ptr r, std::string_view pool, time_point t);
  std::optional<std::size_t> pool_for(const tripool::request& r, std::span<const pool_load> loads, bool untried_only);
  bool untimely(std::size_t i, const tripool::request& r) const;
  bool bounced(const tripool::request& r, const failure& why, time_point t);
  void note_move(tripool::request& r, std::size_t to, const failure& why, time_point t);
  void hand_over(std::size_t to, request_ptr r);
  void retry_parked();
  void answer(moved_request x);
  std::string_view lasting_name(std::string_view name) const noexcept;
  void note_served();
  monitor_status status() const;

  environment_ptr env_;
  caf::actor delegate_;
  topology_msg who_;
  std::vector<watched> pools_;
  std::shared_ptr<const routing_table> table_;
  std::optional<std::string> writer_; ///< The pool that took writes when it was noted last; empty: none.
  parking& parked_;
  time_point delegate_looks_at_ = time_point::max(); ///< When the first of those that wait has to be answered.
  std::optional<time_point> retry_at_; ///< When what waits there is tried again, whatever happens meanwhile.
  splitmix64 random_;
  bool dirty_ = true;
  bool heard_ = false;                               ///< A server in trouble has answered: what waits may go to it.
  std::vector<std::vector<request_ptr>> outbox_;     ///< By pool; sent when the batch of messages is done.
  std::vector<std::vector<request_ptr>> not_served_; ///< Likewise: what goes back to the pool that has offered it.
  std::uint64_t moved_count_ = 0;
  std::uint64_t parked_count_ = 0;
  std::uint64_t answered_count_ = 0;
};

} // namespace tripool
