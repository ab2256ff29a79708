// Drawing plans and limits.
// Used by the simulation through plan.hpp. Knows the default options only.
#include "tests/simulation/plan.hpp"

#include "tests/actors/actor_world.hpp"

#include <algorithm>

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
  out.secrets = pick(100) < 40;
  out.costly_vault = pick(100) < 40;
  out.parameters = pick(100) < 75;
  const auto rung = pick(100);
  out.resilient = rung >= 8;
  if (out.light) {
    out.secrets = false; // Each look into the vault takes pages of its own, and there are thousands in such hours.
    out.turns = 400 + pick(400);
    out.asks_max = 2;
    out.faults = static_cast<unsigned>(pick(2));
    out.borrowers_max = 1;
    out.ears = pick(2);
    return out;
  }
  out.turns = 40 + pick(100);
  out.asks_max = pick(out.parameters ? 4 : 10) == 0 ? 40 : 6; // A crowd shares connections.
  out.borrowers_max = pick(4);
  out.ears = pick(3);
  if (profile == sim_profile::calm) return out;
  out.faults = static_cast<unsigned>(pick(20));
  out.deaths = static_cast<unsigned>(pick(8));
  out.reloads = out.resilient && pick(100) < 35;
  out.ladder = out.resilient && out.faults > 0 && rung < 35;
  return out;
}

options make_limits(const sim_plan& plan, std::mt19937_64& random) {
  auto out = world_options();
  if (plan.secrets) {
    const bool shared = random() % 2 == 0;
    for (auto& p : out.pools) {
      p.credentials.sources = "application";
      p.credentials.rotation_spread = std::chrono::seconds{random() % 21}; // A second try must fit into the end's rest.
      if (shared) p.credentials.name = "one";
    }
  }
  const auto some = [&](std::size_t from, std::size_t to) { return from + random() % (to - from + 1); };
  out.resilience = plan.resilient;
  if (plan.ladder) { // A manager that dies thrice rests, but not for long.
    out.supervision.restarts_max = 2;
    out.supervision.restarts_window = std::chrono::seconds{some(4, 20)};
  }
  if (plan.light || random() % 3 > 0) return out;
  out.simple.connections_max = some(1, 4);
  out.simple.connections_min = some(0, out.simple.connections_max);
  out.simple.queue_max = some(2, 20);
  for (auto& p : out.pools) draw_small(p, random);
  out.monitor.parked_max = some(1, 30);
  return out;
}

void draw_small(pool_options& to, std::mt19937_64& random) {
  const auto some = [&](std::size_t from, std::size_t up_to) { return from + random() % (up_to - from + 1); };
  to.connections_max = some(1, 4);
  to.connections_min = some(0, to.connections_max);
  to.queue_max = some(2, 20);
  to.pipeline_depth = some(1, 8);
  to.frame_max = some(1, 8);
  to.read_depth = to.pipeline_depth * to.frame_max;
  to.statement_cache = some(0, 4);
  to.prepared_statements = random() % 4 > 0;
  if (random() % 3 == 0) to.lifetime = std::chrono::seconds{some(5, 60)};
}

void copy_sizes(const pool_options& from, pool_options& to) {
  to.connections_max = from.connections_max;
  to.connections_min = from.connections_min;
  to.queue_max = from.queue_max;
  to.pipeline_depth = from.pipeline_depth;
  to.frame_max = from.frame_max;
  to.read_depth = from.read_depth;
  to.statement_cache = from.statement_cache;
  to.prepared_statements = from.prepared_statements;
  to.lifetime = from.lifetime;
}

options larger(const options& x, const options& y) {
  auto out = x;
  for (std::size_t i = 0; i < out.pools.size(); ++i) {
    auto& to = out.pools[i];
    const auto& from = y.pools[i];
    to.connections_max = std::max(to.connections_max, from.connections_max);
    to.queue_max = std::max(to.queue_max, from.queue_max);
    to.pipeline_depth = std::max(to.pipeline_depth, from.pipeline_depth);
  }
  return out;
}

} // namespace tripool::test
