// The desk of the simple pool.
#include "tripool/actors/fallback/fallback_desk.hpp"

#include "tripool/actors/fallback/simple_pool.hpp"
#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/util/mutation.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// Simple pools that may finish their work beside a new one.
constexpr std::size_t retiring_max = 2;

/// The first pool that the table sends writes to.
std::optional<std::size_t> writer_of(const routing_table& table) {
  for (const auto& r : table.routes)
    if (r.usable_for_writes) return r.index;
  return std::nullopt;
}

} // namespace

fallback_desk::fallback_desk(loop_actor& self, environment_ptr env)
  : self_(self),
    env_(std::move(env)),
    machine_(env_->config.simple, env_->config.monitor.heartbeat_interval, env_->config.resilience, self.now()),
    budget_(env_->config.supervision),
    random_(env_->next_seed()) {
  server_ = env_->config.pools.empty() ? 0 : simple_pool_server(env_->config, std::nullopt);
}

// -- what is heard ----------------------------------------------------------------------------------------------------

void fallback_desk::manager_started(const caf::actor& who) {
  manager_ = who;
  machine_.present(watched_peer::manager, self_.now());
}

void fallback_desk::manager_died(const std::string& why, bool rests) {
  manager_ = nullptr;
  if (rests) {
    const auto& limits = env_->config.supervision;
    machine_.cannot_start(
      watched_peer::manager, self_.now(),
      "died more than " + std::to_string(limits.restarts_max) + " times within "
        + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limits.restarts_window).count())
        + " s and is not started for as long (last: " + why + ")");
  } else {
    machine_.gone(watched_peer::manager, self_.now(), "died (" + why + ")");
  }
}

void fallback_desk::monitor_is(const caf::actor& who) {
  if (who == monitor_) return;
  if (monitor_) machine_.gone(watched_peer::monitor, self_.now(), "died");
  monitor_ = who;
  if (monitor_) machine_.present(watched_peer::monitor, self_.now());
}

void fallback_desk::here(const caf::actor_addr& who) {
  if (manager_ && manager_.address() == who) machine_.answered(watched_peer::manager, self_.now());
  if (monitor_ && monitor_.address() == who) machine_.answered(watched_peer::monitor, self_.now());
}

void fallback_desk::news(const simple_news_msg& x, const caf::actor_addr& who) {
  if (simple_ && simple_.address() == who) news_ = x;
}

bool fallback_desk::down(const caf::down_msg& x) {
  if (std::erase_if(retiring_, [&](const retiring_pool& r) { return r.who.address() == x.source; }) > 0) return true;
  if (!simple_ || simple_.address() != x.source) return false;
  simple_ = nullptr;
  news_ = {};
  if (draining_) return true;
  const auto t = self_.now();
  const auto again = budget_.died(t, random_.next());
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(again - t).count();
  const auto why = self_.system().render(x.reason);
  env_->log->error("the simple pool died ({}); it is started again in {} ms (restart {}{})", why, pause,
                   budget_.restarts(), budget_.exhausted() ? ", the budget is used up" : "");
  const bool rests = again > t;
  if (rests) simple_start_at_ = again;
  machine_.simple_gone("died " + std::to_string(budget_.restarts()) + " times (last: " + why + ") and is started again "
                         + std::to_string(pause) + " ms after the last",
                       rests);
  return true;
}

// -- requests ---------------------------------------------------------------------------------------------------------

std::string fallback_desk::server_name() const {
  return env_->config.pools[server_].name;
}

/// Why the simple pool cannot serve a request that another pool could.
std::optional<failure> fallback_desk::refusal(const tripool::request& r, const routing_table* table) const {
  failure f;
  f.why = cause::no_server;
  f.pool = simple_pool_name;
  f.hint = "wait until the pool manager is back (status: fallback); the log says why it is gone";
  if (machine_.mode() == service_mode::none) {
    f.message = "nobody can serve it: " + machine_.why();
    return f;
  }
  const auto* route = table != nullptr && server_ < table->routes.size() ? &table->routes[server_] : nullptr;
  if (!r.wanted_pool().empty() && r.wanted_pool() != server_name()) {
    f.message = "it is for pool " + r.wanted_pool() + ", but the simple pool serves, on the server of pool "
                + server_name() + ": " + machine_.why();
    return f;
  }
  if (route != nullptr && route->ghost) {
    f.message = "the simple pool serves, and its server, of pool " + server_name()
                + ", was found to be a ghost: " + route->reason;
    return f;
  }
  const bool primary = (route != nullptr && route->role == server_role::primary) || news_.in_hot_standby == false;
  if (r.at_least() && !primary) {
    f.message = "it asks for a position, but the simple pool serves, which cannot tell how far its server is";
    return f;
  }
  return std::nullopt;
}

void fallback_desk::accept(request_ptr r, const routing_table* table) {
  if (auto why = refusal(*r, table)) {
    ++refused_;
    return r->fail(std::move(*why), self_.now());
  }
  ++accepted_;
  outbox_.push_back(std::move(r));
}

void fallback_desk::cancel() {
  if (simple_) self_.send(simple_, cancel_msg{});
  for (const auto& x : retiring_) self_.send(x.who, cancel_msg{});
}

// -- decisions --------------------------------------------------------------------------------------------------------

std::optional<fallback_event> fallback_desk::advance(const std::shared_ptr<const routing_table>& table,
                                                     const std::shared_ptr<const secret_store>& secrets) {
  if (draining_ || env_->config.pools.empty()) return std::nullopt;
  const auto t = self_.now();
  if (simple_start_at_ && t >= *simple_start_at_) {
    simple_start_at_.reset();
    machine_.simple_may_start();
  }
  const auto before = machine_.mode();
  const auto effects = machine_.advance(t);
  for (const auto x : effects.end) {
    const auto& who = x == watched_peer::manager ? manager_ : monitor_;
    env_->log->error("{} gave no sign of life for too long and is ended",
                     x == watched_peer::manager ? "the pool manager" : "the monitor");
    if (who) self_.send_exit(who, caf::exit_reason::kill);
  }
  if (effects.ask) {
    for (const auto& who : {manager_, monitor_})
      if (who) self_.send<caf::message_priority::high>(who, are_you_there_msg{});
  }
  if (effects.retire_simple) retire_simple();
  if (effects.start_simple && secrets) start_simple(table.get(), *secrets);
  if (!effects.mode) return std::nullopt;
  const auto level = *effects.mode == service_mode::resilient ? spdlog::level::warn : spdlog::level::err;
  env_->log->log(level, "service is {} from now on, was {}: {}", to_string(*effects.mode), to_string(before),
                 machine_.why());
  return fallback_event{before, *effects.mode, machine_.why()};
}

void fallback_desk::start_simple(const routing_table* table, const secret_store& secrets) {
  const auto writer = mutated(mutation::forget_last_writer) ? std::nullopt : last_writer_;
  server_ = simple_pool_server(*env_->current(), writer);
  env_->log->warn("the simple pool is started, for the server of pool {}", server_name());
  simple_ = self_.system().spawn<simple_pool, caf::hidden>(
    simple_environment(*env_, server_), simple_secrets(secrets, *env_, server_), caf::actor_cast<caf::actor>(&self_));
  self_.monitor(simple_);
  machine_.simple_present();
  fenced_ = false;
  if (table != nullptr) routed(*table);
}

void fallback_desk::routed(const routing_table& table) {
  if (const auto writer = writer_of(table)) last_writer_ = writer;
  if (simple_) fence(simple_, server_, fenced_, table);
  for (auto& x : retiring_) fence(x.who, x.server, x.fenced, table);
}

/// First what waits, so that nothing of it reaches the server; then the sessions. A ghost's answers are lies.
void fallback_desk::fence(const caf::actor& who, std::size_t server, bool& fenced, const routing_table& table) {
  const auto* route = server < table.routes.size() ? &table.routes[server] : nullptr;
  const bool ghost = route != nullptr && route->ghost;
  if (std::exchange(fenced, ghost) == ghost || mutated(mutation::keep_simple_on_ghost)) return;
  if (!ghost) return self_.send(who, resume_msg{});
  env_->log->error("the simple pool is cut off from the server of pool {}, a ghost: {}", route->name, route->reason);
  failure why;
  why.why = cause::no_server;
  why.pool = simple_pool_name;
  why.message = "the server of pool " + route->name + " was found to be a ghost: " + route->reason;
  why.hint = "wait until the pool manager is back (status: fallback), or look at that server";
  self_.send(who, suspend_msg{why});
  self_.send(who, evict_msg{why.message, true});
}

void fallback_desk::retire_simple() {
  if (!simple_) return;
  if (!outbox_.empty()) self_.send(simple_, submit_msg{std::exchange(outbox_, {})});
  machine_.simple_gone("was not needed", false);
  self_.send(simple_, drain_msg{env_->config.drain_timeout});
  retiring_.push_back({std::exchange(simple_, nullptr), server_, fenced_});
  news_ = {};
  // Leases may hold it for long; a service that falls again and again must not collect them.
  if (retiring_.size() > retiring_max) self_.send_exit(retiring_.front().who, caf::exit_reason::user_shutdown);
}

std::optional<time_point> fallback_desk::flush() {
  if (simple_ && !outbox_.empty()) self_.send(simple_, submit_msg{std::exchange(outbox_, {})});
  if (draining_) return std::nullopt;
  auto next = machine_.next_wake();
  if (simple_start_at_ && (!next || *simple_start_at_ < *next)) next = simple_start_at_;
  return next;
}

void fallback_desk::drain(duration limit) {
  draining_ = true;
  if (simple_) self_.send(simple_, drain_msg{limit});
}

void fallback_desk::end() {
  outbox_.clear();
  if (simple_) self_.send_exit(simple_, caf::exit_reason::user_shutdown);
  for (const auto& x : retiring_) self_.send_exit(x.who, caf::exit_reason::user_shutdown);
  simple_ = manager_ = monitor_ = nullptr;
  retiring_.clear();
  news_ = {};
}

// -- what it tells ----------------------------------------------------------------------------------------------------

std::shared_ptr<const routing_table> fallback_desk::simple_table() const {
  auto out = std::make_shared<routing_table>();
  pool_route r;
  r.name = simple_pool_name;
  r.usable_for_reads = r.usable_for_writes = true;
  r.state = health_state::healthy;
  r.role = server_role::primary;
  r.reason = "the simple pool has one server, and nobody watches it";
  out->routes.push_back(std::move(r));
  return out;
}

fallback_status fallback_desk::status() const {
  fallback_status out;
  out.mode = machine_.mode();
  out.why = machine_.why();
  out.lasted = self_.now() - machine_.since();
  out.falls = machine_.falls();
  out.returns = machine_.returns();
  out.accepted = accepted_;
  out.refused = refused_;
  out.simple_restarts = budget_.restarts();
  out.simple_alive = simple_ != nullptr;
  out.retiring = retiring_.size();
  if (!env_->config.pools.empty()) out.server_of = server_name();
  return out;
}

} // namespace tripool
