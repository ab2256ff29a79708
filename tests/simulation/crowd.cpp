// Judging a burst.
// Used by the simulation through crowd.hpp.
#include "tests/simulation/crowd.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>

namespace tripool::test {

namespace {

bool failed_as(const deed& x, cause why) {
  return x.is(outcome::not_executed) && x.failed->why == why;
}

} // namespace

/// All of the burst are writes, so that they are in the hands of one pool. What is on a wire or goes to it, and what
/// dead callers have asked, counts as waiting here, which can only excuse.
void judge_full_queue(stage& s, const std::vector<deed_ptr>& all) {
  const auto config = s.world.env->current();
  const auto& pools = config->pools;
  if (all.empty()) return;
  const auto since = all.front()->asked;
  const bool something_else = std::any_of(s.book.all().begin(), s.book.all().end(), [&](const auto& x) {
    return x->answers > 0 && x->at >= since && !failed_as(*x, cause::queue_full);
  });
  // A pool that is suspended moves what had waited in it, which another pool may turn away; a session that opens
  // meanwhile serves it.
  std::set<std::string> full;
  for (const auto& x : all)
    if (failed_as(*x, cause::queue_full)) full.insert(x->failed->pool);
  if (something_else || full.size() > 1) return;
  for (const auto& turned_away : all) {
    if (!failed_as(*turned_away, cause::queue_full)) continue;
    const auto& name = turned_away->failed->pool;
    const auto pool = std::find_if(pools.begin(), pools.end(), [&](const auto& p) { return p.name == name; });
    if (pool == pools.end()) continue; // The simple pool, which may have been turned away from elsewhere.
    const auto as_urgent = std::count_if(s.book.all().begin(), s.book.all().end(), [&](const deed_ptr& x) {
      return x->answers == 0 && x->priority >= turned_away->priority;
    });
    const auto fit = s.shortest[static_cast<std::size_t>(pool - pools.begin())]; // A reload may be on its way.
    if (static_cast<std::size_t>(as_urgent) < fit)
      s.complain(turned_away->what + ": turned away from a full queue of " + std::to_string(fit) + ", but only "
                 + std::to_string(as_urgent) + " as urgent wait");
  }
}

/// By time: those that are shed at one moment hear of it in any order.
void judge_shedding(stage& s, const std::vector<deed_ptr>& all) {
  for (const auto& x : all) {
    if (!failed_as(*x, cause::overload)) continue;
    for (const auto& y : all)
      if (failed_as(*y, cause::overload) && y->priority < x->priority && y->at > x->at) {
        s.complain(x->what + ": shed before " + y->what + ", which is less urgent");
        return;
      }
  }
}

} // namespace tripool::test
