// The monitor's routing half: the table, and a place for every request that comes back.
#include "tripool/actors/monitor.hpp"

#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/protocol_credentials.hpp"
#include "tripool/core/retry/retry_policy.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// Before a request is offered again to a pool that has turned it away at once.
constexpr duration bounce_pause = std::chrono::milliseconds{50};

} // namespace

monitor_actor::monitor_actor(caf::actor_config& cfg, environment_ptr env, caf::actor delegate)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    delegate_(std::move(delegate)),
    parked_(*env_->parked),
    random_(env_->next_seed()) {
  const auto t = now();
  const auto config = env_->current(); // It may have been reloaded since the first monitor.
  for (const auto& p : config->pools) pools_.emplace_back(health_machine{p.name, config->monitor, t}, p);
  outbox_.resize(pools_.size());
  not_served_.resize(pools_.size());
  who_.pools.resize(pools_.size());
}

caf::behavior monitor_actor::make_behavior() {
  set_down_handler([this](caf::down_msg& x) { session_ended(caf::actor_cast<caf::actor_addr>(x.source), nullptr); });
  return handlers();
}

caf::behavior monitor_actor::handlers() {
  return {
    [this](topology_msg& x) {
      if (x.generation < who_.generation) return;
      for (std::size_t i = 0; i < pools_.size(); ++i)
        if (x.pools[i] != who_.pools[i]) pools_[i].out.reset(); // Whoever it is now has been told nothing yet.
      who_ = std::move(x);
      dirty_ = true;
    },
    [this](moved_msg& x) {
      const auto t = now();
      for (auto& m : x.requests) {
        if (m.what) env_->handovers->opened(*m.what);
        place(std::move(m), t);
      }
    },
    [this](unroutable_msg& x) {
      const auto t = now();
      for (auto& r : x.requests) {
        if (r) env_->handovers->opened(*r);
        place({std::move(r), {}}, t);
      }
    },
    [this](cancel_msg) {
      const auto cancelled = [](const tripool::request& r) { return r.cancel_wanted(); };
      for (auto& x : parked_.take_routable(cancelled)) answer(std::move(x));
    },
    [this](trouble_msg& x) {
      // A long statement on a quiet pool looks like a server that hangs: the probe tells.
      const auto level = x.what.why == cause::deadline ? spdlog::level::debug : spdlog::level::info;
      env_->log->log(level, "pool {}: trouble: {} {}", env_->config.pools[x.pool].name, x.what.sqlstate,
                     x.what.message);
      note_trouble(x.pool, x.what);
      note_served();
      apply(x.pool, pools_[x.pool].health.trouble(x.what.why, x.what.sqlstate, x.what.message, now()));
    },
    [this](const reported_msg& x) {
      apply(x.pool, pools_[x.pool].health.reported(x.in_hot_standby, x.read_only, now()));
    },
    [this](const credential_changed_msg& x) { credential_changed(x); },
    [this](probe_msg& x) { probe_ended(x); },
    [this](const opened_msg& x) { session_opened(caf::actor_cast<caf::actor_addr>(current_sender()), x.as_of); },
    [this](const ended_msg& x) { session_ended(caf::actor_cast<caf::actor_addr>(current_sender()), &x.how); },
    [](const progress_msg&) {},
    [](returned_msg&) {},
    [this](positions_wanted_msg) { ask_for_positions(); },
    [](are_you_there_msg) { return here_msg{}; },
    [this](orders_changed_msg) {
      for (auto& p : pools_) p.out.reset();
      dirty_ = true;
    },
    [this](const reloaded_msg& x) {
      const auto fresh = env_->current();
      for (std::size_t i = 0; i < pools_.size(); ++i) {
        pools_[i].health.reconfigure(fresh->monitor);
        pools_[i].retries.reconfigure(fresh->pools[i].retries);
        pools_[i].breaker.reconfigure(fresh->pools[i].breaker);
        // The pool's server may be another one now, and is to be judged as its connections will find it.
        if ((x.recycle >> i & 1U) != 0) apply(i, pools_[i].health.ask_on_new_session(now()));
      }
    },
    [this](tick_msg) { ticked(); },
    [this](get_status) { return status(); },
  };
}

void monitor_actor::on_drained() {
  note_served();
  renew_probers();
  probe_what_is_due();
  if (dirty_) {
    rebuild();
    replace_outbox();
  } else if (heard_) {
    retry_parked();
  }
  heard_ = false;
  const auto t = now();
  if (retry_at_ && t >= *retry_at_) {
    retry_at_.reset();
    retry_parked();
  }
  for (auto& x : parked_.expire(*table_, t)) answer(std::move(x));
  for (std::size_t i = 0; i < outbox_.size(); ++i) {
    if (!outbox_[i].empty()) send(who_.pools[i], submit_msg{std::exchange(outbox_[i], {})});
    if (!not_served_[i].empty()) send(who_.pools[i], not_served_msg{std::exchange(not_served_[i], {})});
  }
  auto next = parked_.next_wake().value_or(time_point::max());
  // The delegate sees to it should this actor be silent by then, and may rest until long after.
  if (next < std::exchange(delegate_looks_at_, next)) send(delegate_, tick_msg{});
  if (retry_at_) next = std::min(next, *retry_at_);
  for (const auto& p : pools_) {
    next = std::min(next, p.breaker.next_wake());
    if (const auto renewal = p.renewal.next_wake(); renewal && can_renew(p)) next = std::min(next, *renewal);
    if (p.under_way) {
      next = std::min(next, p.sent_at + p.health.probe_deadline());
    } else if (can_probe(p)) {
      next = std::min(next, p.health.next_probe());
    }
  }
  wake_at(next == time_point::max() ? std::nullopt : std::optional{next});
}

/// What was chosen by the table before must not reach a server that has just lost its right.
void monitor_actor::replace_outbox() {
  const auto t = now();
  std::vector<request_ptr> all;
  for (auto& box : outbox_) {
    all.insert(all.end(), std::make_move_iterator(box.begin()), std::make_move_iterator(box.end()));
    box.clear();
  }
  for (std::size_t i = 0; i < not_served_.size(); ++i) // A pool that is gone meanwhile.
    if (!who_.pools[i])
      for (auto& r : std::exchange(not_served_[i], {})) all.push_back(std::move(r)), ++moved_count_;
  moved_count_ -= std::min<std::uint64_t>(moved_count_, all.size()); // They are counted once they have their place.
  for (auto& r : all) place({std::move(r), {}}, t);
}

void monitor_actor::on_end() {
  for (std::size_t i = 0; i < pools_.size(); ++i) drop_prober(i);
  // What waits here goes back to the delegate now, not when the last handle to this actor is dropped.
  outbox_.clear();
  not_served_.clear();
  parked_.take_all();
  who_ = {};
  delegate_ = nullptr;
}

void monitor_actor::rebuild() {
  dirty_ = false;
  std::vector<health_snapshot> all;
  for (std::size_t i = 0; i < pools_.size(); ++i) all.push_back(snapshot_of(i));
  auto fresh = std::make_shared<const routing_table>(
    build_table(all, *env_->fence, routing_limits{}, table_ ? table_->generation + 1 : 1, *env_->orders));
  if (table_) {
    for (const auto i : new_ghosts(*table_, *fresh)) {
      env_->log->warn("pool {}: its server is a ghost: {}", fresh->routes[i].name, fresh->routes[i].reason);
      note(event_kind::fence, severity::error, i, {}, "its server is a ghost: " + fresh->routes[i].reason);
      pools_[i].out.reset(); // Told again, even if it was out already.
    }
  }
  table_ = std::move(fresh);
  note_writer();
  set_pool_states();
  const auto t = now();
  for (auto& p : pools_) p.health.set_searching(!table_->has_writer(), t);
  send(delegate_, routing_msg{table_});
  retry_parked();
}

/// A pool that may serve nothing hands back what it has queued.
void monitor_actor::set_pool_states() {
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const auto& route = table_->routes[i];
    const bool useless = !route.usable_for_reads && !route.usable_for_writes;
    const bool out = useless && (route.state == health_state::unhealthy || route.ghost || route.held);
    if (pools_[i].out == out || !who_.pools[i] || route.state == health_state::unknown) continue;
    const bool news = pools_[i].out.has_value();
    pools_[i].out = out;
    send(who_.pools[i], empty_msg{env_->orders->empties(i)});
    if (out) {
      env_->log->warn("pool {} is out: {}", route.name, route.reason);
      note(event_kind::pool_out, severity::error, i, {}, "the pool is out: " + route.reason);
      failure why;
      why.why = cause::no_server;
      why.pool = route.name;
      why.message = "the pool is out: " + route.reason;
      why.hint = "wait until it is back, or look at its server";
      send(who_.pools[i], suspend_msg{std::move(why)});
      // First what waits, so that nothing of it reaches the server; then the connections. A ghost's answers are lies.
      // A held pool finishes what it has.
      if (!route.held || route.ghost) send(who_.pools[i], evict_msg{"the pool is out: " + route.reason, route.ghost});
    } else {
      if (news) {
        env_->log->info("pool {} is in: {}", route.name, route.reason);
        note(event_kind::pool_in, severity::info, i, {}, "the pool serves again: " + route.reason);
      }
      send(who_.pools[i], resume_msg{});
    }
  }
}

/// Finds the next place for a request: another pool, the waiting room, or its answer.
void monitor_actor::place(moved_request x, time_point t) {
  if (!x.what || x.what->answered()) return;
  auto& r = *x.what;
  if (x.why.why == cause::held_up) return offer(std::move(x), t);
  const bool fresh = x.why.why == cause::none;
  auto step = retry_step::move_elsewhere;
  if (!fresh || r.cancel_wanted()) step = next_step(r, x.why, env_->current()->requests.attempts_max, t);
  if (step == retry_step::answer) return answer(std::move(x));
  const auto to = pool_for(r, read_loads(*env_), step == retry_step::spill_over);
  if (to && !bounced(r, x.why, t)) {
    if (!fresh && !may_send_again(x, t)) return answer(std::move(x));
    if (!fresh) note_move(r, *to, x.why, t);
    ++moved_count_;
    return hand_over(*to, std::move(x.what));
  }
  if (step == retry_step::spill_over) return turned_away(std::move(x), t);
  static const routing_table none;
  auto back = parked_.add(std::move(x), table_ ? *table_ : none, t);
  if (back) return answer(std::move(*back));
  ++parked_count_;
}

/// Whether a pool has just turned away, unasked of any server, what a token lets be sent as often as it takes: it would
/// go to and fro without a pause. It is parked instead, and tried again soon.
bool monitor_actor::bounced(const tripool::request& r, const failure& why, time_point t) {
  if (why.kind != outcome::not_executed || !harmless_by_token(r, why) || t - r.queued_at >= bounce_pause) return false;
  retry_at_ = t + bounce_pause;
  return true;
}

/// Writes the move into the request's history and into the audit.
void monitor_actor::note_move(tripool::request& r, std::size_t to, const failure& why, time_point t) {
  const auto from = lasting_name(why.pool);
  env_->moves->add({0, r.id(), t, r.name(), r.token(), std::string{from}, env_->config.pools[to].name, why.why,
                    why.sqlstate, why.message, proof_of_move(r, why), r.attempts});
  record_move(r, from, to, why);
}

/// The pool for a request now; nothing: it has to wait. A pool that has had it already gets it only if no other can
/// serve it, and while that pool is in trouble only once its server has answered somebody since: from a dying pool a
/// request would come back at once, and use up its attempts there before the next writer is found.
std::optional<std::size_t> monitor_actor::pool_for(const tripool::request& r, std::span<const pool_load> loads,
                                                   bool untried_only) {
  if (!table_) return {};
  route_query q;
  q.mode = r.mode();
  q.tried = r.tried;
  q.absent = who_.absent();
  q.untried_only = untried_only;
  q.at_least = r.at_least();
  q.wanted_pool = r.wanted_pool();
  q.random = random_.next();
  auto to = choose(*table_, loads, q);
  if (to && untimely(*to, r)) {
    q.tried = 0;
    for (std::size_t i = 0; i < pools_.size(); ++i)
      if (untimely(i, r)) q.tried |= std::uint32_t{1} << i;
    q.untried_only = true;
    to = choose(*table_, loads, q);
  }
  return to;
}

/// Whether the pool has had the request, is in trouble, and has not been heard of since.
bool monitor_actor::untimely(std::size_t i, const tripool::request& r) const {
  const auto& health = pools_[i].health.snapshot();
  return (r.tried >> i & 1U) != 0 && health.trouble && (!health.last_answer || *health.last_answer <= r.queued_at);
}

void monitor_actor::hand_over(std::size_t to, request_ptr r) {
  r->tried |= std::uint32_t{1} << to;
  outbox_[to].push_back(std::move(r));
}

void monitor_actor::retry_parked() {
  if (parked_.empty() || !table_) return;
  const auto loads = read_loads(*env_);
  const auto routable = [&](const tripool::request& r) { return pool_for(r, loads, false).has_value(); };
  const auto t = now();
  for (auto& x : parked_.take_routable(routable)) place(std::move(x), t);
}

void monitor_actor::answer(moved_request x) {
  ++answered_count_;
  if (x.why.why == cause::none) x.why = taken_back("waited for a pool that could serve it");
  auto f = settle(*x.what, std::move(x.why));
  x.what->fail(std::move(f), now());
}

/// The configuration's own copy of a pool's name, which outlives every request.
std::string_view monitor_actor::lasting_name(std::string_view name) const noexcept {
  for (const auto& p : env_->config.pools)
    if (p.name == name) return p.name;
  return "none";
}

/// A pool whose requests are being answered is alive, whatever its probes say.
void monitor_actor::note_served() {
  const auto t = now();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const auto n = env_->gauges[i]->served.load(std::memory_order_relaxed);
    const auto answered = n - std::exchange(pools_[i].completed_seen, n);
    count_outcomes(i, answered, t);
    if (answered == 0) continue;
    const duration at{env_->gauges[i]->served_at_ns.load(std::memory_order_relaxed)};
    apply(i, pools_[i].health.served(time_point{at}));
    if (pools_[i].health.snapshot().trouble) heard_ = true;
  }
}

monitor_status monitor_actor::status() const {
  monitor_status out;
  const auto t = now();
  out.table = table_;
  out.parked = parked_.size();
  out.moved = moved_count_;
  out.parked_total = parked_count_;
  out.answered = answered_count_;
  out.moves = env_->moves->all();
  for (const auto& p : pools_) {
    monitored_pool m;
    m.health = p.health.snapshot();
    if (m.health.last_answer) m.heartbeat_age = t - *m.health.last_answer;
    m.probes_sent = p.probes_sent;
    m.pool_answers = p.pool_answers;
    m.prober = p.prober;
    describe_guards(p, m, t);
    out.pools.push_back(std::move(m));
  }
  return out;
}

} // namespace tripool
