// The one handle that callers hold: takes statements and batches, checks them, gives each its deadline and its one
// debt of an answer, and hands it to the pool that the routing table names. Supervises the manager.
// Holds no policy: statement checks, routing and deadlines are core's. Lives as long as the service.
#pragma once

#include "tripool/actors/credential_carrier.hpp"
#include "tripool/actors/environment.hpp"
#include "tripool/actors/event_desk.hpp"
#include "tripool/actors/fallback/fallback_desk.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/actors/request_observer.hpp"
#include "tripool/actors/responder.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/actors/subscription_desk.hpp"
#include "tripool/core/request/cancel_index.hpp"
#include "tripool/core/retry/restart_budget.hpp"
#include "tripool/core/statement/traits_cache.hpp"
#include "tripool/core/util/random.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// Callers by their address; messages without a sender share one.
struct caller_hash {
  std::size_t operator()(const caf::actor_addr& x) const noexcept { return x ? std::hash<caf::actor_addr>{}(x) : 0; }
};
using cancellable_index = cancel_index<caf::actor_addr, caller_hash>;

/// How a request may be cancelled by its caller. Orders for a session end with their borrower anyway.
struct cancelling {
  std::uint64_t key = 0;
  bool with_caller = false;
  bool wanted() const noexcept { return key != 0 || with_caller; }
};
template <class Body>
cancelling cancelling_of(const Body& x) noexcept {
  if constexpr (requires { x.cancel_key; }) return {x.cancel_key, x.cancel_with_caller};
  return {};
}

/// The actor. Messages: statement -> result, batch -> reply, statement_list -> list_reply, cancel_request ->
/// cancel_reply, acquire -> lease_handle, begin -> transaction_handle, subscribe -> subscribed, unsubscribe ->
/// unsubscribed, get_status -> delegate_status, get_service_status -> service_status, get_topology -> topology_msg,
/// drain_msg; from inside: routing_msg, topology_msg, rescue_msg, and those of the listener.
class delegate final : public loop_actor {
public:
  /// `observer`: follows the requests; null: nobody does.
  delegate(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets,
           std::shared_ptr<request_observer> observer = {});
  const char* name() const override { return "tripool.delegate"; }

private:
  caf::behavior make_behavior() override;
  caf::message_handler handlers();
  caf::message_handler subscription_handlers();
  caf::message_handler token_handlers();
  caf::message_handler event_handlers();
  caf::message_handler supervision_handlers();
  caf::message_handler control_handlers();
  caf::message_handler credential_handlers();
  void on_drained() override;
  void on_end() override;

  static constexpr std::size_t outbox_first = 16; ///< Requests for which an outbox takes memory at once.

  // The body is taken over: give an rvalue.
  template <class Body>
  void accept(Body&& body, answer_form form);
  template <class Body>
  void accept(Body&& body, std::unique_ptr<responder> to, const caf::actor_addr& caller);
  void accept_list(statement_list x);
  void accept_or_refuse(expected<session_order, failure> x);
  void route(request_ptr r);
  bool refuse_unknown_pool(tripool::request& r);
  void refuse(tripool::request& r, failure f);
  void rescue(request_ptr r);
  void note(service_event x);
  void note_manager_death(const std::string& why);
  void note_mode(const fallback_event& x);
  void want_positions();
  void resolve(batch what, std::unique_ptr<responder> to, time_point arrived, time_point deadline);
  // -- supervision (delegate_supervision.cpp) ----------------------------------------------------------------------
  void tell_newcomers(const topology_msg& before);
  void start_manager();
  void manager_died(const std::string& why);
  void watch_services();
  void finish_if_drained();
  void take_back(handed_back_msg& x);
  std::optional<time_point> expire_early();
  std::optional<time_point> expire_parked();
  std::optional<time_point> expire_handed_over();
  void drain(const drain_msg& x);
  void answer_service_status(caf::response_promise to);
  delegate_status status() const;

  // -- operators' orders (delegate_control.cpp) ----------------------------------------------------------------------
  caf::result<control_reply> carry_out(const hold_pool& x);
  caf::result<control_reply> carry_out(const release_pool& x);
  caf::result<control_reply> carry_out(const force_failover& x);
  caf::result<control_reply> carry_out(const end_failover& x);
  caf::result<control_reply> carry_out(const resize_pool& x);
  caf::result<control_reply> carry_out(const recycle_pool& x);
  caf::result<control_reply> carry_out(const reload_options& x);
  caf::result<control_reply> carry_out(const set_log_level& x);
  caf::error note_refusal(failure f, const std::string& pool);
  caf::result<control_reply> refused(failure f, const std::string& pool = {});
  caf::result<control_reply> ordered(std::string text, const std::string& pool = {});
  void refresh(const refresh_credentials& x, caf::response_promise to); // delegate_credentials.cpp
  void note_refresh(const credentials_refreshed& x, const std::string& pool);

  // -- cancelling (delegate_cancel.cpp) ------------------------------------------------------------------------------
  std::optional<failure> note_cancellable(const caf::actor_addr& caller, cancelling how, tripool::request& r);
  void answer_cancelled_early();
  bool cancel(std::uint64_t key);
  void watch(const caf::actor_addr& caller);
  void caller_ended(const caf::actor_addr& who);
  void spread_cancels();

  environment_ptr env_;
  answer_home_ptr answers_; ///< Of every request that it takes.
  std::shared_ptr<const secret_store> secrets_;
  std::shared_ptr<request_observer> observer_;
  caf::actor manager_;
  restart_budget manager_budget_;
  std::optional<time_point> manager_start_at_;
  topology_msg who_;
  std::uint32_t absent_ = 0; ///< Its pools that are being started again, as a mask.
  std::shared_ptr<const routing_table> table_;
  std::shared_ptr<const options> config_; ///< In force; taken anew with each reload.
  splitmix64 random_;
  std::vector<std::vector<request_ptr>> outbox_; ///< By pool; sent when the batch of messages is done.
  std::vector<request_ptr> unroutable_;
  std::vector<request_ptr> early_; ///< Came before the monitor was known; bounded by parked_max.
  bool cancels_wanted_ = false;    ///< Some tickets have been marked since the last batch of messages.
  std::vector<pool_load> loads_;
  bool loads_fresh_ = false;
  std::optional<time_point> drain_began_; ///< When the first request of this batch of messages came: all count from it.
  bool draining_ = false;
  time_point positions_wanted_{}; ///< When the monitor was asked for the standbys' positions last.
  delegate_status counts_;
  subscription_desk desk_;
  fallback_desk fallback_;
  event_desk events_{*this, [this](const caf::actor_addr& x) { watch(x); }};
  std::uint32_t recycled_ = 0; ///< Bit i: pool i's sessions were outdated by a reload.
  cancellable_index cancellable_;
  traits_cache traits_;
};

} // namespace tripool
