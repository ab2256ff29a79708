// Subscribers by number.
#include "tripool/actors/subscriber_roll.hpp"

#include "tripool/actors/error.hpp"

#include <algorithm>
#include <chrono>
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

subscriber_roll::subscriber_roll(loop_actor& self, subscription_book& book, watch_function watch, watch_function forget)
  : self_(self), book_(book), watch_(std::move(watch)), forget_(std::move(forget)) {
  // nop
}

void subscriber_roll::accept(subscribe& x, caf::response_promise to, const caf::actor& sender, duration normal,
                             duration longest) {
  const auto& who = x.subscriber ? x.subscriber : sender;
  if (!who) return to.deliver(make_error(nobody_to_hear()));
  if (x.timeout.count() < 0)
    return to.deliver(
      make_error(bad_subscription("the timeout is negative: " + std::to_string(x.timeout.count()) + " ms",
                                  "give a positive timeout, or 0 for the configured default")));
  // Compared in milliseconds: the longest of them do not fit a duration.
  const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(longest);
  const auto wanted = x.timeout.count() > 0 ? duration{std::min(x.timeout, most)} : normal;
  const auto r = ++last_number_;
  promises_.emplace(r, std::move(to));
  book_.subscribe(r, number_of(who), std::move(x.channels), self_.now() + std::min(wanted, longest));
  carry_out();
}

void subscriber_roll::accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender) {
  const auto& who = x.subscriber ? x.subscriber : sender;
  if (!who) return to.deliver(make_error(nobody_to_hear()));
  auto out = book_.unsubscribe(number_of(who), std::move(x.channels));
  carry_out();
  if (out) {
    to.deliver(unsubscribed{std::move(*out)});
  } else {
    to.deliver(make_error(std::move(out).error()));
  }
}

std::size_t subscriber_roll::hand_on(notification& x) {
  hearers_.clear();
  book_.collect(x.channel, hearers_);
  for (std::size_t i = 0; i + 1 < hearers_.size(); ++i) self_.send(subscribers_.at(hearers_[i]), x);
  if (!hearers_.empty()) self_.send(subscribers_.at(hearers_.back()), std::move(x));
  return hearers_.size();
}

void subscriber_roll::down(const caf::actor_addr& who) {
  const auto n = numbers_.find(who);
  if (n == numbers_.end()) return;
  book_.ended(n->second);
  carry_out();
}

subscriber_id subscriber_roll::number_of(const caf::actor& who) {
  const auto [i, fresh] = numbers_.try_emplace(who.address(), 0);
  if (fresh) {
    i->second = ++last_number_;
    subscribers_.emplace(i->second, who);
    watch_(who);
  }
  return i->second;
}

void subscriber_roll::carry_out() {
  for (auto& e : book_.take_effects()) std::visit([this](auto& x) { carry_out(x); }, e);
}

void subscriber_roll::carry_out(subscribed_effect& x) {
  auto promise = std::move(promises_.extract(x.request).mapped());
  promise.deliver(subscribed{std::move(x.channels)});
}

void subscriber_roll::carry_out(refused_effect& x) {
  auto promise = std::move(promises_.extract(x.request).mapped());
  promise.deliver(make_error(std::move(x.why)));
}

void subscriber_roll::carry_out(gap_effect& x) {
  notification_gap m{std::move(x.channels), std::move(x.why), x.over, x.lasted};
  self_.send(subscribers_.at(x.subscriber), std::move(m));
}

void subscriber_roll::carry_out(const forget_effect& x) {
  const auto i = subscribers_.find(x.subscriber);
  if (i == subscribers_.end()) return;
  const auto who = std::move(i->second);
  numbers_.erase(who.address());
  subscribers_.erase(i);
  forget_(who);
}

} // namespace tripool
