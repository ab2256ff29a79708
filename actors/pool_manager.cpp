// The manager: supervision of carrier, monitor, listener and pools.
#include "tripool/actors/pool_manager.hpp"

#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/listener.hpp"
#include "tripool/actors/monitor.hpp"
#include "tripool/actors/pool.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

pool_manager::pool_manager(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets,
                           caf::actor delegate, topology_msg adopted)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    secrets_(std::move(secrets)),
    delegate_(std::move(delegate)),
    random_(env_->next_seed()) {
  const auto add = [&](std::string child_name, const caf::actor& who) {
    children_.push_back({std::move(child_name), who, restart_budget{env_->config.supervision}, now(), false});
  };
  add("credential_carrier", adopted.carrier);
  add("monitor", adopted.monitor);
  add("listener", adopted.listener);
  adopted.pools.resize(env_->config.pools.size());
  for (std::size_t i = 0; i < adopted.pools.size(); ++i) add(env_->config.pools[i].name, adopted.pools[i]);
}

caf::behavior pool_manager::make_behavior() {
  monitor(delegate_);
  set_down_handler([this](caf::down_msg& x) { died(x); });
  set_exit_handler([this](caf::exit_msg& x) {
    if (x.source == delegate_.address()) end_children();
    if (x.reason) quit(x.reason);
  });
  for (auto& c : children_)
    if (c.who) adopt(c, c.who);
  return {
    [this](const drain_msg& x) { drain(x); },
    [](are_you_there_msg) { return here_msg{}; },
    [this](const drained_msg& x) {
      children_[first_pool + x.pool].drained = true;
      finish_if_drained();
    },
    [this](get_status) {
      manager_status out;
      for (const auto& c : children_) out.children.push_back({c.name, c.who != nullptr, c.budget.restarts()});
      return out;
    },
    [this](tick_msg) { ticked(); },
  };
}

void pool_manager::on_drained() {
  start_due();
  if (std::exchange(changed_, false)) publish();
  std::optional<time_point> next;
  for (const auto& c : children_)
    if (c.start_at && (!next || *c.start_at < *next)) next = c.start_at;
  wake_at(next);
}

void pool_manager::on_end() {
  // The children live on: the delegate starts another manager, which adopts them, or ends them too.
  children_.clear();
  if (delegate_) demonitor(delegate_);
  delegate_ = nullptr;
  secrets_.reset();
}

void pool_manager::adopt(child& c, const caf::actor& who) {
  c.who = who;
  c.start_at.reset();
  monitor(c.who); // Says at once when it is dead already.
}

void pool_manager::start_due() {
  if (draining_) return;
  const auto t = now();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    auto& c = children_[i];
    if (!c.start_at || t < *c.start_at) continue;
    adopt(c, spawn_child(i));
    if (c.budget.restarts() > 0) note(event_kind::restarted, severity::info, c, "it was started again");
    changed_ = true;
  }
}

caf::actor pool_manager::spawn_child(std::size_t i) {
  if (i == carrier_index) return system().spawn<credential_carrier, caf::hidden>(env_, secrets_);
  if (i == monitor_index) return system().spawn<monitor_actor, caf::hidden>(env_, delegate_);
  if (i == listener_index) return system().spawn<listener, caf::hidden>(env_, delegate_);
  return system().spawn<pool, caf::hidden>(env_, i - first_pool, topology(), caf::actor_cast<caf::actor>(this));
}

void pool_manager::note(event_kind kind, severity weight, const child& about, std::string text) {
  service_event e;
  e.at = now();
  e.kind = kind;
  e.weight = weight;
  e.other = about.name;
  if (&about - children_.data() >= static_cast<std::ptrdiff_t>(first_pool)) e.pool = about.name;
  e.text = about.name + ": " + std::move(text);
  record(*env_, std::move(e));
}

void pool_manager::died(const caf::down_msg& x) {
  if (x.source == delegate_.address()) {
    end_children();
    return quit(caf::exit_reason::user_shutdown);
  }
  for (auto& c : children_) {
    if (!c.who || c.who.address() != x.source) continue;
    c.who = nullptr;
    changed_ = true;
    if (draining_) return finish_if_drained();
    const auto t = now();
    c.start_at = c.budget.died(t, random_.next());
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(*c.start_at - t).count();
    note(event_kind::died, severity::error, c,
         "it died (" + system().render(x.reason) + "); it is started again in " + std::to_string(pause) + " ms");
    env_->log->error("{} died ({}); it is started again in {} ms (restart {}{})", c.name, system().render(x.reason),
                     pause, c.budget.restarts(), c.budget.exhausted() ? ", the budget is used up" : "");
    return;
  }
}

topology_msg pool_manager::topology() const {
  topology_msg out;
  out.carrier = children_[carrier_index].who;
  out.monitor = children_[monitor_index].who;
  out.listener = children_[listener_index].who;
  for (std::size_t i = first_pool; i < children_.size(); ++i) out.pools.push_back(children_[i].who);
  return out;
}

void pool_manager::publish() {
  auto who = topology();
  who.generation = env_->next_change();
  send(delegate_, who);
  if (who.carrier) send(who.carrier, who);
  if (who.monitor) send(who.monitor, who);
  if (who.listener) send(who.listener, who);
  for (const auto& p : who.pools)
    if (p) send(p, who);
}

void pool_manager::drain(const drain_msg& x) {
  if (draining_) return;
  draining_ = true;
  for (auto& c : children_) c.start_at.reset();
  for (std::size_t i = first_pool; i < children_.size(); ++i)
    if (children_[i].who) send(children_[i].who, x);
  finish_if_drained();
}

void pool_manager::finish_if_drained() {
  if (!draining_) return;
  for (std::size_t i = first_pool; i < children_.size(); ++i)
    if (children_[i].who && !children_[i].drained) return;
  end_children();
  quit(caf::exit_reason::user_shutdown);
}

void pool_manager::end_children() {
  for (auto& c : children_)
    if (c.who) send_exit(c.who, caf::exit_reason::user_shutdown);
}

} // namespace tripool
