// A delegate for callers on other machines: takes the same messages as the real one and sends each to one of several
// Tripool nodes. Dials them, balances over those that are up, asks them for signs of life, and keeps the promises while
// links break: every call is answered once and by its deadline - not executed when it provably was not sent, sent
// elsewhere when that does no harm, else in doubt.
//
//     caf::actor db = spawn_remote_delegate(sys, {.nodes = {{"db1", 4711}, {"db2", 4711}}});
//     self->request(db, caf::infinite, tripool::statement{...}).then(...);   // as with a local delegate
//
// What it does not take is said in the guide. Holds no policy: remote_machine decides.
#pragma once

#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/remote/envelope.hpp"
#include "tripool/actors/remote/remote_subscribers.hpp"
#include "tripool/actors/remote/remote_watchers.hpp"
#include "tripool/core/remote/remote_machine.hpp"

#include <caf/actor_system.hpp>
#include <caf/response_promise.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// Where a node listens.
struct remote_node {
  std::string host;
  std::uint16_t port = 0;
};

/// What a remote delegate is made of.
struct remote_options {
  std::vector<remote_node> nodes;             ///< At least one.
  bool tls = false;                           ///< Through caf_openssl, with the certificate of the actor system.
  std::chrono::milliseconds deadline{30'000}; ///< Of calls that name none.
  remote_limits limits{};
};

/// Reply to `get_status`.
struct remote_status {
  std::vector<remote_node_status> nodes;
  std::size_t calls = 0; ///< Unanswered.
  remote_subscriptions_status subscriptions{};
};

/// A borrowed session's actor -> its remote delegate.
struct session_call_msg {
  node_index node = 0;
  std::uint64_t link = 0;
  std::uint64_t session = 0;
  bool atomic = false; ///< A transaction: what is not its commit has no effect once its link is gone.
  remote_call_body body;
};
struct session_drop_msg {
  node_index node = 0;
  std::uint64_t link = 0;
  std::uint64_t session = 0;
};

/// The actor. Messages: those of a delegate (protocol.hpp, protocol_session.hpp, protocol_stream.hpp,
/// protocol_copy.hpp, protocol_tokens.hpp, protocol_listen.hpp; of protocol_events.hpp and protocol_inspect.hpp what
/// subscribes), get_status -> remote_status, and those of its nodes and sessions.
/// Looks at one of the nodes that are up: get_service_status, get_events, get_causes, get_request, get_moves (answered
/// as by a delegate, without handles) and get_node_facts. For a certain node make a proxy that has no other.
///
/// Subscriptions to notifications are carried by one of the nodes that are up. When its link is lost, or it hears
/// nothing itself for 5 s while there are others, every subscriber is told of the gap at once, and that it is over when
/// the next node listens. What goes beyond remote_limits::subscriptions is `rejected`, beyond a node's own bound
/// `not_executed`.
///
/// Doubts and events (subscribe_events, watch_events) come from every node that is up, each node's in its order, with
/// serials and numbers of requests that are the node's own, moments on the caller's clock. The reply comes when one
/// node tells. After a lost link the node is asked anew by itself; events that happened in between are not repeated:
/// get_events tells them.
class remote_delegate final : public loop_actor {
public:
  remote_delegate(caf::actor_config& cfg, remote_options how);
  const char* name() const override { return "tripool.remote_delegate"; }

private:
  /// What is expected to come back.
  enum class form : std::uint8_t {
    one,
    all,
    list,
    lease,
    transaction,
    stream,
    writer,
    reader,
    chunk,
    data,
    done,
    status,
    events,
    story,
    moves,
    facts,
    order, ///< Nobody's: the proxy's own, for its subscribers.
    watch, ///< The same, for those to events.
  };
  struct node_link {
    std::uint64_t dial = 0; ///< Number of the dial, and of the link that it led to.
    caf::actor gate;
    caf::actor guest; ///< While it is up.
    std::uint64_t read_bytes = 0;
    std::set<std::uint64_t>
      committing;     ///< Sessions whose COMMIT was sent: what they had sent before may have happened.
    caf::actor known; ///< The gate of an earlier link, as far as is known still there.
  };
  struct pending {
    caf::response_promise to;
    remote_call_body body;
    form expects = form::one;
    node_index node = 0; ///< Of its session, where it has one.
    std::uint64_t session = 0;
    bool atomic = false; ///< In a transaction that nobody has asked to commit: without effect once its link is gone.
    bool write = false;
    std::chrono::milliseconds time{0}; ///< That it has; 0: what its body asks for.
    time_point arrived{};
    time_point deadline{};
    caf::actor_addr caller{};
    std::uint64_t cancel_key = 0; ///< The caller's own.
    bool with_caller = false;
    std::uint64_t order = 0;
  };

  caf::behavior make_behavior() override;
  caf::message_handler requests();
  caf::message_handler looks();
  caf::message_handler listens();
  caf::message_handler watches();
  void on_drained() override;
  void on_end() override;

  template <class Body>
  void accept(Body x, form expects);
  void accept_session(session_call_msg& x, form expects);
  void submit(pending p, remote_call what);
  void submit(subscription_order x);
  void submit(watch_order x);
  void place_orders();
  bool order_ended(const pending& p, const remote_answer_body& x);
  remote_subscriptions_status subscriptions() const;
  void watch(const caf::actor& who);
  void unwatch(const caf::actor_addr& who);
  void unwatch_all();
  template <class Message, class Use>
  void read(node_index from, expected<Message, failure> x, Use use);
  void refuse_keys(pending& p);
  void refuse_large(const send_call_effect& x, std::size_t size);
  void note_commit(node_index node, std::uint64_t session);
  void carry_out();
  void carry_out(dial_node_effect& x);
  void carry_out(drop_node_effect& x);
  void carry_out(ping_node_effect& x);
  void carry_out(send_call_effect& x);
  void carry_out(fail_call_effect& x);
  void take(remote_envelope& x);
  void take_answer(remote_envelope& x, node_index from);
  bool keep_answer(call_id id, remote_answer_body& answer, node_index from);
  void say_hello(node_index i, caf::actor gate);
  void tell_read(node_link& link);
  void link_lost(node_index i, const std::string& why);
  void down(const caf::down_msg& x);
  void fail(pending& p, failure why);
  bool deliver(pending& p, remote_answer_body& x, node_index from);
  template <class Handle>
  bool deliver_handle(pending& p, const remote_session_info& x, node_index from, bool atomic);
  bool cancel(const caf::actor_addr& caller, std::uint64_t key);
  void cancel_all_of(const caf::actor_addr& caller);
  void take_back(call_id id);
  std::optional<node_index> node_of(const caf::actor_addr& who) const;

  remote_options how_;
  remote_machine machine_;
  std::vector<remote_effect> effects_;
  std::vector<node_link> links_;
  std::map<call_id, pending> calls_;
  std::set<caf::actor_addr> watched_; ///< Callers with whom some calls end, and subscribers.
  remote_subscribers subscribers_;
  remote_watchers watchers_;
  call_id last_call_ = 0;
  std::uint64_t last_dial_ = 0;
};

/// Spawns one. The actor system must have the middleman loaded (with `tls`, the openssl manager too) and know the types
/// (`add_remote_types`).
caf::actor spawn_remote_delegate(caf::actor_system& sys, remote_options how);

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::remote_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::session_call_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::session_drop_msg)
