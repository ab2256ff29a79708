// Drawing and ordering.
// Used by the simulation through reloads.hpp.
#include "tests/simulation/reloads.hpp"

#include "tripool/actors/protocol_control.hpp"

#include <algorithm>

namespace tripool::test {

void reloads::strike() {
  auto fresh = std::make_shared<options>(*s_.world.env->current());
  const auto defaults = world_options();
  for (std::size_t i = 0; i < fresh->pools.size(); ++i) {
    auto& p = fresh->pools[i];
    if (s_.chance(60)) {
      draw_small(p, s_.random);
    } else {
      copy_sizes(defaults.pools[i], p);
    }
    if (s_.chance(10)) p.target.application_name = "reloaded at " + std::to_string(s_.keys); // All sessions go.
  }
  if (s_.chance(30)) fresh->monitor.heartbeat_interval = std::chrono::seconds{5 + s_.pick(56)};
  std::string what = "other limits:";
  for (const auto& p : fresh->pools)
    what += " " + p.name + " " + std::to_string(p.connections_min) + "-" + std::to_string(p.connections_max)
            + ", queue " + std::to_string(p.queue_max) + ", depth " + std::to_string(p.pipeline_depth) + ";";
  s_.note(what);
  s_.largest = larger(s_.largest, *fresh);
  for (std::size_t i = 0; i < fresh->pools.size(); ++i)
    s_.shortest[i] = std::min(s_.shortest[i], fresh->pools[i].queue_max);
  s_.world.call([&s = s_, to = s_.world.delegate, fresh](caf::event_based_actor& self) {
    self.request(to, caf::infinite, reload_options{fresh})
      .then([](const control_reply&) {},
            [&s](const caf::error& e) { s.complain("a reload is refused: " + to_string(failure_of(e))); });
  });
}

} // namespace tripool::test
