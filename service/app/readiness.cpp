// Asking an instance how it is.
#include "service/app/readiness.hpp"

#include "tripool/actors/protocol.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <thread>

namespace tripool::service {

namespace {

/// Asks until `holds` says yes of the status, or until the limit.
template <class Condition>
bool wait_for_status(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit, Condition holds) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto s = ask_status(sys, of, std::chrono::seconds{2});
    if (s && holds(*s)) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

} // namespace

std::optional<service_status> ask_status(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit) {
  caf::scoped_actor self{sys};
  std::optional<service_status> out;
  self->request(of.delegate(), limit, get_service_status{})
    .receive([&](const service_status& x) { out = x; }, [](const caf::error&) {});
  return out;
}

bool wait_until_probed(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit) {
  bool serves = false;
  return wait_for_status(sys, of, limit,
                         [&](const service_status& s) {
                           if (!s.monitor.table) return false;
                           const auto& routes = s.monitor.table->routes;
                           const bool asked = std::none_of(routes.begin(), routes.end(), [](const auto& r) {
                             return r.state == health_state::unknown;
                           });
                           serves = s.monitor.table->has_writer() || s.monitor.table->has_reader();
                           return s.monitor.table->has_writer() || asked;
                         })
         && serves;
}

bool wait_until_dialled(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit) {
  return wait_for_status(sys, of, limit, [](const service_status& s) {
    return std::all_of(s.pools.begin(), s.pools.end(), [](const pool_status& p) {
      const auto& n = p.stats.connections;
      return n.dialling == 0 && n.open() >= p.stats.connections_min;
    });
  });
}

} // namespace tripool::service
