// The subscribers' desk.
#include "tripool/actors/subscription_desk.hpp"

#include "tripool/actors/error.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace tripool {

namespace {

void refuse(caf::response_promise& to, failure why) {
  to.deliver(make_error(std::move(why)));
}

failure no_subscriber() {
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "22023";
  f.message = "the message has no sender and names no subscriber";
  f.hint = "send it from the actor that is to hear, or name that actor in it";
  return f;
}

failure stopping() {
  failure f;
  f.why = cause::shutting_down;
  f.message = "the service is shutting down";
  return f;
}

} // namespace

subscription_desk::subscription_desk(loop_actor& self, environment_ptr env)
  : self_(self), env_(std::move(env)), book_(env_->config.listening) {
  // nop
}

void subscription_desk::accept(subscribe& x, caf::response_promise to, const caf::actor& sender, bool draining) {
  const auto& who = x.subscriber ? x.subscriber : sender;
  if (draining) return refuse(to, stopping());
  if (!who) return refuse(to, no_subscriber());
  if (x.timeout.count() < 0) {
    failure f;
    f.kind = outcome::rejected;
    f.why = cause::invalid_request;
    f.sqlstate = "22023";
    f.message = "the timeout is negative: " + std::to_string(x.timeout.count()) + " ms";
    f.hint = "give a positive timeout, or 0 for the configured default";
    return refuse(to, std::move(f));
  }
  const auto limits = env_->current()->requests;
  // Compared in milliseconds: the longest of them do not fit a duration.
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(limits.deadline_max);
  const auto wanted = x.timeout.count() > 0 ? duration{std::min(x.timeout, longest)} : limits.deadline;
  const auto r = ++last_number_;
  promises_.emplace(r, std::move(to));
  book_.subscribe(r, number_of(who), std::move(x.channels), self_.now() + std::min(wanted, limits.deadline_max));
  carry_out();
}

void subscription_desk::accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender) {
  const auto& who = x.subscriber ? x.subscriber : sender;
  if (!who) return refuse(to, no_subscriber());
  auto out = book_.unsubscribe(number_of(who), std::move(x.channels));
  carry_out();
  if (out) {
    to.deliver(unsubscribed{std::move(*out)});
  } else {
    refuse(to, std::move(out.error()));
  }
}

void subscription_desk::accept(const listening_msg& x, const caf::actor& sender) {
  if (sender != listener_) return;
  last_news_ = self_.now();
  book_.listening(x.generation, self_.now());
  carry_out();
}

void subscription_desk::accept(const not_listening_msg& x, const caf::actor& sender) {
  if (sender != listener_) return;
  book_.not_listening(x.what.why, x.what.sqlstate, x.what.silent, self_.now());
  carry_out();
}

void subscription_desk::accept(notifications_msg& x, const caf::actor& sender) {
  if (sender != listener_) return;
  last_news_ = self_.now();
  for (auto& n : x.all) {
    hearers_.clear();
    book_.collect(n.channel, hearers_);
    delivered_ += hearers_.size();
    for (std::size_t i = 0; i + 1 < hearers_.size(); ++i) self_.send(subscribers_.at(hearers_[i]), n);
    if (!hearers_.empty()) self_.send(subscribers_.at(hearers_.back()), std::move(n));
  }
}

void subscription_desk::use(const caf::actor& listener) {
  if (listener == listener_) return;
  if (listener_) {
    self_.demonitor(listener_);
    lost_listener("the listener was replaced");
  }
  listener_ = listener;
  told_ = 0;
  if (!listener_) return;
  self_.monitor(listener_); // Says at once when it is dead already.
  if (table_) self_.send(listener_, routing_msg{table_});
}

void subscription_desk::use(const std::shared_ptr<const routing_table>& table) {
  table_ = table;
  if (listener_) self_.send(listener_, routing_msg{table_});
}

void subscription_desk::down(const caf::actor_addr& who) {
  if (listener_ && listener_.address() == who) {
    listener_ = nullptr;
    return lost_listener("the listener's actor died; it is started again");
  }
  const auto n = numbers_.find(who);
  if (n == numbers_.end()) return;
  book_.ended(n->second);
  carry_out();
}

std::optional<time_point> subscription_desk::flush() {
  book_.tick(self_.now());
  carry_out();
  if (listener_ && told_ < book_.generation()) {
    told_ = book_.generation();
    self_.send(listener_, listen_to_msg{told_, book_.wanted()});
  }
  return book_.next_wake();
}

void subscription_desk::end() {
  book_.close(stopping(), self_.now());
  carry_out();
  listener_ = nullptr;
  table_ = nullptr;
}

subscriptions_status subscription_desk::status() const {
  subscriptions_status out;
  out.channels = book_.channels();
  out.subscribers = book_.subscribers();
  out.subscriptions = book_.subscriptions();
  out.waiting = book_.waiting();
  out.gaps = book_.gaps();
  out.delivered = delivered_;
  return out;
}

subscriber_id subscription_desk::number_of(const caf::actor& who) {
  const auto [i, fresh] = numbers_.try_emplace(who.address(), 0);
  if (fresh) {
    i->second = ++last_number_;
    subscribers_.emplace(i->second, who);
    self_.monitor(who);
  }
  return i->second;
}

void subscription_desk::carry_out() {
  for (auto& e : book_.take_effects()) std::visit([this](auto& x) { carry_out(x); }, e);
}

void subscription_desk::carry_out(subscribed_effect& x) {
  auto promise = std::move(promises_.extract(x.request).mapped());
  promise.deliver(subscribed{std::move(x.channels)});
}

void subscription_desk::carry_out(refused_effect& x) {
  auto promise = std::move(promises_.extract(x.request).mapped());
  refuse(promise, std::move(x.why));
}

void subscription_desk::carry_out(gap_effect& x) {
  notification_gap m{std::move(x.channels), std::move(x.why), x.over, x.lasted};
  self_.send(subscribers_.at(x.subscriber), std::move(m));
}

void subscription_desk::carry_out(const forget_effect& x) {
  const auto i = subscribers_.find(x.subscriber);
  if (i == subscribers_.end()) return;
  self_.demonitor(i->second);
  numbers_.erase(i->second.address());
  subscribers_.erase(i);
}

void subscription_desk::lost_listener(const std::string& why) {
  // It had not said how long its session was silent: at most until the check would have found it lost.
  const auto limits = env_->current()->monitor;
  const auto silent = std::min(duration{self_.now() - last_news_}, limits.heartbeat_interval + limits.probe_timeout);
  book_.not_listening(why, {}, silent, self_.now());
  carry_out();
}

} // namespace tripool
