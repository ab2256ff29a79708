// The pool actor.
#include "tripool/actors/pool.hpp"

#include "tripool/actors/connection.hpp"
#include "tripool/actors/gather.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

pool::pool(caf::actor_config& cfg, environment_ptr env, std::size_t index, topology_msg who, caf::actor manager)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    index_(index),
    who_(std::move(who)),
    manager_(std::move(manager)),
    machine_(env_->config.pools[index], env_->next_seed(), env_->paces[index]) {
  // nop
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
      machine_.connection_opened(x.id, now(), effects_);
      opened_ = true;
    },
    [this](returned_msg& x) {
      machine_.returned(x.id, std::move(x.requests), now());
      machine_.take_back_cancelled(now(), effects_);
    },
    [this](ended_msg& x) {
      if (!x.how.orderly)
        env_->log->warn("pool {}: connection {} {}: {} {}", limits().name, x.id, x.how.was_open ? "lost" : "not made",
                        x.how.sqlstate, x.how.message);
      forget(x.id);
      machine_.connection_ended(x.id, x.how, now(), effects_);
    },
    [this](moved_msg& x) { send(who_.monitor, std::move(x)); },
    [this](trouble_msg& x) { send(who_.monitor, std::move(x)); },
    [this](const reported_msg& x) { send(who_.monitor, x); },
    [this](suspend_msg& x) { machine_.suspend(std::move(x.why), now(), effects_); },
    [this](resume_msg) { machine_.resume(now(), effects_); },
    [this](evict_msg& x) {
      env_->log->warn("pool {}: all connections are closed: {}", limits().name, x.reason);
      machine_.evict(std::move(x.reason), now(), effects_);
      close_at_once_ = x.at_once;
    },
    [this](const drain_msg& x) { machine_.drain(now(), effects_, x.limit); },
    [this](topology_msg& x) {
      who_ = std::move(x);
      manager_ = caf::actor_cast<caf::actor>(current_sender()); // It may be a new one.
    },
    [this](heartbeat_msg) {
      return pool_status{machine_.stats(now()), {}};
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

void pool::on_drained() {
  load_types_if_wanted();
  machine_.pump(now(), effects_);
  carry_out(std::exchange(effects_, {}));
  close_at_once_ = false;
  publish_load();
  wake_at(machine_.next_wake());
}

void pool::on_end() {
  // What waits here goes back to the delegate now, not when the last handle to this actor is dropped.
  effects_.clear();
  machine_ = pool_machine{limits(), 0};
  publish_load();
  connections_.clear();
  who_ = {};
  manager_ = nullptr;
}

void pool::carry_out(std::vector<pool_effect> effects) {
  for (auto& e : effects) std::visit([this](auto& x) { carry_out(x); }, e);
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

void pool::carry_out(close_effect& x) {
  if (auto i = connections_.find(x.id); i != connections_.end())
    send(i->second, close_msg{std::move(x.reason), close_at_once_});
}

void pool::carry_out(move_effect& x) {
  send(who_.monitor, moved_msg{index_, std::move(x.requests)});
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
  auto own = machine_.stats(now());
  gather<connection_status>(*this, all, get_status{}, [to, own](std::vector<connection_status> found) mutable {
    to.deliver(pool_status{std::move(own), std::move(found)});
  });
}

void pool::publish_load() {
  auto& g = *env_->gauges[index_];
  g.outstanding.store(static_cast<std::uint32_t>(machine_.outstanding()), std::memory_order_relaxed);
  g.queued.store(static_cast<std::uint32_t>(machine_.queued()), std::memory_order_relaxed);
  g.latency_average_ns.store(machine_.service_average().count(), std::memory_order_relaxed);
}

} // namespace tripool
