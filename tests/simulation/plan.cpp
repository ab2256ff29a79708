// Drawing plans and limits.
// Used by the simulation through plan.hpp. Knows the default options only.
#include "tests/simulation/plan.hpp"

#include "tests/actors/actor_world.hpp"

namespace tripool::test {

bool read_profile(std::string_view text, sim_profile& out) {
  if (text == "mixed") return out = sim_profile::mixed, true;
  if (text == "light") return out = sim_profile::light, true;
  if (text == "heavy") return out = sim_profile::heavy, true;
  if (text == "calm") return out = sim_profile::calm, true;
  return false;
}

sim_plan make_plan(sim_profile profile, std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  const auto kind = pick(20);
  sim_plan out;
  out.light = profile == sim_profile::light || (profile == sim_profile::mixed && kind == 0);
  out.synchronous = pick(100) < 35;
  if (out.light) {
    out.turns = 400 + pick(400);
    out.asks_max = 2;
    out.faults = static_cast<unsigned>(pick(2));
    out.borrowers_max = 1;
    out.ears = pick(2);
    return out;
  }
  out.turns = 40 + pick(100);
  out.asks_max = pick(10) == 0 ? 40 : 6;
  out.borrowers_max = pick(4);
  out.ears = pick(3);
  if (profile == sim_profile::calm) return out;
  out.faults = static_cast<unsigned>(pick(20));
  out.deaths = static_cast<unsigned>(pick(8));
  return out;
}

options make_limits(const sim_plan& plan, std::mt19937_64& random) {
  auto out = world_options();
  if (plan.light || random() % 3 > 0) return out;
  const auto some = [&](std::size_t from, std::size_t to) { return from + random() % (to - from + 1); };
  for (auto& p : out.pools) {
    p.connections_max = some(1, 4);
    p.connections_min = some(0, p.connections_max);
    p.queue_max = some(2, 20);
    p.pipeline_depth = some(1, 8);
    p.frame_max = some(1, 8);
    p.statement_cache = some(0, 4);
    p.prepared_statements = random() % 4 > 0;
    if (random() % 3 == 0) p.lifetime = std::chrono::seconds{some(5, 60)};
  }
  out.monitor.parked_max = some(1, 30);
  return out;
}

} // namespace tripool::test
