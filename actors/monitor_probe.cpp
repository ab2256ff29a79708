// The monitor's probing half: one connection a pool for itself, one statement at a time, each within its own limit.
#include "tripool/actors/connection.hpp"
#include "tripool/actors/monitor.hpp"
#include "tripool/core/health/probe.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace tripool {

namespace {

/// Brings a probe's answer to the monitor as a message.
class probe_responder final : public responder {
public:
  probe_responder(caf::actor to, std::size_t pool, std::uint64_t serial)
    : to_(std::move(to)), pool_(pool), serial_(serial) {}

  void done(reply x) override { caf::anon_send(to_, probe_msg{pool_, serial_, std::move(x), std::nullopt}); }
  void failed(failure x) override { caf::anon_send(to_, probe_msg{pool_, serial_, std::nullopt, std::move(x)}); }

private:
  caf::actor to_;
  std::size_t pool_;
  std::uint64_t serial_;
};

/// What a refused dial or a lost session says; a dial without an answer says as little as silence.
probe_failure failure_from(const connection_end* how) {
  probe_failure out;
  out.what = probe_failure::kind::lost;
  if (!how) {
    out.message = "the probing connection's actor ended";
    return out;
  }
  out.sqlstate = how->sqlstate;
  out.message = how->message;
  if (!how->was_open) {
    const bool unasked = how->silent || how->local;
    out.what = unasked ? probe_failure::kind::timed_out : probe_failure::kind::refused;
  }
  return out;
}

} // namespace

void monitor_actor::probe_what_is_due() {
  const auto t = now();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    auto& p = pools_[i];
    if (p.under_way && t >= p.sent_at + p.health.probe_deadline()) probe_late(i);
    if (!p.under_way && can_probe(p) && t >= p.health.next_probe()) begin_probe(i);
  }
}

/// A probe that has to dial needs the carrier, which may not be known yet, or be about to be started again.
bool monitor_actor::can_probe(const watched& p) const noexcept {
  return who_.carrier || (p.prober_open && !p.health.wants_fresh_session());
}

void monitor_actor::begin_probe(std::size_t i) {
  auto& p = pools_[i];
  const auto t = now();
  note_served();
  p.under_way = true;
  p.sent_at = t;
  ++p.serial;
  ++p.probes_sent;
  const bool fresh = p.health.wants_fresh_session();
  p.health.probe_sent(t);
  if (who_.pools[i]) {
    p.pool_answers = false;
    request(who_.pools[i], p.health.probe_deadline(), heartbeat_msg{})
      .then([this, i](const pool_status&) { pools_[i].pool_answers = true; }, [](const caf::error&) {});
  }
  if (fresh) drop_prober(i);
  if (p.prober_open) return send_probe(i);
  if (p.prober) return; // Still dialling: sent when it is open.
  p.prober = spawn_prober(i);
  p.prober_open = false;
}

caf::actor monitor_actor::spawn_prober(std::size_t i) {
  connection_owner owner;
  owner.who = caf::actor_cast<caf::actor>(this);
  owner.carrier = who_.carrier;
  owner.pool = i;
  owner.id = env_->next_connection_id();
  owner.probing = true;
  auto out = system().spawn<connection, caf::hidden>(env_, std::move(owner));
  monitor(out);
  return out;
}

/// Somebody reads with a position: standbys that have not been asked just now are asked how far they are.
void monitor_actor::ask_for_positions() {
  const auto t = now();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    auto& p = pools_[i];
    const bool standby = p.health.snapshot().facts.role == server_role::standby;
    if (standby && !p.under_way && p.prober_open && can_probe(p) && t - p.sent_at >= positions_pause) begin_probe(i);
  }
}

void monitor_actor::note_position(std::size_t i, const server_facts& x) {
  const bool known = x.role == server_role::standby && x.timeline && x.wal_position;
  auto& g = *env_->gauges[i];
  g.replayed_lsn.store(known ? *x.wal_position : 0, std::memory_order_relaxed);
  g.replayed_timeline.store(known ? *x.timeline : 0, std::memory_order_relaxed);
}

void monitor_actor::send_probe(std::size_t i) {
  auto& p = pools_[i];
  if (!p.under_way) return;
  const auto t = now();
  auto to = std::make_unique<probe_responder>(caf::actor_cast<caf::actor>(this), i, p.serial);
  auto r =
    std::make_shared<tripool::request>(probe_statement(), std::move(to), t, p.sent_at + p.health.probe_deadline());
  std::vector<request_ptr> one;
  one.push_back(std::move(r));
  send(p.prober, dispatch_msg{std::move(one)});
}

void monitor_actor::probe_late(std::size_t i) {
  auto& p = pools_[i];
  p.under_way = false;
  drop_prober(i);
  probe_failure f;
  f.message = "no answer to a probe within "
              + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(p.health.probe_deadline()).count())
              + " ms";
  note_served();
  apply(i, p.health.probe_failed(f, now()));
  trial_ended(i, false);
}

void monitor_actor::drop_prober(std::size_t i) {
  auto& p = pools_[i];
  drop_successor(i); // What is dialled from now on knows the present secret anyway.
  p.renewal.ended();
  if (!p.prober) return;
  demonitor(p.prober);
  send_exit(p.prober, caf::exit_reason::kill);
  p.prober = nullptr;
  p.prober_open = false;
}

std::optional<std::size_t> monitor_actor::prober_index(const caf::actor_addr& who) const {
  for (std::size_t i = 0; i < pools_.size(); ++i)
    if (pools_[i].prober && pools_[i].prober.address() == who) return i;
  return std::nullopt;
}

void monitor_actor::session_opened(const caf::actor_addr& who, std::uint64_t as_of) {
  if (const auto i = successor_index(who)) return successor_opened(*i, as_of);
  const auto i = prober_index(who);
  if (!i) return;
  auto& p = pools_[*i];
  p.prober_open = true;
  p.prober_opened = now();
  p.renewal.opened(as_of, now(), random_.next());
  send_probe(*i);
}

/// Null `how`: the connection's actor ended without a last message.
void monitor_actor::session_ended(const caf::actor_addr& who, const connection_end* how) {
  if (const auto i = successor_index(who)) return successor_ended(*i);
  if (const auto i = prober_index(who)) prober_ended(*i, how);
}

void monitor_actor::prober_ended(std::size_t i, const connection_end* how) {
  auto& p = pools_[i];
  demonitor(p.prober);
  p.prober = nullptr;
  p.prober_open = false;
  drop_successor(i);
  p.renewal.ended();
  if (!p.under_way) {
    // Broke between two probes: a sign of trouble, not a verdict.
    if (how && !how->orderly) apply(i, p.health.trouble(cause::connection_lost, how->sqlstate, how->message, now()));
    return;
  }
  p.under_way = false;
  note_served();
  apply(i, p.health.probe_failed(failure_from(how), now()));
  trial_ended(i, false);
}

void monitor_actor::probe_ended(probe_msg& x) {
  auto& p = pools_[x.pool];
  if (!p.under_way || x.serial != p.serial) return;
  const auto t = now();
  probe_failure f;
  f.what = probe_failure::kind::error;
  if (x.answer) {
    auto facts = x.answer->results.empty() ? parse_probe(result{}) : parse_probe(x.answer->results.front());
    if (facts) {
      p.under_way = false;
      heard_ = true;
      note_position(x.pool, *facts);
      apply(x.pool, p.health.probe_answered({*facts, t - p.sent_at, p.prober_opened}, t));
      if (p.prober_opened < p.sent_at) return;
      // Whoever has just been let in knows better than a pool that pauses between its dials.
      if (p.out == false && who_.pools[x.pool]) send(who_.pools[x.pool], resume_msg{});
      return trial_ended(x.pool, true);
    }
    f.message = facts.error();
  } else {
    if (x.why_not->why == cause::connection_lost) return; // The session's end follows.
    if (x.why_not->why == cause::deadline) f.what = probe_failure::kind::timed_out;
    f.sqlstate = x.why_not->sqlstate;
    f.message = x.why_not->message;
  }
  p.under_way = false;
  note_served();
  apply(x.pool, p.health.probe_failed(f, t));
  trial_ended(x.pool, false);
}

void monitor_actor::apply(std::size_t i, const health_effects& e) {
  const auto& s = pools_[i].health.snapshot();
  if (e.became) env_->log->info("pool {} is {}: {}", s.pool, to_string(*e.became), s.reason);
  note_health(i, e);
  if (!e.evict.empty() && who_.pools[i]) send(who_.pools[i], evict_msg{e.evict});
  if (e.table_changed) dirty_ = true;
  // `probe_now` and `fresh_session` show in next_probe() and wants_fresh_session(), which every turn looks at.
}

} // namespace tripool
