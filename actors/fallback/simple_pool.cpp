// The simple pool's actor: supervision of three children, and the end of every request that comes back.
#include "tripool/actors/fallback/simple_pool.hpp"

#include "tripool/actors/listener.hpp"
#include "tripool/actors/pool.hpp"
#include "tripool/actors/protocol_credentials.hpp"
#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/retry/retry_policy.hpp"
#include "tripool/core/retry/simple_retry.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

environment_ptr simple_environment(const environment& whole, std::size_t of) {
  auto config = *whole.current();
  auto settings = simple_pool_settings(config, of);
  config.pools.clear();
  config.pools.push_back(std::move(settings));
  auto out = make_environment(std::move(config), whole.sessions, whole.loop, whole.log, whole.seed ^ 0x51);
  out->inline_helpers = whole.inline_helpers;
  out->load_types = whole.load_types;
  out->moves = whole.moves;
  out->events = whole.events;
  out->record = whole.record;
  return out;
}

std::shared_ptr<const secret_store> simple_secrets(const secret_store& all, const environment& whole, std::size_t of) {
  std::map<std::string, secret> own;
  if (auto x = all.find(whole.config.pools[of].name); !x.empty())
    own.emplace(std::string{simple_pool_name}, std::move(x));
  return std::make_shared<const secret_store>(std::move(own), all.sources());
}

simple_pool::simple_pool(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets,
                         caf::actor delegate)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    secrets_(std::move(secrets)),
    delegate_(std::move(delegate)),
    children_{{{"pool", nullptr, restart_budget{env_->config.supervision}, now()},
               {"credential_carrier", nullptr, restart_budget{env_->config.supervision}, now()},
               {"listener", nullptr, restart_budget{env_->config.supervision}, now()}}},
    random_(env_->next_seed()) {
  // nop
}

caf::behavior simple_pool::make_behavior() {
  monitor(delegate_);
  set_down_handler([this](caf::down_msg& x) { died(x); });
  return {
    [this](submit_msg& x) {
      for (auto& r : x.requests) submit(std::move(r));
    },
    [this](cancel_msg x) {
      std::erase_if(waiting_, [&](const request_ptr& r) {
        if (!r->cancel_wanted()) return false;
        r->fail(taken_back("waited in the simple pool, for its connections or for its server's timeline"), now());
        return true;
      });
      if (const auto& p = children_[pool_child].who) send(p, x);
    },
    [this](moved_msg& x) {
      for (auto& m : x.requests) {
        env_->handovers->opened(*m.what);
        place(std::move(m));
      }
    },
    [this](const trouble_msg& x) {
      env_->log->info("{}: trouble: {} {}", simple_pool_name, x.what.sqlstate, x.what.message);
    },
    [this](const reported_msg& x) {
      if (!x.in_hot_standby || in_hot_standby_ == x.in_hot_standby) return;
      in_hot_standby_ = x.in_hot_standby;
      timeline_.forget();
      changed_ = true;
    },
    [this](const timeline_told_msg& x) { judge_positions(x); },
    [](positions_wanted_msg) {},
    [](const credential_changed_msg&) {}, // The pool hears of it too, and there is nothing to probe.
    [this](suspend_msg& x) {
      fenced_ = x.why;
      if (const auto& p = children_[pool_child].who) send(p, std::move(x));
    },
    [this](resume_msg x) {
      fenced_.reset();
      if (const auto& p = children_[pool_child].who) send(p, x);
    },
    [this](evict_msg& x) {
      if (const auto& p = children_[pool_child].who) send(p, std::move(x));
    },
    [this](const drain_msg& x) { drain(x); },
    [this](const drained_msg&) { finish(); },
    [this](get_status) {
      manager_status out;
      for (const auto& c : children_) out.children.push_back({c.name, c.who != nullptr, c.budget.restarts()});
      return out;
    },
    [this](tick_msg) { ticked(); },
  };
}

void simple_pool::on_drained() {
  start_due();
  if (std::exchange(changed_, false)) publish();
  ask_for_timeline();
  const auto& p = children_[pool_child].who;
  if (p && !outbox_.empty()) send(p, submit_msg{std::exchange(outbox_, {})});
  if (!back_.empty()) send(delegate_, handed_back_msg{std::exchange(back_, {})});
  auto next = expire_waiting();
  for (const auto& c : children_)
    if (c.start_at && (!next || *c.start_at < *next)) next = c.start_at;
  wake_at(next);
}

void simple_pool::on_end() {
  // Requests that are still here go back to the delegate by themselves: they were never sent from here.
  outbox_.clear();
  waiting_.clear();
  back_.clear();
  for (auto& c : children_)
    if (c.who) send_exit(c.who, caf::exit_reason::user_shutdown);
  for (auto& c : children_) c.who = nullptr;
  delegate_ = nullptr;
  secrets_.reset();
}

// -- supervision ------------------------------------------------------------------------------------------------------

void simple_pool::start_due() {
  const auto t = now();
  // The pool comes last: it dials at once, and asks the carrier.
  for (const auto i : {carrier_child, listener_child, pool_child}) {
    auto& c = children_[i];
    if (!c.start_at || t < *c.start_at || draining_) continue;
    c.start_at.reset();
    c.who = spawn_child(i);
    monitor(c.who);
    if (i == pool_child && fenced_) send(c.who, suspend_msg{*fenced_});
    changed_ = true;
  }
}

caf::actor simple_pool::spawn_child(std::size_t i) {
  if (i == carrier_child) return system().spawn<credential_carrier, caf::hidden>(env_, secrets_);
  if (i == listener_child) return system().spawn<listener, caf::hidden>(env_, delegate_);
  return system().spawn<pool, caf::hidden>(env_, std::size_t{0}, topology(), caf::actor_cast<caf::actor>(this));
}

void simple_pool::died(const caf::down_msg& x) {
  if (x.source == delegate_.address()) return quit(caf::exit_reason::user_shutdown);
  for (auto& c : children_) {
    if (!c.who || c.who.address() != x.source) continue;
    c.who = nullptr;
    changed_ = true;
    if (&c == &children_[pool_child]) timeline_.forget();
    if (draining_) {
      if (&c == &children_[pool_child]) finish();
      return;
    }
    c.start_at = c.budget.died(now(), random_.next());
    env_->log->error("{}: its {} died ({}); it is started again (restart {}{})", simple_pool_name, c.name,
                     system().render(x.reason), c.budget.restarts(),
                     c.budget.exhausted() ? ", the budget is used up" : "");
    return;
  }
}

topology_msg simple_pool::topology() {
  topology_msg out;
  out.pools.push_back(children_[pool_child].who);
  out.carrier = children_[carrier_child].who;
  out.listener = children_[listener_child].who;
  out.monitor = caf::actor_cast<caf::actor>(this); // Takes back what the pool cannot serve, as a monitor does.
  return out;
}

void simple_pool::publish() {
  auto who = topology();
  who.generation = env_->next_change();
  if (who.carrier) send(who.carrier, who);
  if (who.pools.front()) send(who.pools.front(), who);
  if (who.listener) send(who.listener, who);
  send(delegate_, simple_news_msg{who.pools.front(), who.carrier, who.listener, in_hot_standby_});
  let_in();
}

void simple_pool::drain(const drain_msg& x) {
  if (std::exchange(draining_, true)) return;
  for (auto& c : children_) c.start_at.reset();
  if (auto& l = children_[listener_child].who) send_exit(l, caf::exit_reason::user_shutdown);
  for (auto& r : std::exchange(waiting_, {})) back_.push_back({std::move(r), {}});
  if (const auto& p = children_[pool_child].who) {
    send(p, x);
  } else {
    finish();
  }
}

void simple_pool::finish() {
  if (!back_.empty()) send(delegate_, handed_back_msg{std::exchange(back_, {})});
  quit(caf::exit_reason::user_shutdown);
}

// -- requests ---------------------------------------------------------------------------------------------------------

/// Whether the pool is there, and its server known to be far enough.
bool simple_pool::can_take(const tripool::request& r) const noexcept {
  return children_[pool_child].who && timeline_.covers(r);
}

void simple_pool::submit(request_ptr r) {
  if (draining_) return back_.push_back({std::move(r), {}});
  if (can_take(*r)) return outbox_.push_back(std::move(r));
  r->queued_at = now();
  if (waiting_.size() < env_->config.simple.queue_max) return waiting_.push_back(std::move(r));
  failure f;
  f.why = cause::queue_full;
  f.pool = simple_pool_name;
  f.message = "the simple pool " + why_they_wait() + ", and " + std::to_string(waiting_.size())
              + " requests wait for that already (simple-pool.queue-max)";
  f.hint = "send it again in a moment; the log says more";
  r->fail(std::move(f), now());
}

std::string simple_pool::why_they_wait() const {
  return children_[pool_child].who ? "asks its server how far it is" : "is being started again";
}

/// What has waited, as far as it may be taken now.
void simple_pool::let_in() {
  if (!children_[pool_child].who) return;
  std::erase_if(waiting_, [&](request_ptr& r) {
    if (!can_take(*r)) return false;
    outbox_.push_back(std::move(r));
    return true;
  });
}

/// Once the pool is there, whoever still waits does so for the timeline.
void simple_pool::ask_for_timeline() {
  if (waiting_.empty() || draining_ || !children_[pool_child].who) return;
  const auto t = now();
  auto r = timeline_.ask(caf::actor_cast<caf::actor>(this), t, t + env_->config.requests.deadline);
  if (r) outbox_.push_back(std::move(r));
}

void simple_pool::judge_positions(const timeline_told_msg& x) {
  timeline_.told(x);
  let_in();
  if (x.lost || !children_[pool_child].who) return; // Whoever comes next is asked again.
  for (auto& r : std::exchange(waiting_, {})) r->fail(timeline_.refusal(*r, x), now());
}

/// A request that the pool could not serve.
void simple_pool::place(moved_request x) {
  if (!x.what || x.what->answered()) return;
  auto& r = *x.what;
  const auto t = now();
  if (worth_the_same_server(r, x.why, env_->config.requests.attempts_max, t)) {
    const std::string_view self_name = simple_pool_name;
    env_->moves->add({0, r.id(), t, r.name(), r.token(), std::string{self_name}, std::string{self_name}, x.why.why,
                      x.why.sqlstate, x.why.message, proof_of_move(r, x.why), r.attempts});
    record_another_attempt(r, self_name, x.why);
    return submit(std::move(x.what));
  }
  // The pool takes nothing more: the delegate knows who does.
  if (draining_ && x.why.why == cause::shutting_down && !r.cancel_wanted()) return back_.push_back(std::move(x));
  if (x.why.hint.empty()) x.why.hint = "the simple pool has one server and no failover: look at that server";
  auto f = settle(r, std::move(x.why));
  r.fail(std::move(f), t);
}

/// Answers what has waited for the pool until its deadline. Returns the next deadline.
std::optional<time_point> simple_pool::expire_waiting() {
  std::optional<time_point> next;
  const auto t = now();
  std::erase_if(waiting_, [&](const request_ptr& r) {
    const auto until = std::min(r->deadline(), r->queued_at + env_->config.simple.queue_wait_max);
    if (t >= until) {
      failure f;
      f.why = t >= r->deadline() ? cause::deadline : cause::queue_timeout;
      f.pool = simple_pool_name;
      f.message = "its time was over while the simple pool " + why_they_wait();
      f.hint = "send it again in a moment; the log says more";
      r->fail(std::move(f), t);
      return true;
    }
    if (!next || until < *next) next = until;
    return false;
  });
  return next;
}

} // namespace tripool
