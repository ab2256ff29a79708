// The caller's proxy: subscriptions to notifications, which one of the nodes carries, and to events of all nodes.
#include "tripool/actors/remote/remote_delegate.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// How long a node may take for an order before it is asked again, or another one is. The proxy's own figure: the
/// deadline of callers may be shorter than a node needs to listen, and longer than the next order should wait.
constexpr std::chrono::milliseconds order_time_max{5000};

template <class... Forms>
bool is_any_of(const remote_answer_body& x) {
  return (std::holds_alternative<Forms>(x) || ...);
}

} // namespace

caf::message_handler remote_delegate::listens() {
  // A promise takes the sender with it: who it was is asked before.
  return {
    [this](subscribe& x) -> caf::delegated<subscribed> {
      const auto whom = caf::actor_cast<caf::actor>(current_sender());
      subscribers_.accept(x, make_response_promise(), whom);
      return {};
    },
    [this](unsubscribe& x) -> caf::delegated<unsubscribed> {
      const auto whom = caf::actor_cast<caf::actor>(current_sender());
      subscribers_.accept(x, make_response_promise(), whom);
      return {};
    },
  };
}

caf::message_handler remote_delegate::watches() {
  return {
    [this](const subscribe_events&) -> caf::delegated<events_subscribed> {
      const auto whom = caf::actor_cast<caf::actor>(current_sender());
      watchers_.accept(std::nullopt, make_response_promise(), whom);
      return {};
    },
    [this](const watch_events& x) -> caf::delegated<events_subscribed> {
      const auto whom = caf::actor_cast<caf::actor>(current_sender());
      watchers_.accept(x.kinds, make_response_promise(), whom);
      return {};
    },
    [this](const unsubscribe_events&) {
      const auto who = caf::actor_cast<caf::actor_addr>(current_sender());
      watchers_.leave(who);
      unwatch(who);
    },
  };
}

/// Has the nodes asked for what is missing, until nothing more is to be asked for now.
void remote_delegate::place_orders() {
  if (subscribers_.idle() && watchers_.idle()) return;
  for (auto all = subscribers_.advance(machine_.all_up()); !all.empty();
       all = subscribers_.advance(machine_.all_up())) {
    for (auto& x : all) submit(std::move(x));
    carry_out();
  }
  for (auto& x : watchers_.advance(machine_.all_up())) submit(std::move(x));
  carry_out();
}

void remote_delegate::submit(watch_order x) {
  pending p;
  p.expects = form::watch;
  p.order = x.number;
  p.node = x.node;
  p.body = std::move(x.body);
  remote_call what;
  what.only = x.node;
  submit(std::move(p), what);
}

void remote_delegate::submit(subscription_order x) {
  pending p;
  p.expects = form::order;
  p.order = x.number;
  p.node = x.node;
  p.time = order_time_max;
  if (x.begin) {
    p.body = subscribe{std::move(x.channels), order_time_max, {}};
  } else {
    p.body = unsubscribe{std::move(x.channels), {}};
  }
  remote_call what;
  what.only = x.node;
  submit(std::move(p), what);
}

/// False when this is no answer to an order.
bool remote_delegate::order_ended(const pending& p, const remote_answer_body& x) {
  const auto* f = std::get_if<failure>(&x);
  if (p.expects == form::watch) {
    if (f != nullptr) return watchers_.failed(p.order, *f), true;
    if (!is_any_of<events_subscribed, remote_done>(x)) return false;
    return watchers_.done(p.order), true;
  }
  if (f != nullptr) return subscribers_.failed(p.order, *f), true;
  if (!is_any_of<subscribed, unsubscribed>(x)) return false;
  return subscribers_.done(p.order), true;
}

remote_subscriptions_status remote_delegate::subscriptions() const {
  auto out = subscribers_.status();
  if (const auto n = subscribers_.node()) {
    const auto& at = how_.nodes[*n];
    out.node = at.host + ':' + std::to_string(at.port);
  }
  return out;
}

void remote_delegate::watch(const caf::actor& who) {
  if (watched_.insert(who.address()).second) monitor(who);
}

/// Who subscribes to nothing any more is not watched, unless for something else: it would remember this actor.
void remote_delegate::unwatch(const caf::actor_addr& who) {
  const auto ends_with_it = [&](const auto& x) { return x.second.with_caller && x.second.caller == who; };
  if (subscribers_.has(who) || watchers_.has(who) || std::any_of(calls_.begin(), calls_.end(), ends_with_it)) return;
  if (watched_.erase(who) > 0) demonitor(who);
}

/// At the end: else whoever outlives this actor would remember it.
void remote_delegate::unwatch_all() {
  for (const auto& x : watched_) demonitor(x);
  watched_.clear();
}

} // namespace tripool
