// Counting.
// Used by the simulation through bounds.hpp.
#include "tests/simulation/bounds.hpp"

#include "tripool/actors/status.hpp"

#include <algorithm>

namespace tripool::test {

namespace {

/// The monitor's own session and the listener's.
constexpr std::size_t others = 2;
/// And the successors of both, while what sessions are opened with changes.
constexpr std::size_t successors = 2;
/// The listener's, beside a simple pool's.
constexpr std::size_t simple_others = 1;
constexpr std::size_t simple_successors = 1;
constexpr duration dial_window = std::chrono::seconds{10};
/// What a pool's pauses, the probes of a pool in trouble and the listener's own pauses come to in such a window, with
/// room for the resets that bring a whole pool down several times.
constexpr std::uint64_t dials_max = 120;

/// The connections that have something in hand.
std::string described(const pool_status& x) {
  std::string out;
  for (const auto& c : x.connections) {
    if (c.outstanding == 0) continue;
    out += "; connection " + std::to_string(c.id) + ", pid " + std::to_string(c.backend_pid) + ": " + c.state + ", "
           + std::to_string(c.outstanding) + " in hand, " + c.statement + " " + c.lent_as + " " + c.lent_to;
  }
  return out;
}

} // namespace

bounds::bounds(stage& s) : s_(s), simple_(s.plan.resilient ? 0 : 1) {
  // nop
}

void bounds::died(const std::string& name) {
  const bool holds_connections = name == "tripool.pool" || name == "tripool.manager" || name == "tripool.pool_manager"
                                 || name == "tripool.monitor" || name == "tripool.listener"
                                 || name == "tripool.simple_pool";
  if (!holds_connections) return;
  ++generations_;
  if (simple_ > 0) ++simple_; // It may have been the simple pool's.
}

void bounds::look() {
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) {
    look_at_sessions(i);
    look_at_dials(i);
  }
  if (s_.world.jobs() == 0) look_at_requests();
}

void bounds::look_at_sessions(std::size_t i) {
  auto& db = s_.world.db[i];
  auto n = db.waiting_dials();
  for (const auto& b : db.backends()) n += b->link().ended() ? 0 : 1;
  const auto& limits = s_.largest;
  const bool renewed = s_.plan.secrets || s_.plan.reloads;
  const auto own = others + (renewed ? successors : 0);
  const auto resilient = s_.plan.resilient ? limits.pools[i].connections_max + own : 0;
  const auto simple = limits.simple.connections_max + simple_others + (renewed ? simple_successors : 0);
  const auto allowed = generations_ * resilient + simple_ * simple;
  if (n <= allowed) return;
  s_.complain("server " + std::to_string(i) + " has " + std::to_string(n) + " sessions and dials, more than "
              + std::to_string(allowed));
}

void bounds::look_at_dials(std::size_t i) {
  auto& all = dials_[i];
  const auto now = s_.world.now();
  const auto n = s_.world.db[i].dialled();
  all.emplace_back(now, n);
  while (all.size() > 1 && all.front().first + dial_window < now) all.pop_front();
  const auto made = n - all.front().second;
  if (made <= (generations_ + simple_) * dials_max) return;
  s_.complain("server " + std::to_string(i) + " was dialled " + std::to_string(made) + " times within "
              + std::to_string(dial_window / std::chrono::seconds{1}) + " s");
  all.clear();
}

void bounds::look_at_requests() {
  s_.book.look();
  const auto n = s_.book.unanswered();
  const auto& limits = s_.largest;
  auto capacity = 2 * limits.monitor.parked_max; // The delegate's own waiting room is as large as the monitor's.
  std::size_t deepest = 0;
  for (const auto& p : limits.pools) {
    capacity += 2 * p.queue_max + p.connections_max * p.pipeline_depth;
    deepest = std::max(deepest, p.pipeline_depth);
  }
  const auto simple_capacity = 2 * limits.simple.queue_max + limits.simple.connections_max * deepest;
  // Beside them borrowers' commands, and what is seen to by an actor each.
  const auto allowed = generations_ * capacity + simple_ * simple_capacity + 200;
  if (n > allowed)
    s_.complain(std::to_string(n) + " requests are unanswered, more than " + std::to_string(allowed) + " that fit");
}

void bounds::look_at_rest() {
  const auto current = s_.world.env->current();
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) {
    std::size_t sessions = 0;
    for (const auto& b : s_.world.db[i].backends()) {
      if (b->link().ended()) continue;
      ++sessions;
      if (b->in_block()) s_.complain("server " + std::to_string(i) + ": a transaction was left open");
    }
    const auto& limits = *current;
    const auto allowed =
      s_.plan.resilient ? limits.pools[i].connections_max + others : limits.simple.connections_max + simple_others;
    if (sessions > allowed)
      s_.complain("server " + std::to_string(i) + ": " + std::to_string(sessions) + " sessions are left");
  }
  const auto all = s_.world.query<service_status>(s_.world.delegate, get_service_status{});
  if (!all) return s_.complain("the delegate does not answer");
  if (all->pools.size() != (s_.plan.resilient ? s_.world.db.size() : 1)) s_.complain("a pool does not answer");
  for (const auto& x : all->pools) {
    if (x.stats.connections.lent == 0 && x.stats.outstanding + x.stats.queued == 0) continue;
    s_.complain("pool " + x.stats.name + ": " + std::to_string(x.stats.connections.lent) + " connections lent, "
                + std::to_string(x.stats.outstanding + x.stats.queued) + " requests in hand, and nobody asks"
                + described(x));
  }
}

} // namespace tripool::test
