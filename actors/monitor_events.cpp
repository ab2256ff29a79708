// What the monitor writes into the flight recorder: changes of health, fences, failovers, and what made it look.
#include "tripool/actors/monitor.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

severity weight_of(health_state x) noexcept {
  switch (x) {
    case health_state::unknown:
    case health_state::healthy: return severity::info;
    case health_state::degraded:
    case health_state::recovering: return severity::warning;
    case health_state::unhealthy: return severity::error;
  }
  return severity::info;
}

} // namespace

void monitor_actor::note(event_kind kind, severity weight, std::size_t pool, std::string sqlstate, std::string text) {
  service_event e;
  e.at = now();
  e.kind = kind;
  e.weight = weight;
  e.pool = env_->config.pools[pool].name;
  e.sqlstate = std::move(sqlstate);
  e.text = std::move(text);
  record(*env_, std::move(e));
}

/// Order matters to readers: first why, then what it means.
void monitor_actor::note_health(std::size_t i, const health_effects& e) {
  const auto& s = pools_[i].health.snapshot();
  if (!e.evict.empty()) {
    const auto kind = s.fenced ? event_kind::fence : event_kind::eviction;
    note(kind, severity::error, i, s.sqlstate, e.evict);
  }
  if (!e.became) return;
  note(event_kind::health, weight_of(*e.became), i, s.sqlstate,
       "the pool is " + std::string{to_string(*e.became)} + ": " + s.reason);
}

/// Silence on a busy pool is no event in itself: the probe that it brings tells.
void monitor_actor::note_trouble(std::size_t i, const trouble_effect& x) {
  if (x.why == cause::deadline) return;
  note(event_kind::trouble, severity::warning, i, x.sqlstate, x.message);
}

/// Who takes writes, by the order in which they are chosen.
void monitor_actor::note_writer() {
  std::string fresh;
  std::size_t at = 0;
  for (const auto& r : table_->routes) {
    if (!r.usable_for_writes || r.foreign || !fresh.empty()) continue;
    fresh = r.name;
    at = r.index;
  }
  const auto before = std::exchange(writer_, fresh);
  if (!before && fresh.empty()) {
    writer_.reset(); // Nobody has been a writer yet: the first one will be no failover.
    return;
  }
  if (before == fresh) return;
  service_event e;
  e.at = now();
  e.kind = event_kind::failover;
  e.pool = fresh;
  e.other = before.value_or("");
  if (fresh.empty()) {
    e.weight = severity::error;
    e.text = "no pool takes writes any more; " + *before + " took them";
  } else {
    const auto& r = table_->routes[at];
    e.weight = before ? severity::warning : severity::info;
    e.text = "writes go to " + fresh + " on timeline " + std::to_string(r.timeline);
    if (before && !before->empty()) e.text += "; they went to " + *before;
  }
  record(*env_, std::move(e));
}

} // namespace tripool
