// Asking an instance how it is.
#include "service/app/readiness.hpp"

#include "tripool/actors/protocol.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <thread>

namespace tripool::service {

std::optional<service_status> ask_status(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit) {
  caf::scoped_actor self{sys};
  std::optional<service_status> out;
  self->request(of.delegate(), limit, get_service_status{})
    .receive([&](const service_status& x) { out = x; }, [](const caf::error&) {});
  return out;
}

bool wait_until_probed(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto s = ask_status(sys, of, std::chrono::seconds{2});
    if (s && s->monitor.table) {
      const auto& routes = s->monitor.table->routes;
      const bool asked =
        std::none_of(routes.begin(), routes.end(), [](const auto& r) { return r.state == health_state::unknown; });
      const bool serves = s->monitor.table->has_writer() || s->monitor.table->has_reader();
      if (s->monitor.table->has_writer() || asked) return serves;
    }
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

} // namespace tripool::service
