// The monitor's part in protection: what a pool's requests came to, whether they may be sent again, and its circuit.
// Holds no policy: retry_budget and circuit_breaker decide.
#include "tripool/actors/monitor.hpp"
#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/retry/retry_policy.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tripool {

/// So many requests were answered since the last call; the gauge tells how many were broken.
void monitor_actor::count_outcomes(std::size_t i, std::uint64_t answered, time_point t) {
  auto& p = pools_[i];
  const auto broken = env_->gauges[i]->broken.load(std::memory_order_relaxed);
  const auto failed = broken - std::exchange(p.broken_seen, broken);
  if (answered > 0) p.retries.served(answered, t);
  if (p.breaker.count(answered, failed, t, failed > 0 ? random_.next() : 0)) circuit_changed(i, t);
  if (p.breaker.tick(t)) circuit_changed(i, t);
}

/// What has been handed to a server costs the budget of the pool that could not serve it.
bool monitor_actor::may_send_again(moved_request& x, time_point t) {
  if (x.what->attempts == 0 || harmless_by_token(*x.what, x.why)) return true;
  const auto& all = env_->config.pools;
  const auto from = std::ranges::find(all, x.why.pool, &pool_options::name);
  if (from == all.end()) return true;
  auto& budget = pools_[static_cast<std::size_t>(from - all.begin())].retries;
  if (budget.spend(t)) return true;
  x.why.detail += (x.why.detail.empty() ? "" : "; ") + budget.refusal(from->name);
  return false;
}

/// A read that is held up in its pool goes to one that is well and has room, or back. It costs no budget: nothing has
/// failed, and it is offered once.
void monitor_actor::offer(moved_request x, time_point t) {
  auto& r = *x.what;
  if (r.cancel_wanted()) return answer(std::move(x));
  const auto loads = read_loads(*env_);
  const bool allowed = next_step(r, x.why, env_->current()->requests.attempts_max, t) == retry_step::spill_over;
  const auto to = allowed ? pool_for(r, loads, true) : std::nullopt;
  if (to && !table_->routes[*to].tripped && !loads[*to].choked && has_room(*to, loads[*to])) {
    note_move(r, *to, x.why, t);
    ++moved_count_;
    return hand_over(*to, std::move(x.what));
  }
  send_home(std::move(x.what), x.why.pool, t);
}

/// A full queue or an overloaded server has no place for it, and no other pool has one: a read that was offered has its
/// old one.
void monitor_actor::turned_away(moved_request x, time_point t) {
  auto& r = *x.what;
  const auto from = std::ranges::find(r.moves, cause::held_up, &move_record::why);
  if (from == r.moves.end() || from->from == x.why.pool) return answer(std::move(x));
  const auto home = from->from;
  send_home(std::move(x.what), home, t);
}

/// Whether its queue takes one more, beside those that are on their way.
bool monitor_actor::has_room(std::size_t i, const pool_load& x) const noexcept {
  return !x.saturated() && (x.queue_max == 0 || x.queued + outbox_[i].size() < x.queue_max);
}

/// A read that was offered waits on in the pool that had offered it.
void monitor_actor::send_home(request_ptr r, std::string_view pool, time_point t) {
  const auto home = find_pool(env_->config, pool);
  if (!home || !who_.pools[*home]) return place({std::move(r), {}}, t);
  not_served_[*home].push_back(std::move(r));
}

/// A probe on a new session has ended.
void monitor_actor::trial_ended(std::size_t i, bool success) {
  auto& p = pools_[i];
  const auto t = now();
  if (p.breaker.trial_ended(success, t, random_.next())) return circuit_changed(i, t);
  if (p.breaker.wants_trial()) apply(i, p.health.ask_on_new_session(t));
}

void monitor_actor::circuit_changed(std::size_t i, time_point t) {
  auto& p = pools_[i];
  const auto level = p.breaker.state() == circuit::open ? spdlog::level::warn : spdlog::level::info;
  env_->log->log(level, "pool {}: its circuit is {}: {}", env_->config.pools[i].name, to_string(p.breaker.state()),
                 p.breaker.state() == circuit::closed ? "new sessions are answered again" : p.breaker.reason());
  const bool opened = p.breaker.state() == circuit::open;
  note(event_kind::circuit, opened ? severity::error : severity::info, i, {},
       "its circuit is " + std::string{to_string(p.breaker.state())}
         + (opened ? ": " + p.breaker.reason() : std::string{}));
  dirty_ = true;
  if (p.breaker.wants_trial()) apply(i, p.health.ask_on_new_session(t));
}

/// The health of a pool as routing is to see it.
health_snapshot monitor_actor::snapshot_of(std::size_t i) const {
  const auto& p = pools_[i];
  auto out = p.health.snapshot();
  if (p.breaker.state() != circuit::closed)
    out.tripped = "its circuit is " + std::string{to_string(p.breaker.state())} + ": " + p.breaker.reason();
  return out;
}

void monitor_actor::describe_guards(const watched& p, monitored_pool& to, time_point t) const {
  to.breaker = p.breaker.state();
  to.breaker_reason = p.breaker.reason();
  to.breaker_trips = p.breaker.trips();
  to.retries_spent = p.retries.spent(t);
  to.retries_allowed = p.retries.allowed(t);
  to.retries_refused = p.retries.refusals();
}

} // namespace tripool
