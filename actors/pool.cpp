// The pool actor.
#include "tripool/actors/pool.hpp"

#include "tripool/actors/connection.hpp"
#include "tripool/actors/gather.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

pool::pool(caf::actor_config& cfg, environment_ptr env, std::size_t index, topology_msg who, caf::actor manager)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    config_(env_->current()),
    index_(index),
    who_(std::move(who)),
    manager_(std::move(manager)),
    machine_(config_->pools[index], env_->next_seed(), env_->paces[index]) {
  machine_.measure_into(env_->meters[index]);
  machine_.offer_reads(env_->config.pools.size() > 1);
}

caf::behavior pool::make_behavior() {
  set_down_handler([this](caf::down_msg& x) { connection_down(x); });
  machine_.start(now(), effects_);
  return handlers();
}

caf::behavior pool::handlers() {
  return {
    [this](submit_msg& x) {
      const auto t = now();
      for (auto& r : x.requests)
        if (!answer_cancelled(r)) machine_.submit(std::move(r), t, effects_);
    },
    [this](cancel_msg x) {
      machine_.take_back_cancelled(now(), effects_);
      for (auto& [id, c] : connections_) send(c, x);
    },
    [this](const progress_msg& x) { machine_.progressed(x.id, x.completed, x.outstanding, now()); },
    [this](opened_msg& x) {
      env_->log->debug("pool {}: connection {} to {} is open", limits().name, x.id, x.server.address);
      send(who_.monitor, reported_msg{index_, x.server.in_hot_standby, x.server.read_only});
      machine_.connection_opened(x.id, now(), effects_, x.as_of);
      opened_ = true;
    },
    [this](returned_msg& x) {
      machine_.returned(x.id, std::move(x.requests), now());
      machine_.take_back_cancelled(now(), effects_);
    },
    [this](not_served_msg& x) {
      machine_.not_served(std::move(x.requests), now());
      machine_.take_back_cancelled(now(), effects_);
    },
    [this](ended_msg& x) {
      if (!x.how.orderly)
        env_->log->warn("pool {}: connection {} {}: {} {}", limits().name, x.id, x.how.was_open ? "lost" : "not made",
                        x.how.sqlstate, x.how.message);
      note_end(x.how);
      forget(x.id);
      machine_.connection_ended(x.id, x.how, now(), effects_);
    },
    [this](moved_msg& x) { hand_over(std::move(x)); },
    [this](trouble_msg& x) { send(who_.monitor, std::move(x)); },
    [this](const reported_msg& x) { send(who_.monitor, x); },
    [this](suspend_msg& x) { machine_.suspend(std::move(x.why), now(), effects_); },
    [this](resume_msg) { machine_.resume(now(), effects_); },
    [this](evict_msg& x) {
      env_->log->warn("pool {}: all connections are closed: {}", limits().name, x.reason);
      // Also those that are closing already: they wait for answers that nobody may believe any more.
      if (x.at_once)
        for (const auto& c : connections_) send(c.second, close_msg{x.reason, true});
      machine_.evict(std::move(x.reason), now(), effects_);
      close_at_once_ = x.at_once;
    },
    [this](const credential_changed_msg& x) { renew(x.generation); },
    [this](const drain_msg& x) { machine_.drain(now(), effects_, x.limit); },
    [this](const empty_msg& x) { machine_.empty(x.on, now(), effects_); },
    [this](recycle_msg) { machine_.recycle(now(), effects_); },
    [this](const reloaded_msg& x) { reloaded(x); },
    [this](topology_msg& x) {
      if (x.generation < who_.generation) return;
      who_ = std::move(x);
      manager_ = caf::actor_cast<caf::actor>(current_sender()); // It may be a new one.
    },
    [this](heartbeat_msg) {
      return pool_status{machine_.stats(now()), {}, {}};
    },
    [this](get_status) -> caf::delegated<pool_status> {
      answer_status(make_response_promise());
      return {};
    },
    [this](tick_msg) {
      ticked();
      machine_.tick(now(), effects_);
    },
  };
}

/// All connections go, also those whose dial began before this change and opens after it.
void pool::recycle_for_change() {
  machine_.recycle(now(), effects_);
  renew(env_->next_change());
}

void pool::reloaded(const reloaded_msg& x) {
  if (config_ == env_->current()) return; // It began with it.
  config_ = env_->current();
  machine_.reconfigure(limits(), now(), effects_);
  if ((x.recycle >> index_ & 1U) != 0) recycle_for_change();
}

void pool::renew(std::uint64_t generation) {
  machine_.renew(generation, limits().credentials.rotation_spread, now(), effects_);
}

void pool::on_drained() {
  load_types_if_wanted();
  machine_.pump(now(), effects_);
  carry_out_effects();
  note_overload();
  close_at_once_ = false;
  publish_load();
  wake_at(machine_.next_wake());
}

void pool::on_end() {
  // What waits here goes back to the delegate now, not when the last handle to this actor is dropped.
  effects_.clear();
  carrying_.clear();
  machine_ = pool_machine{limits(), 0};
  publish_load();
  connections_.clear();
  who_ = {};
  manager_ = nullptr;
}

void pool::carry_out_effects() {
  carrying_.clear();
  carrying_.swap(effects_);
  for (auto& e : carrying_) std::visit([this](auto& x) { carry_out(x); }, e);
  carrying_.clear();
}

void pool::carry_out(dial_effect& x) {
  connection_owner owner;
  owner.who = caf::actor_cast<caf::actor>(this);
  owner.carrier = who_.carrier;
  owner.pool = index_;
  owner.id = x.id;
  auto c = system().spawn<connection, caf::hidden>(env_, std::move(owner));
  monitor(c);
  connections_.emplace(x.id, std::move(c));
}

void pool::carry_out(dispatch_effect& x) {
  auto i = connections_.find(x.id);
  if (i == connections_.end()) return machine_.returned(x.id, std::move(x.requests), now());
  send(i->second, dispatch_msg{std::move(x.requests)});
}

void pool::carry_out(give_back_effect& x) {
  if (auto i = connections_.find(x.id); i != connections_.end()) send(i->second, give_back_msg{});
}

void pool::carry_out(close_effect& x) {
  if (auto i = connections_.find(x.id); i != connections_.end())
    send(i->second, close_msg{std::move(x.reason), close_at_once_});
}

void pool::carry_out(move_effect& x) {
  hand_over({index_, std::move(x.requests)});
}

/// To the monitor; the delegate looks after what lies there unread.
void pool::hand_over(moved_msg x) {
  const auto t = now();
  bool sooner = false;
  for (const auto& m : x.requests) sooner |= env_->handovers->handed(m, t);
  for (auto& over : env_->handovers->expire(t)) over.what->fail(std::move(over.why), t);
  std::erase_if(x.requests, [](const moved_request& m) { return !m.what || m.what->answered(); });
  if (!x.requests.empty()) send(who_.monitor, std::move(x));
  if (sooner) send(caf::actor_cast<caf::actor>(env_->events), tick_msg{});
}

void pool::carry_out(fail_effect& x) {
  x.what->fail(std::move(x.why), now());
}

void pool::carry_out(trouble_effect& x) {
  send(who_.monitor, trouble_msg{index_, std::move(x)});
}

void pool::carry_out(drained_effect&) {
  send(manager_, drained_msg{index_});
}

/// Answers a request that was taken back on its way here.
bool pool::answer_cancelled(const request_ptr& r) {
  if (!r->cancel_wanted()) return false;
  r->fail(taken_back("was on its way to pool " + limits().name), now());
  return true;
}

/// A connection's actor ended without a last message: it was killed, or it threw.
void pool::connection_down(const caf::down_msg& x) {
  for (auto& [id, c] : connections_) {
    if (c.address() != x.source) continue;
    const auto dead = id;
    connections_.erase(dead);
    connection_end how;
    how.was_open = true;
    how.message = "its actor ended";
    note_end(how);
    machine_.connection_ended(dead, how, now(), effects_);
    return;
  }
}

void pool::forget(connection_id id) {
  auto i = connections_.find(id);
  if (i == connections_.end()) return;
  demonitor(i->second);
  connections_.erase(i);
}

void pool::answer_status(caf::response_promise to) {
  std::vector<caf::actor> all;
  for (auto& c : connections_) all.push_back(c.second);
  const auto t = now();
  pool_status own{machine_.stats(t), {}, env_->meters[index_]->at(t)};
  gather<connection_status>(*this, all, get_status{},
                            [to, own = std::move(own)](std::vector<connection_status> found) mutable {
                              own.connections = std::move(found);
                              to.deliver(std::move(own));
                            });
}

void pool::note(event_kind kind, severity weight, std::string sqlstate, std::string text) {
  service_event e;
  e.at = now();
  e.kind = kind;
  e.weight = weight;
  e.pool = limits().name;
  e.sqlstate = std::move(sqlstate);
  e.text = std::move(text);
  record(*env_, std::move(e));
}

/// A connection broke, or was not made; one that was closed is no event.
void pool::note_end(const connection_end& how) {
  if (how.orderly) return;
  const auto kind = how.was_open ? event_kind::connection_lost : event_kind::dial_failed;
  note(kind, severity::warning, how.sqlstate, how.message);
}

/// Shedding may empty the queue at once, so that it is over before anybody looks: it counts until it has been quiet.
void pool::note_overload() {
  constexpr duration calm = std::chrono::seconds{10};
  const auto t = now();
  const auto shed = machine_.shed_total();
  if (shed != std::exchange(shed_seen_, shed)) {
    shed_at_ = t;
    if (!std::exchange(overloaded_, true))
      note(event_kind::overload, severity::error, {}, "the queue is too slow: requests that have waited long are shed");
  } else if (overloaded_ && !machine_.overloaded(t) && t - shed_at_ >= calm) {
    overloaded_ = false;
    note(event_kind::relief, severity::info, {}, "the queue keeps up again");
  }
}

void pool::publish_load() {
  auto& g = *env_->gauges[index_];
  g.outstanding.store(static_cast<std::uint32_t>(machine_.outstanding()), std::memory_order_relaxed);
  g.queued.store(static_cast<std::uint32_t>(machine_.queued()), std::memory_order_relaxed);
  g.queue_max.store(static_cast<std::uint32_t>(machine_.options().queue_max), std::memory_order_relaxed);
  g.choked.store(machine_.choked(), std::memory_order_relaxed);
  g.latency_average_ns.store(machine_.service_average().count(), std::memory_order_relaxed);
}

} // namespace tripool
