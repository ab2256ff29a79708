// What operators order of a pool: no connections, new connections, other limits. All of it goes through the lifetime of
// connections, so that it is as gradual as their ordinary replacement.
#include "tripool/core/pool/pool_machine.hpp"
#include "tripool/core/util/mutation.hpp"

#include <utility>

namespace tripool {

void pool_machine::empty(bool on, time_point now, effects& out) {
  see(now);
  if (emptied_ == on) return;
  emptied_ = on;
  if (on) {
    for (auto& s : table_.slots()) s.expires = std::min(s.expires, now);
  }
  settle(now, out);
}

void pool_machine::recycle(time_point now, effects& out) {
  see(now);
  for (auto& s : table_.slots())
    if (s.state == slot_state::open) s.expires = std::min(s.expires, now);
  settle(now, out);
}

void pool_machine::reconfigure(const pool_options& x, time_point now, effects& out) {
  see(now);
  if (mutated(mutation::ignore_reload)) return;
  if (x.codel_target != opts_.codel_target || x.codel_interval != opts_.codel_interval)
    codel_ = codel{x.codel_target, x.codel_interval};
  if (x.backoff_min != opts_.backoff_min || x.backoff_max != opts_.backoff_max)
    gate_ = dial_gate{x.backoff_min, x.backoff_max};
  queue_.set_wait_max(x.queue_wait_max);
  orders_.set_wait_max(x.queue_wait_max);
  opts_ = x;
  blocked_ = false;
  const auto n = table_.size();
  auto surplus = n > opts_.connections_max ? n - opts_.connections_max : 0;
  for (auto& s : table_.slots()) {
    if (surplus == 0) break;
    if (s.state != slot_state::open) continue;
    s.expires = std::min(s.expires, now);
    --surplus;
  }
  settle(now, out);
}

} // namespace tripool
