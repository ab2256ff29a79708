// Every message between Tripool's actors, each with: who sends it to whom, the reply, errors and time limits.
// Callers need the first section only. Knows no actor's inside. Used by every actor.
#pragma once

#include "tripool/actors/inspect_request.hpp"
#include "tripool/core/health/health.hpp"
#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/statement/statement_list.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

// -- callers -> delegate -------------------------------------------------------------------------------------------
//
// statement -> result           One statement. Errors: a failure (see failure.hpp), got out of caf::error by
//                               `failure_of`.
// batch -> reply                One atomic transaction. Errors: the same.
// statement_list -> list_reply  Many independent statements, each with its own deadline and end. Errors: a failure when
//                               the list as a whole is refused.
// All are answered by their deadline at the latest, so that `request(delegate, caf::infinite, ...)` is the right way
// to ask.

/// Caller -> delegate: cancels its own unanswered request with that `cancel_key`. Reply: cancel_reply, at once. What is
/// not on the wire is answered `not_executed`, cause `cancelled`; for what is, the server is asked to stop, and its
/// answer is the outcome: done if it was too late.
struct cancel_request {
  std::uint64_t key = 0;
};

/// The delegate's reply.
struct cancel_reply {
  bool found = false; ///< The request was still unanswered. How it ends, its own answer tells.
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_request& x) {
  return f(caf::meta::type_name("tripool::cancel_request"), x.key);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_reply& x) {
  return f(caf::meta::type_name("tripool::cancel_reply"), x.found);
}

/// Anybody -> any actor of Tripool: asks for its snapshot (status.hpp): delegate_status, manager_status, pool_status,
/// connection_status, monitor_status, carrier_status, listener_status.
struct get_status {};

/// Anybody -> delegate: asks for all snapshots at once; reply: service_status. An actor that does not answer within a
/// second is left out.
struct get_service_status {};

/// Anybody -> delegate: asks where the others are; reply: topology_msg. For inspection: the handles change when an
/// actor is started again.
struct get_topology {};

/// Owner -> delegate, delegate -> manager -> pools: take nothing new, finish what there is within `limit`, then end. No
/// reply: monitor the receiver. What is left at the limit is answered.
struct drain_msg {
  duration limit{0};
};

// -- supervision ---------------------------------------------------------------------------------------------------

/// Where everybody is. Manager -> delegate, carrier, monitor, listener and pools, after each start and restart of a
/// child. No reply.
struct topology_msg {
  std::vector<caf::actor> pools; ///< By their index in the configuration; invalid while one is being restarted.
  caf::actor monitor;
  caf::actor carrier;
  caf::actor listener;
  caf::actor manager;           ///< Only in the reply to `get_topology`.
  caf::actor simple;            ///< Likewise: the simple pool, while it is needed.
  std::uint64_t generation = 0; ///< The number of this change: who knows a later one ignores it.

  /// Bit i: pool i is being started again.
  std::uint32_t absent() const noexcept {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < pools.size(); ++i)
      if (!pools[i]) out |= std::uint32_t{1} << i;
    return out;
  }
};

/// A pool -> its manager: it has drained. The manager ends it.
struct drained_msg {
  std::size_t pool = 0;
};

// -- requests ------------------------------------------------------------------------------------------------------

/// Delegate or monitor -> pool: serve these. No reply: each request carries its own answer.
struct submit_msg {
  std::vector<request_ptr> requests;
};

/// Connection -> pool -> monitor: these could not be served there. The monitor finds another pool, parks or answers
/// them.
struct moved_msg {
  std::size_t pool = 0;
  std::vector<moved_request> requests;
};

/// Monitor -> pool: no other pool can serve these reads, which the pool had offered: they wait on there. No reply.
struct not_served_msg {
  std::vector<request_ptr> requests;
};

/// Pool -> connection: it is at a statement that takes long, and others have room. It answers with a returned_msg of
/// what can be answered elsewhere, or not at all.
struct give_back_msg {};

/// A dying holder's request -> delegate (sent by the request itself): route it anew.
struct rescue_msg {
  request_ptr what;
};

/// Delegate -> monitor: no pool can serve these now; park them or answer them.
struct unroutable_msg {
  std::vector<request_ptr> requests;
};

/// A caller that ends -> delegate, where it asked that its requests end with it.
struct caller_ended_msg {
  caf::actor_addr who;
};

/// Delegate -> pools and monitor, pool -> its connections: some requests have been taken back (their tickets say
/// which). Requests on their way are looked at by whoever receives them.
struct cancel_msg {};

/// Monitor -> delegate -> listener: the picture that requests are routed by from now on.
struct routing_msg {
  std::shared_ptr<const routing_table> table;
};

// -- pool and connection -------------------------------------------------------------------------------------------

/// Pool (or monitor) -> connection: send these, in this order.
struct dispatch_msg {
  std::vector<request_ptr> requests;
};

/// Pool (or monitor) -> connection: give back what is unsent, finish the rest, end.
struct close_msg {
  std::string reason;
  bool at_once = false; ///< What is on the wire gets no answer any more: it would be a fenced server's.
};

/// Connection -> its owner: the session is open.
struct opened_msg {
  connection_id id = 0;
  server_info server;
  std::uint64_t as_of = UINT64_MAX; ///< The newest change that its dial knew of.
};

/// Connection -> its owner, once for each batch of answers.
struct progress_msg {
  connection_id id = 0;
  std::uint32_t completed = 0;
  std::uint32_t outstanding = 0;
};

/// Connection -> its owner: these were not sent, or are as harmless as that, and come back.
struct returned_msg {
  connection_id id = 0;
  std::vector<request_ptr> requests;
};

/// Connection -> its owner, its last message: it has ended.
struct ended_msg {
  connection_id id = 0;
  connection_end how;
};

// -- monitor -------------------------------------------------------------------------------------------------------

/// Connection -> pool -> monitor: something is wrong with the pool's server.
struct trouble_msg {
  std::size_t pool = 0;
  trouble_effect what;
};

/// Connection -> pool -> monitor: what the server reports of itself, when a session opens and on each change.
struct reported_msg {
  std::size_t pool = 0;
  std::optional<bool> in_hot_standby;
  std::optional<bool> read_only;
};

/// Monitor -> pool: the heartbeat. Reply: pool_status.
struct heartbeat_msg {};

/// Monitor -> pool: hand everything in the queue back and take nothing new.
struct suspend_msg {
  failure why;
};

/// Monitor -> pool: serve again.
struct resume_msg {};

/// Monitor -> pool: close all connections and dial anew.
struct evict_msg {
  std::string reason;
  bool at_once = false; ///< Whatever is on them: their server has no right to answer.
};

/// Delegate -> monitor, at most once in `positions_pause`: reads ask for positions, so that it should know how far the
/// standbys are.
struct positions_wanted_msg {};
inline constexpr duration positions_pause = std::chrono::milliseconds{100};

/// The probe's responder -> monitor: how the probe ended.
struct probe_msg {
  std::size_t pool = 0;
  std::uint64_t serial = 0;
  std::optional<reply> answer;
  std::optional<failure> why_not;
};

// -- credentials, helpers ------------------------------------------------------------------------------------------

/// Connection -> credential carrier: lend me what this pool dials with. Reply: credential_lease; error: a failure.
/// Time limit: the dial's own.
struct lease_credential {
  std::size_t pool = 0;
};

/// The carrier's reply: valid for one dial. Cannot be printed.
struct credential_lease {
  std::shared_ptr<const credential> what;
};

/// A helper -> connection: the name is resolved, or not.
struct resolved_msg {
  std::string address; ///< Numeric; empty on failure.
  std::string problem;
};

/// A helper -> connection: the cancel has been delivered, or not.
struct cancel_done_msg {
  std::optional<std::string> problem;
};

/// A session without a descriptor -> its connection: call on_ready.
struct session_wake_msg {};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::cancel_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::caller_ended_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_service_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_topology)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::drain_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::topology_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::drained_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::submit_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::moved_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::not_served_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::rescue_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::unroutable_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::routing_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::dispatch_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::give_back_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::close_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::opened_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::progress_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::returned_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::ended_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::trouble_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::reported_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::heartbeat_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::suspend_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::resume_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::evict_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::positions_wanted_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::probe_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::lease_credential)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credential_lease)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::resolved_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::cancel_done_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::session_wake_msg)
