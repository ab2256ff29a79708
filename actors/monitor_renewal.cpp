// The monitor's probing connections after a change of what connections are opened with: each gets a successor, which
// takes its place between two probes. A successor that is not let in is no verdict on the server: the old session is
// the one that tells.
// Holds no policy: session_renewal decides.
#include "tripool/actors/connection.hpp"
#include "tripool/actors/monitor.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

void monitor_actor::credential_changed(const credential_changed_msg& x) {
  auto& p = pools_[x.pool];
  apply(x.pool, p.health.renewed(now()));
  const auto spread = env_->current()->pools[x.pool].credentials.rotation_spread;
  if (x.generation > 0) p.renewal.changed(x.generation, spread, now(), random_.next());
}

void monitor_actor::renew_probers() {
  const auto t = now();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    auto& p = pools_[i];
    if (p.ready && !p.under_way) take_over(i);
    if (can_renew(p) && p.renewal.wants_successor(t)) dial_successor(i);
  }
}

void monitor_actor::dial_successor(std::size_t i) {
  auto& p = pools_[i];
  p.successor = spawn_prober(i);
  p.renewal.successor_dialled();
}

void monitor_actor::drop_successor(std::size_t i) {
  auto& p = pools_[i];
  p.ready.reset();
  if (!p.successor) return;
  demonitor(p.successor);
  send_exit(p.successor, caf::exit_reason::kill);
  p.successor = nullptr;
}

void monitor_actor::successor_opened(std::size_t i, std::uint64_t as_of) {
  auto& p = pools_[i];
  const auto t = now();
  if (!p.renewal.successor_opened(as_of, t, random_.next())) return drop_successor(i);
  p.ready = opened_successor{t, as_of};
}

void monitor_actor::successor_ended(std::size_t i) {
  auto& p = pools_[i];
  demonitor(p.successor);
  p.successor = nullptr;
  p.ready.reset();
  p.renewal.successor_failed(now(), random_.next());
}

/// The old one has nothing on its wire, and says good-bye.
void monitor_actor::take_over(std::size_t i) {
  auto& p = pools_[i];
  const auto opened = *std::exchange(p.ready, std::nullopt);
  demonitor(p.prober);
  send(p.prober, close_msg{"it was opened with a secret that was replaced"});
  p.prober = std::exchange(p.successor, nullptr);
  p.prober_opened = opened.at;
  p.renewal.opened(opened.as_of, now(), random_.next());
}

std::optional<std::size_t> monitor_actor::successor_index(const caf::actor_addr& who) const {
  for (std::size_t i = 0; i < pools_.size(); ++i)
    if (pools_[i].successor && pools_[i].successor.address() == who) return i;
  return std::nullopt;
}

} // namespace tripool
