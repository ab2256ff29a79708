// Subscribers of a proxy.
#include "tripool/actors/remote/remote_subscribers.hpp"

#include <utility>

namespace tripool {

namespace {

constexpr duration longest_time = std::chrono::hours{24};

} // namespace

remote_subscribers::remote_subscribers(loop_actor& self, const remote_limits& limits,
                                       std::chrono::milliseconds deadline, std::uint64_t seed, watch_function watch,
                                       watch_function forget)
  : self_(self),
    deadline_(deadline),
    carried_(limits, seed),
    roll_(self, carried_.book(), std::move(watch), std::move(forget)) {
  // nop
}

void remote_subscribers::accept(subscribe& x, caf::response_promise to, const caf::actor& sender) {
  roll_.accept(x, std::move(to), sender, deadline_, longest_time);
}

void remote_subscribers::accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender) {
  roll_.accept(x, std::move(to), sender);
}

void remote_subscribers::take(node_index from, notification& x) {
  if (!carried_.carries(from, x.channel)) return;
  roll_.hand_on(x);
}

void remote_subscribers::take(node_index from, notification_gap& x) {
  carried_.gap(from, {0, std::move(x.channels), std::move(x.why), x.over, x.lasted}, self_.now());
  roll_.carry_out();
}

void remote_subscribers::lost(node_index node, const std::string& why, duration silent) {
  carried_.lost(node, why, silent, self_.now());
  roll_.carry_out();
}

void remote_subscribers::done(std::uint64_t order) {
  carried_.done(order, self_.now());
  roll_.carry_out();
}

void remote_subscribers::failed(std::uint64_t order, const failure& why) {
  carried_.failed(order, why, self_.now());
  roll_.carry_out();
}

void remote_subscribers::down(const caf::actor_addr& who) {
  roll_.down(who);
}

std::vector<subscription_order> remote_subscribers::advance(const std::vector<node_index>& up) {
  auto out = carried_.advance(up, self_.now());
  roll_.carry_out();
  return out;
}

void remote_subscribers::end() {
  failure f;
  f.why = cause::actor_down;
  f.message = "the remote delegate ended";
  carried_.book().close(f, self_.now());
  roll_.carry_out();
}

remote_subscriptions_status remote_subscribers::status() const {
  const auto& x = carried_.book();
  return {x.channels(), x.subscribers(), x.waiting(), x.gaps(), {}};
}

} // namespace tripool
