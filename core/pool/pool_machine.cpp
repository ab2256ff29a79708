// The pool's requests: taking them, handing them out, and letting them go. Its connections: pool_sizing.cpp.
#include "tripool/core/pool/pool_machine.hpp"
#include "tripool/core/util/mutation.hpp"

#include <cassert>
#include <utility>

namespace tripool {

pool_machine::pool_machine(pool_options opts, std::uint64_t seed, std::shared_ptr<const pace_book> pace)
  : opts_(std::move(opts)),
    pace_(std::move(pace)),
    random_(seed),
    queue_(opts_.queue_wait_max),
    orders_(opts_.queue_wait_max),
    codel_(opts_.codel_target, opts_.codel_interval),
    gate_(opts_.backoff_min, opts_.backoff_max) {
  assert(opts_.connections_max > 0 && opts_.connections_min <= opts_.connections_max);
  assert(opts_.pipeline_depth > 0);
}

// -- events -----------------------------------------------------------------------------------------------------------

void pool_machine::start(time_point now, effects& out) {
  see(now);
  started_ = true;
  settle(now, out);
}

void pool_machine::submit(request_ptr r, time_point now, effects& out) {
  see(now);
  ++counters_.submitted;
  r->queued_at = now;
  r->held_up = false;
  if (r->deadline() <= now) {
    ++counters_.expired;
    const auto allowed = r->deadline() - r->arrived();
    return fail(std::move(r), refuse_deadline(context(), duration::zero(), allowed), out);
  }
  if (auto why = refusal_at_once(now)) return move(std::move(r), std::move(*why), out);
  offer_due_ = offer_due_ || may_be_offered(*r); // Once it has its place here: it may come back.
  auto& queue = r->order() ? orders_ : queue_;
  // Between two pumps the queue may be full while connections have room: only what they cannot take counts.
  if (queue.size() >= opts_.queue_max && !blocked_) dispatch(now, out);
  if (queue.size() >= opts_.queue_max && !mutated(mutation::unbounded_queue)) {
    auto less_urgent = queue.displace(r->priority());
    if (!less_urgent) return move(std::move(r), refuse_queue_full(context()), out);
    move(std::move(less_urgent), refuse_queue_full(context()), out);
  }
  queue.push_back(std::move(r));
}

void pool_machine::pump(time_point now, effects& out) {
  see(now);
  expire(now, out);
  leave(now, out);
  offer_waiting(out);
  dispatch(now, out);
  shed(now, out);
  settle(now, out);
}

void pool_machine::progressed(connection_id id, std::uint32_t completed, std::uint32_t outstanding, time_point now) {
  see(now);
  counters_.completed += completed;
  auto* s = table_.find(id);
  if (s == nullptr || s->state == slot_state::dialling) return;
  s->account(now);
  const bool was_idle = s->idle();
  s->outstanding = std::max(s->outstanding - std::min(completed, s->outstanding), outstanding);
  blocked_ = false;
  if (completed > 0) choked_ = false;
  if (s->lent) {
    // How long a borrower had it says nothing of the server's speed.
    s->lent = s->outstanding > 0;
    s->held = duration::zero();
    s->worked = true;
    s->progressed_at = now;
  } else if (completed > 0) {
    // Little's law: requests x time over completions is the mean time of one, without a stamp for each.
    services_.add(s->held / completed);
    if (width_.completed(completed, s->held, now)) width_.turn_over(table_.usable(), now);
    s->held = duration::zero();
    s->worked = true;
    s->progressed_at = now;
    gate_.worked();
  }
  if (s->idle() && !was_idle) {
    s->closed_behind = false;
    s->idle_since = now;
    s->used = ++use_order_;
  }
}

void pool_machine::returned(connection_id id, std::vector<request_ptr> back, time_point now) {
  see(now);
  counters_.returned += back.size();
  blocked_ = false;
  if (auto* s = table_.find(id); s != nullptr && !s->idle()) {
    s->account(now);
    s->outstanding -= std::min(s->outstanding, static_cast<std::uint32_t>(back.size()));
    if (s->idle()) {
      s->closed_behind = s->lent = false;
      s->idle_since = now;
      s->used = ++use_order_;
    }
  }
  for (auto i = back.rbegin(); i != back.rend(); ++i) {
    (*i)->queued_at = now; // What it spent at the connection is no wait in the queue.
    offer_due_ = offer_due_ || may_be_offered(**i);
    auto& queue = (*i)->order() ? orders_ : queue_;
    queue.push_front(std::move(*i));
  }
}

void pool_machine::tick(time_point now, effects& out) {
  pump(now, out);
}

void pool_machine::suspend(failure why, time_point now, effects& out) {
  see(now);
  why.kind = outcome::not_executed;
  if (why.pool.empty()) why.pool = opts_.name;
  suspended_ = std::move(why);
  settle(now, out);
}

void pool_machine::resume(time_point now, effects& out) {
  see(now);
  if (suspended_) { // The server is well again: what comes now may wait for a dial as long as ever.
    starved_since_.reset();
    starvation_reported_ = false;
  }
  suspended_.reset();
  gate_.hasten(now);
  settle(now, out);
}

void pool_machine::drain(time_point now, effects& out, duration limit) {
  see(now);
  if (phase_ != phase::running) return;
  phase_ = phase::draining;
  drain_until_ = now + limit;
  settle(now, out);
}

// -- the ways of a request --------------------------------------------------------------------------------------------

void pool_machine::dispatch(time_point now, effects& out) {
  if (!orders_.empty()) lend(now, out);
  if (!queue_.empty()) dispatch_statements(now, out);
  blocked_ = !nothing_waits();
}

/// Orders get idle connections, the most recently used first, as far as so many may be lent.
void pool_machine::lend(time_point now, effects& out) {
  expire_orders(now, out);
  while (lendable() > 0) {
    connection_slot* best = nullptr;
    for (auto& s : table_.slots())
      if (s.usable() && s.idle() && (best == nullptr || s.used > best->used)) best = &s;
    if (best == nullptr) return;
    auto r = orders_.pop_front();
    note_wait(*r, now - r->queued_at, now);
    best->account(now);
    best->outstanding = 1;
    best->lent = true;
    best->lent_since = best->progressed_at = now;
    ++counters_.dispatched;
    ++counters_.lent;
    dispatch_effect x{best->id, {}};
    x.requests.push_back(std::move(r));
    out.emplace_back(std::move(x));
  }
}

void pool_machine::note_wait(request& r, duration wait, time_point now) {
  waits_.add(wait);
  r.dispatched_at = now;
  if (meter_) meter_->waited(wait, now);
}

/// How many of the waiting orders may be given a connection now.
std::size_t pool_machine::lendable() const noexcept {
  std::size_t lent = 0;
  for (const auto& s : table_.slots()) lent += s.lent ? 1 : 0;
  const auto allowed = opts_.lent_max();
  return lent < allowed ? std::min(orders_.size(), allowed - lent) : 0;
}

/// Takes connections out of the plan for statements, so that they become idle and orders do not starve: the least
/// loaded. While the pool can still grow, the last one stays.
void pool_machine::keep_for_orders() const {
  for (auto n = lendable(); n > 0 && !loads_.empty(); --n) {
    const bool can_grow = table_.size() < opts_.connections_max || table_.counts().dialling > 0;
    if (loads_.size() == 1 && can_grow) return;
    const auto sooner = [](const connection_load& x, const connection_load& y) {
      return x.stuck != y.stuck ? y.stuck : x.outstanding < y.outstanding;
    };
    const auto i = std::min_element(loads_.begin(), loads_.end(), sooner) - loads_.begin();
    loads_.erase(loads_.begin() + i);
    load_slots_.erase(load_slots_.begin() + i);
  }
}

void pool_machine::dispatch_statements(time_point now, effects& out) {
  expire(now, out);
  collect_loads();
  keep_for_orders();
  collect_kinds();
  plan_dispatch(loads_, kinds_, {opts_.pipeline_depth, opts_.depth_for_reads()}, order_, width_.value(loads_.size()));
  std::vector<std::vector<request_ptr>> shares(loads_.size());
  share_sizes_.assign(loads_.size(), 0);
  for (const auto index : order_) ++share_sizes_[index];
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i].reserve(share_sizes_[i]);
  for (std::size_t k = 0; k < order_.size(); ++k) {
    const auto index = order_[k];
    if (kinds_[k] == dispatch_kind::unproven) table_.slots()[load_slots_[index]].closed_behind = true;
    auto r = queue_.pop_front();
    const auto wait = now - r->queued_at;
    note_wait(*r, wait, now);
    if (says_of_queue(*r, wait)) codel_.left(wait, now);
    shares[index].push_back(std::move(r));
  }
  counters_.dispatched += order_.size();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i].empty()) continue;
    auto& s = table_.slots()[load_slots_[i]];
    s.account(now);
    if (s.idle()) s.progressed_at = now;
    s.outstanding += static_cast<std::uint32_t>(shares[i].size());
    out.emplace_back(dispatch_effect{s.id, std::move(shares[i])});
  }
  if (queue_.empty()) codel_.emptied();
}

/// Whether the wait counts for the control of the delay: a short one of a request that overtook others says nothing of
/// theirs. Precondition: it has left the queue.
bool pool_machine::says_of_queue(const request& r, duration wait) const noexcept {
  return wait > codel_.target() || queue_.empty() || r.priority() <= queue_.least().priority();
}

dispatch_kind pool_machine::kind_of(const request& r) const noexcept {
  if (pace_ && !pace_->quick(r.pace())) return dispatch_kind::unproven;
  return r.mode() == access::read && !r.is_batch() ? dispatch_kind::read : dispatch_kind::ordinary;
}

/// What is known of those that may be handed out now: a long queue behind full connections is not looked at each time.
void pool_machine::collect_kinds() {
  kinds_.clear();
  const auto depth_of_reads = opts_.depth_for_reads();
  std::size_t room = 0;
  std::size_t room_for_reads = 0;
  std::size_t others = 0;
  for (const auto& x : loads_) {
    if (x.stuck) continue;
    room += opts_.pipeline_depth - std::min<std::size_t>(x.outstanding, opts_.pipeline_depth);
    room_for_reads += depth_of_reads - std::min<std::size_t>(x.outstanding, depth_of_reads);
  }
  if (room_for_reads == 0) return;
  queue_.visit([&](const request& r) {
    const auto kind = kind_of(r);
    if (kind != dispatch_kind::read && others++ >= room) return false; // No place is left that it may have.
    kinds_.push_back(kind);
    return kinds_.size() < room_for_reads;
  });
}

void pool_machine::collect_loads() const {
  loads_.clear();
  load_slots_.clear();
  const auto& slots = table_.slots();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& s = slots[i];
    if (!s.usable()) continue;
    loads_.push_back({s.outstanding, is_stuck(s), s.used});
    load_slots_.push_back(i);
  }
}

void pool_machine::expire(time_point now, effects& out) {
  while (auto r = queue_.pop_expired(now)) {
    ++counters_.expired;
    const auto waited = now - r->queued_at;
    auto why = r->deadline() <= now ? refuse_deadline(context(), waited, r->deadline() - r->arrived())
                                    : refuse_queue_timeout(context(), waited);
    fail(std::move(r), std::move(why), out);
  }
  if (queue_.empty()) codel_.emptied();
  expire_orders(now, out);
}

void pool_machine::expire_orders(time_point now, effects& out) {
  while (auto r = orders_.pop_expired(now)) {
    ++counters_.expired;
    const auto waited = now - r->queued_at;
    fail(std::move(r), refuse_order(context(), waited), out);
  }
}

void pool_machine::shed(time_point now, effects& out) {
  while (!queue_.empty()) {
    const auto due = codel_.shed_at(queue_.least().queued_at);
    if (!due || *due > now) return;
    auto r = queue_.pop_least();
    const auto waited = now - r->queued_at;
    codel_.left(waited, now);
    ++counters_.shed;
    fail(std::move(r), refuse_overload(context(), waited), out);
  }
  codel_.emptied();
}

void pool_machine::take_back_cancelled(time_point now, effects& out) {
  see(now);
  for (auto& r : queue_.take_cancelled()) {
    auto why = taken_back("waited in the queue of pool " + opts_.name);
    why.pool = opts_.name;
    fail(std::move(r), std::move(why), out);
  }
  if (queue_.empty()) codel_.emptied();
}

void pool_machine::leave(time_point now, effects& out) {
  if (!must_leave() || nothing_waits()) return;
  move_all(suspended_ ? *suspended_ : refuse_draining(context(), duration::zero()), now, out);
}

void pool_machine::move(request_ptr r, failure why, effects& out) {
  ++counters_.moved;
  if (out.empty() || !std::holds_alternative<move_effect>(out.back())) out.emplace_back(move_effect{});
  std::get<move_effect>(out.back()).requests.push_back({std::move(r), std::move(why)});
}

void pool_machine::move_all(const failure& why, time_point now, effects& out) {
  expire(now, out);
  while (!queue_.empty()) move(queue_.pop_front(), why, out);
  while (!orders_.empty()) move(orders_.pop_front(), why, out);
  codel_.emptied();
}

void pool_machine::fail(request_ptr r, failure why, effects& out) {
  ++counters_.failed;
  out.emplace_back(fail_effect{std::move(r), std::move(why)});
}

std::optional<failure> pool_machine::refusal_at_once(time_point now) const {
  if (phase_ != phase::running) return refuse_draining(context(), duration::zero());
  if (suspended_) return suspended_;
  if (table_.any_open()) return std::nullopt;
  const auto n = table_.counts();
  const bool long_pause = n.dialling == 0 && gate_.failing() && gate_.not_before() > now + next_dial_wait_max;
  const bool starved = starved_since_ && now - *starved_since_ >= starvation_max;
  if (long_pause || starved) return no_connection(now);
  return std::nullopt;
}

// -- what it tells ----------------------------------------------------------------------------------------------------

refusal_context pool_machine::context() const {
  return {opts_, table_.counts(), queue_.size() + orders_.size()};
}

pool_state pool_machine::state() const noexcept {
  if (phase_ == phase::drained) return pool_state::drained;
  if (phase_ == phase::draining) return pool_state::draining;
  return suspended_ ? pool_state::suspended : pool_state::running;
}

pool_stats pool_machine::stats(time_point now) const {
  pool_stats x;
  x.name = opts_.name;
  x.state = state();
  if (suspended_) x.suspended_because = suspended_->message;
  x.connections = table_.counts();
  x.connections_min = opts_.connections_min;
  x.connections_max = opts_.connections_max;
  x.outstanding = table_.outstanding();
  x.queued = queue_.size() + orders_.size();
  x.orders_queued = orders_.size();
  x.queue_max = opts_.queue_max;
  x.lent_max = opts_.lent_max();
  if (!queue_.empty()) x.oldest_wait = now - queue_.oldest();
  if (!orders_.empty()) x.oldest_wait = std::max(x.oldest_wait, now - orders_.oldest());
  for (const auto& s : table_.slots())
    if (s.lent) x.longest_lent = std::max(x.longest_lent, now - s.lent_since);
  x.overloaded = codel_.overloaded(now);
  x.wait_average = waits_.value();
  x.service_average = services_.value();
  if (counters_.dial_failures > 0) {
    x.last_dial_error = last_dial_failure_.message;
    x.last_dial_sqlstate = last_dial_failure_.sqlstate;
    x.last_dial_error_age = now - last_dial_failure_at_;
  }
  x.counters = counters_;
  return x;
}

} // namespace tripool
