// The pool's connections: dialling, retiring, closing, and what their ends mean. Its requests: pool_machine.cpp.
// Each rule has a `..._due` that says when it has something to do; `settle` does it and `next_wake` announces it, so
// that the two cannot disagree.
#include "tripool/core/credentials/session_renewal.hpp"
#include "tripool/core/pool/pool_machine.hpp"
#include "tripool/core/util/mutation.hpp"

#include <utility>

namespace tripool {

namespace {

std::optional<time_point> sooner(std::optional<time_point> x, std::optional<time_point> y) {
  if (!x) return y;
  return y ? std::min(*x, *y) : x;
}

bool is_due(const std::optional<time_point>& x, time_point now) {
  return x && *x <= now;
}

} // namespace

// -- events -----------------------------------------------------------------------------------------------------------

void pool_machine::connection_opened(connection_id id, time_point now, effects& out, std::uint64_t as_of) {
  see(now);
  auto* s = table_.find(id);
  if (s == nullptr || s->state != slot_state::dialling) return;
  ++counters_.opened;
  s->state = slot_state::open;
  s->since = s->idle_since = s->progressed_at = s->held_at = now;
  s->used = ++use_order_;
  if (opts_.lifetime > duration::zero()) {
    const auto jitter =
      random_up_to(random_.next(), static_cast<std::uint64_t>(opts_.lifetime.count() / lifetime_jitter_divisor));
    s->expires = now + opts_.lifetime - duration{static_cast<duration::rep>(jitter)};
  }
  s->as_of = as_of;
  // It may be lent the same old secret again: without a pause there would be one dial after the other.
  if (s->as_of < renewed_)
    s->expires = std::min(s->expires, now + session_renewal::pause(renewal_spread_, random_.next()));
  if (emptied_) s->expires = now;
  gate_.succeeded(now);
  blocked_ = false;
  settle(now, out);
}

void pool_machine::renew(std::uint64_t generation, duration spread, time_point now, effects& out) {
  see(now);
  gate_.hasten(now);
  if (generation > renewed_) {
    renewed_ = generation;
    renewal_spread_ = spread;
    for (auto& s : table_.slots())
      if (s.state == slot_state::open) limit_outdated(s, now);
  }
  settle(now, out);
}

/// An open connection that does not know of the newest change lives on for a random part of the spread.
void pool_machine::limit_outdated(connection_slot& s, time_point now) noexcept {
  if (s.as_of >= renewed_) return;
  const auto most = static_cast<std::uint64_t>(std::max(renewal_spread_, duration::zero()).count());
  s.expires = std::min(s.expires, now + duration{static_cast<duration::rep>(random_up_to(random_.next(), most))});
}

void pool_machine::connection_ended(connection_id id, const connection_end& x, time_point now, effects& out) {
  see(now);
  const auto* found = table_.find(id);
  if (found == nullptr) return;
  const auto s = *found;
  table_.erase(id);
  blocked_ = false;
  if (s.state == slot_state::dialling)
    dial_failed(x, now, out);
  else if (x.was_open && !x.orderly)
    connection_lost(s, x, now, out);
  settle(now, out);
}

void pool_machine::evict(std::string reason, time_point now, effects& out) {
  see(now);
  bool any = false;
  for (auto& s : table_.slots()) {
    if (s.state == slot_state::closing) continue;
    any = true;
    if (s.state == slot_state::open) ++counters_.evicted;
    close(s, reason, out);
  }
  if (any) gate_.postpone(now, random_.next());
  last_failure_ = {true, false, {}, "all connections were closed: " + std::move(reason)};
  settle(now, out);
}

void pool_machine::dial_failed(const connection_end& x, time_point now, effects& out) {
  ++counters_.dial_failures;
  // The secret may have been changed since the last dial: the next one finds it, and what waits can wait for that.
  const bool refused_before = gate_.refused();
  last_failure_ = last_dial_failure_ = x;
  last_dial_failure_at_ = now;
  gate_.failed(x.sqlstate, now, random_.next());
  const bool perhaps_outdated = gate_.refused() && !refused_before;
  report(cause::connection_failed, x, now, out);
  const auto n = table_.counts();
  if (n.usable() == 0) // No successor is in sight: one that was to retire is better than none.
    for (auto& s : table_.slots()) s.retiring = false;
  if (n.open() == 0 && !perhaps_outdated) move_all(no_connection(now), now, out);
}

void pool_machine::connection_lost(const connection_slot& s, const connection_end& x, time_point now, effects& out) {
  ++counters_.lost;
  last_failure_ = x;
  const bool died_young = !s.worked && now - s.since < dial_calm_period;
  if (died_young && s.state != slot_state::closing)
    gate_.failed(x.sqlstate, now, random_.next());
  else
    gate_.unsettle();
  report(cause::connection_lost, x, now, out);
}

void pool_machine::report(cause why, const connection_end& x, time_point now, effects& out) {
  if (troubles_.admit(why, x.sqlstate, now)) out.emplace_back(trouble_effect{why, x.sqlstate, x.message});
}

// -- what is due ------------------------------------------------------------------------------------------------------

void pool_machine::settle(time_point now, effects& out) {
  leave(now, out);
  retire(now, out);
  close_retired(out);
  close_idle(now, out);
  dial(now, out);
  watch_starvation(now, out);
  watch_silence(now, out);
  watch_choking(now, out);
  ask_held_up_back(now, out);
  go_on_draining(now, out);
}

std::optional<time_point> pool_machine::next_wake() const {
  auto due = sooner(queue_.next_expiry(), orders_.next_expiry());
  if (!queue_.empty()) due = sooner(due, codel_.shed_at(queue_.least().queued_at));
  if (!nothing_waits() && (must_leave() || !blocked_)) due = now_; // To go, or to be offered to the connections.
  for (const auto& s : table_.slots())
    if (s.retiring && s.idle()) due = now_;
  due = sooner(due, dial_due());
  due = sooner(due, retire_due());
  due = sooner(due, idle_due());
  due = sooner(due, starvation_due());
  due = sooner(due, silence_due());
  due = sooner(due, held_up_due());
  due = sooner(due, choking_due());
  due = sooner(due, drain_due());
  if (due) due = std::max(*due, now_);
  return due;
}

// -- dialling ---------------------------------------------------------------------------------------------------------

std::optional<time_point> pool_machine::dial_due() const {
  const auto counted = mutated(mutation::count_open_only) ? table_.counts().open() : table_.size();
  if (!started_ || phase_ == phase::drained || counted >= opts_.connections_max) return std::nullopt;
  const auto n = table_.counts();
  if (phase_ == phase::draining) {
    const bool needed = !nothing_waits() && n.open() == n.lent && n.dialling == 0 && now_ < drain_until_;
    return needed ? std::optional{gate_.not_before()} : std::nullopt;
  }
  const bool below_min = n.usable() + n.lent + n.dialling < wanted_min() && n.dialling < gate_.parallel_max();
  if (below_min || growth_wanted()) return gate_.not_before();
  return std::nullopt;
}

bool pool_machine::growth_wanted() const {
  if (suspended_ || table_.counts().dialling > 0) return false;
  if (lendable() > 0 && table_.counts().idle == 0) return true;
  collect_loads();
  return wants_growth(loads_, queue_.size(), opts_.pipeline_depth);
}

void pool_machine::dial(time_point now, effects& out) {
  while (is_due(dial_due(), now)) begin_dial(now, out);
}

void pool_machine::begin_dial(time_point now, effects& out) {
  ++counters_.dials;
  out.emplace_back(dial_effect{table_.add(now)});
}

// -- closing ----------------------------------------------------------------------------------------------------------

void pool_machine::close(connection_slot& s, std::string reason, effects& out) {
  s.state = slot_state::closing;
  s.retiring = false;
  out.emplace_back(close_effect{s.id, std::move(reason)});
}

const connection_slot* pool_machine::next_to_retire() const noexcept {
  const connection_slot* oldest = nullptr;
  for (const auto& s : table_.slots()) {
    if (s.state == slot_state::closing || s.retiring) return nullptr; // One at a time.
    if (s.usable() && (oldest == nullptr || s.expires < oldest->expires)) oldest = &s;
  }
  return oldest;
}

std::optional<time_point> pool_machine::retire_due() const {
  const auto* s = next_to_retire();
  if (phase_ != phase::running || s == nullptr || s->expires == time_point::max()) return std::nullopt;
  const auto n = table_.counts();
  if (n.usable() > wanted_min()) return s->expires;
  if (n.dialling > 0) return std::nullopt; // Its replacement may be on the way.
  if (n.total() >= opts_.connections_max) return s->expires;
  return std::max(s->expires, gate_.not_before());
}

void pool_machine::retire(time_point now, effects& out) {
  if (!is_due(retire_due(), now)) return;
  const auto n = table_.counts();
  const bool spare = n.usable() > wanted_min() || n.total() >= opts_.connections_max;
  if (spare)
    table_.find(next_to_retire()->id)->retiring = true;
  else
    begin_dial(now, out); // The replacement comes first.
}

void pool_machine::close_retired(effects& out) {
  for (auto& s : table_.slots()) {
    if (!s.retiring || !s.idle()) continue;
    ++counters_.retired;
    close(s, "its lifetime is over", out);
  }
}

const connection_slot* pool_machine::next_idle() const noexcept {
  const connection_slot* longest = nullptr;
  for (const auto& s : table_.slots())
    if (s.usable() && s.idle() && (longest == nullptr || s.used < longest->used)) longest = &s;
  return longest;
}

std::optional<time_point> pool_machine::idle_due() const {
  if (phase_ != phase::running || opts_.idle_timeout <= duration::zero()) return std::nullopt;
  if (table_.size() <= wanted_min() || table_.usable() <= wanted_min()) return std::nullopt; // The first is cheaper.
  const auto* s = next_idle();
  if (s == nullptr) return std::nullopt;
  return std::max(s->idle_since + opts_.idle_timeout, idle_closed_at_ + opts_.idle_check_interval);
}

void pool_machine::close_idle(time_point now, effects& out) {
  if (!is_due(idle_due(), now)) return;
  ++counters_.idle_closed;
  idle_closed_at_ = now;
  close(*table_.find(next_idle()->id), "it was idle for longer than idle_timeout", out);
}

// -- no connection at all ---------------------------------------------------------------------------------------------

bool pool_machine::starving() const noexcept {
  if (!started_ || phase_ == phase::drained || table_.any_open()) return false;
  return !nothing_waits() || table_.counts().dialling > 0 || (phase_ == phase::running && wanted_min() > 0);
}

std::optional<time_point> pool_machine::starvation_due() const {
  if (!starving() || (starvation_reported_ && nothing_waits())) return std::nullopt;
  return starved_since_.value_or(now_) + starvation_max;
}

void pool_machine::watch_starvation(time_point now, effects& out) {
  if (!starving()) {
    starved_since_.reset();
    starvation_reported_ = false;
    return;
  }
  if (!starved_since_) starved_since_ = now;
  if (!is_due(starvation_due(), now)) return;
  const auto why = no_connection(now);
  if (!starvation_reported_) report(why.why, {false, false, why.sqlstate, why.message}, now, out);
  starvation_reported_ = true;
  move_all(why, now, out);
}

failure pool_machine::no_connection(time_point now) const {
  const auto since_for = starved_since_ ? now - *starved_since_ : duration::zero();
  const bool failing = gate_.failing();
  return refuse_no_connection(context(), since_for, failing ? std::string_view{last_failure_.message} : "",
                              failing ? std::string_view{last_failure_.sqlstate} : "");
}

// -- no answer --------------------------------------------------------------------------------------------------------

/// When the server was heard of last, by its answers; nothing while no answer is owed.
std::optional<time_point> pool_machine::waiting_since() const noexcept {
  bool waiting = false;
  time_point latest = time_point::min();
  for (const auto& s : table_.slots()) {
    if (s.state != slot_state::open || s.lent) continue; // A borrower's silence is its own matter.
    waiting = waiting || !s.idle();
    latest = std::max(latest, s.progressed_at);
  }
  return waiting ? std::optional{latest} : std::nullopt;
}

std::optional<time_point> pool_machine::silence_due() const {
  const auto since = waiting_since();
  if (!since || suspended_) return std::nullopt;
  if (silence_reported_at_ < *since + silence_max) return *since + silence_max;
  return silence_reported_at_ + (silence_reported_at_ - *since);
}

/// Whether a server that answers none of its requests hangs, or has much to do, is the monitor's to find out by asking.
void pool_machine::watch_silence(time_point now, effects& out) {
  if (!is_due(silence_due(), now)) return;
  const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(now - *waiting_since()).count();
  silence_reported_at_ = now;
  const auto text =
    std::to_string(table_.outstanding()) + " requests have had no answer for " + std::to_string(lasted) + " ms";
  report(cause::deadline, {true, false, {}, text}, now, out);
}

// -- draining ---------------------------------------------------------------------------------------------------------

std::optional<time_point> pool_machine::drain_due() const {
  if (phase_ != phase::draining) return std::nullopt;
  if (nothing_waits() && table_.empty()) return now_;
  const bool cut_off = now_ >= drain_until_;
  if (cut_off && !nothing_waits()) return now_;
  for (const auto& s : table_.slots())
    if (s.state != slot_state::closing && (cut_off || (nothing_waits() && s.idle()))) return now_;
  return cut_off ? std::nullopt : std::optional{drain_until_};
}

void pool_machine::go_on_draining(time_point now, effects& out) {
  if (phase_ != phase::draining) return;
  const bool cut_off = now >= drain_until_;
  while (cut_off && !nothing_waits()) {
    auto r = queue_.empty() ? orders_.pop_front() : queue_.pop_front();
    const auto waited = now - r->queued_at;
    fail(std::move(r), refuse_draining(context(), waited), out);
  }
  for (auto& s : table_.slots())
    if (s.state != slot_state::closing && (cut_off || (nothing_waits() && s.idle()))) close(s, "the pool drains", out);
  if (!nothing_waits() || !table_.empty()) return;
  phase_ = phase::drained;
  out.emplace_back(drained_effect{});
}

} // namespace tripool
