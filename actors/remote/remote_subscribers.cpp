// Subscribers of a proxy.
#include "tripool/actors/remote/remote_subscribers.hpp"

#include "tripool/actors/error.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace tripool {

namespace {

failure bad_subscription(std::string message, std::string hint) {
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "22023";
  f.message = std::move(message);
  f.hint = std::move(hint);
  return f;
}

failure nobody_to_hear() {
  return bad_subscription("the message has no sender and names no subscriber",
                          "send it from the actor that is to hear, or name that actor in it");
}

} // namespace

remote_subscribers::remote_subscribers(loop_actor& self, const remote_limits& limits,
                                       std::chrono::milliseconds deadline, std::uint64_t seed, watch_function watch)
  : self_(self), deadline_(deadline), carried_(limits, seed), watch_(std::move(watch)) {
  // nop
}

void remote_subscribers::accept(subscribe& x, caf::response_promise to, const caf::actor& sender) {
  const auto& who = x.subscriber ? x.subscriber : sender;
  if (!who) return to.deliver(make_error(nobody_to_hear()));
  if (x.timeout.count() < 0)
    return to.deliver(
      make_error(bad_subscription("the timeout is negative: " + std::to_string(x.timeout.count()) + " ms",
                                  "give a positive timeout, or 0 for the proxy's own")));
  constexpr std::chrono::milliseconds longest{std::chrono::hours{24}};
  const auto r = ++last_number_;
  promises_.emplace(r, std::move(to));
  const auto within = std::min(x.timeout.count() > 0 ? x.timeout : deadline_, longest);
  carried_.book().subscribe(r, number_of(who), std::move(x.channels), self_.now() + within);
  carry_out();
}

void remote_subscribers::accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender) {
  const auto& who = x.subscriber ? x.subscriber : sender;
  if (!who) return to.deliver(make_error(nobody_to_hear()));
  auto out = carried_.book().unsubscribe(number_of(who), std::move(x.channels));
  carry_out();
  if (out) {
    to.deliver(unsubscribed{std::move(*out)});
  } else {
    to.deliver(make_error(std::move(out).error()));
  }
}

void remote_subscribers::take(node_index from, notification& x) {
  if (!carried_.carries(from, x.channel)) return;
  hearers_.clear();
  carried_.book().collect(x.channel, hearers_);
  for (std::size_t i = 0; i + 1 < hearers_.size(); ++i) self_.send(subscribers_.at(hearers_[i]), x);
  if (!hearers_.empty()) self_.send(subscribers_.at(hearers_.back()), std::move(x));
}

void remote_subscribers::take(node_index from, notification_gap& x) {
  carried_.gap(from, {0, std::move(x.channels), std::move(x.why), x.over, x.lasted}, self_.now());
  carry_out();
}

void remote_subscribers::lost(node_index node, const std::string& why, duration silent) {
  carried_.lost(node, why, silent, self_.now());
  carry_out();
}

void remote_subscribers::done(std::uint64_t order) {
  carried_.done(order, self_.now());
  carry_out();
}

void remote_subscribers::failed(std::uint64_t order, const failure& why) {
  carried_.failed(order, why, self_.now());
  carry_out();
}

void remote_subscribers::down(const caf::actor_addr& who) {
  const auto n = numbers_.find(who);
  if (n == numbers_.end()) return;
  carried_.book().ended(n->second);
  carry_out();
}

std::vector<subscription_order> remote_subscribers::advance(const std::vector<node_index>& up) {
  auto out = carried_.advance(up, self_.now());
  carry_out();
  return out;
}

void remote_subscribers::end() {
  failure f;
  f.why = cause::actor_down;
  f.message = "the remote delegate ended";
  carried_.book().close(f, self_.now());
  carry_out();
}

remote_subscriptions_status remote_subscribers::status() const {
  const auto& x = carried_.book();
  return {x.channels(), x.subscribers(), x.waiting(), x.gaps(), {}};
}

subscriber_id remote_subscribers::number_of(const caf::actor& who) {
  const auto [i, fresh] = numbers_.try_emplace(who.address(), 0);
  if (fresh) {
    i->second = ++last_number_;
    subscribers_.emplace(i->second, who);
    watch_(who);
  }
  return i->second;
}

void remote_subscribers::carry_out() {
  for (auto& e : carried_.book().take_effects()) std::visit([this](auto& x) { carry_out(x); }, e);
}

void remote_subscribers::carry_out(subscribed_effect& x) {
  auto promise = std::move(promises_.extract(x.request).mapped());
  promise.deliver(subscribed{std::move(x.channels)});
}

void remote_subscribers::carry_out(refused_effect& x) {
  auto promise = std::move(promises_.extract(x.request).mapped());
  promise.deliver(make_error(std::move(x.why)));
}

void remote_subscribers::carry_out(gap_effect& x) {
  notification_gap m{std::move(x.channels), std::move(x.why), x.over, x.lasted};
  self_.send(subscribers_.at(x.subscriber), std::move(m));
}

void remote_subscribers::carry_out(const forget_effect& x) {
  const auto i = subscribers_.find(x.subscriber);
  if (i == subscribers_.end()) return;
  numbers_.erase(i->second.address());
  subscribers_.erase(i);
}

} // namespace tripool
