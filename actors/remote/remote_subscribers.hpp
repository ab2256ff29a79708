// The proxy's part that serves subscribers to notifications, as the delegate's subscription_desk does at home: which
// node carries the subscriptions, and who is told of which gap, carried_subscriptions decides; the roll speaks with the
// subscribers. Owned by remote_delegate, and used on its thread only.
#pragma once

#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/subscriber_roll.hpp"
#include "tripool/core/remote/carried_subscriptions.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// The proxy's own figures of its subscriptions.
struct remote_subscriptions_status {
  std::size_t channels = 0;
  std::size_t subscribers = 0;
  std::size_t waiting = 0; ///< Requests without an answer.
  std::uint64_t gaps = 0;
  std::string node{}; ///< That carries them, host:port; empty: none does.
};

/// The desk. `self` outlives it.
class remote_subscribers {
public:
  using watch_function = subscriber_roll::watch_function;

  /// `deadline`: of requests that name none, in milliseconds. `watch`, `forget`: see subscriber_roll.
  remote_subscribers(loop_actor& self, const remote_limits& limits, std::chrono::milliseconds deadline,
                     std::uint64_t seed, watch_function watch, watch_function forget);

  /// `sender`: who is meant when the message names no subscriber; may be invalid.
  void accept(subscribe& x, caf::response_promise to, const caf::actor& sender);
  void accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender);

  /// From a node; what is not from the one that carries the subscriptions is ignored.
  void take(node_index from, notification& x);
  void take(node_index from, notification_gap& x);
  void lost(node_index node, const std::string& why, duration silent);
  /// How an order ended.
  void done(std::uint64_t order);
  void failed(std::uint64_t order, const failure& why);

  /// An actor has ended; not only subscribers.
  void down(const caf::actor_addr& who);
  /// Does what is due. Returns what the nodes are to be asked for.
  std::vector<subscription_order> advance(const std::vector<node_index>& up);
  std::optional<time_point> next_wake() const { return carried_.next_wake(); }
  /// Nobody subscribes, and nothing is due.
  bool idle() const {
    const auto& x = carried_.book();
    return x.subscribers() == 0 && !x.troubled() && !carried_.node() && !carried_.next_wake();
  }
  bool has(const caf::actor_addr& who) const { return roll_.has(who); }
  /// Refuses what waits, and tells the subscribers that nothing comes any more.
  void end();

  /// Without the node's name.
  remote_subscriptions_status status() const;
  std::optional<node_index> node() const noexcept { return carried_.node(); }

private:
  loop_actor& self_;
  std::chrono::milliseconds deadline_;
  carried_subscriptions carried_;
  subscriber_roll roll_;
};

} // namespace tripool
