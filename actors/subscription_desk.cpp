// The subscribers' desk.
#include "tripool/actors/subscription_desk.hpp"

#include "tripool/actors/error.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

failure stopping() {
  failure f;
  f.why = cause::shutting_down;
  f.message = "the service is shutting down";
  return f;
}

} // namespace

subscription_desk::subscription_desk(loop_actor& self, environment_ptr env)
  : self_(self),
    env_(std::move(env)),
    book_(env_->config.listening),
    roll_(
      self, book_, [this](const caf::actor& x) { self_.monitor(x); },
      [this](const caf::actor& x) { self_.demonitor(x); }) {
  // nop
}

void subscription_desk::accept(subscribe& x, caf::response_promise to, const caf::actor& sender, bool draining) {
  if (draining) return to.deliver(make_error(stopping()));
  const auto limits = env_->current()->requests;
  roll_.accept(x, std::move(to), sender, limits.deadline, limits.deadline_max);
}

void subscription_desk::accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender) {
  roll_.accept(x, std::move(to), sender);
}

void subscription_desk::accept(const listening_msg& x, const caf::actor& sender) {
  if (sender != listener_ || x.term != term_) return;
  confirmed_ = true;
  last_news_ = self_.now();
  book_.listening(x.generation, self_.now());
  roll_.carry_out();
}

void subscription_desk::accept(const not_listening_msg& x, const caf::actor& sender) {
  if (sender != listener_) return;
  book_.not_listening(x.what.why, x.what.sqlstate, x.what.silent, self_.now());
  roll_.carry_out();
}

void subscription_desk::accept(notifications_msg& x, const caf::actor& sender) {
  if (sender != listener_ || !confirmed_) return;
  last_news_ = self_.now();
  for (auto& n : x.all) delivered_ += roll_.hand_on(n);
}

void subscription_desk::use(const caf::actor& listener) {
  if (listener == listener_) return;
  if (listener_) {
    self_.demonitor(listener_);
    lost_listener("the listener was replaced");
  }
  listener_ = listener;
  told_ = 0;
  ++term_;
  confirmed_ = false;
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
  roll_.down(who);
}

std::optional<time_point> subscription_desk::flush() {
  book_.tick(self_.now());
  roll_.carry_out();
  if (listener_ && told_ < book_.generation()) {
    told_ = book_.generation();
    self_.send(listener_, listen_to_msg{told_, book_.wanted(), term_});
  }
  return book_.next_wake();
}

void subscription_desk::end() {
  book_.close(stopping(), self_.now());
  roll_.carry_out();
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

void subscription_desk::lost_listener(const std::string& why) {
  // It had not said how long its session was silent: at most until the check would have found it lost.
  const auto limits = env_->current()->monitor;
  const auto silent = std::min(duration{self_.now() - last_news_}, limits.heartbeat_interval + limits.probe_timeout);
  book_.not_listening(why, {}, silent, self_.now());
  roll_.carry_out();
}

} // namespace tripool
