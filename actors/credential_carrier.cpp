// The credential carrier: messages to its machines, and their effects.
#include "tripool/actors/credential_carrier.hpp"

#include "tripool/actors/credentials/secret_pages.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/core/control/control_check.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

credential_carrier::credential_carrier(caf::actor_config& cfg, environment_ptr env,
                                       std::shared_ptr<const secret_store> secrets)
  : caf::event_based_actor(cfg), env_(std::move(env)), secrets_(std::move(secrets)), random_(env_->next_seed()) {
  protect_secrets();
  group_pools();
}

void credential_carrier::group_pools() {
  const auto& pools = env_->config.pools;
  std::map<std::string, std::size_t> shared;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const auto& name = pools[i].credentials.name;
    const auto found = name.empty() ? shared.end() : shared.find(name);
    if (found != shared.end()) {
      known_[found->second].pools.push_back(i);
      of_pool_.push_back(found->second);
      continue;
    }
    if (!name.empty()) shared.emplace(name, known_.size());
    of_pool_.push_back(known_.size());
    const auto& how = pools[i].credentials;
    known_.push_back({{i}, nullptr, credential_machine{{how.keep, how.check_interval}}, std::nullopt, {}});
  }
  for (auto& k : known_) {
    std::vector<const pool_options*> all;
    for (const auto i : k.pools) all.push_back(&pools[i]);
    k.sources = std::make_shared<const source_chain>(all, *secrets_);
    k.machine.recall(secrets_->kept(pools_text(k)), now());
  }
}

caf::behavior credential_carrier::make_behavior() {
  set_error_handler([](caf::error&) {}); // What strangers send must not end it.
  set_default_handler(caf::drop);
  set_exception_handler([](std::exception_ptr& x) { return exception_error(x); });
  for (std::size_t i = 0; i < known_.size(); ++i) arm(i); // What was recalled may be outdated.
  return {
    [this](const lease_credential& x) -> caf::delegated<credential_lease> {
      const auto credential = of_pool_.at(x.pool);
      const auto ticket = ++last_ticket_;
      leases_.emplace(ticket, make_response_promise());
      known_[credential].machine.want(ticket, x.pool, now(), effects_);
      turn(credential);
      return {};
    },
    [this](credential_fetched_msg& x) {
      auto& m = known_.at(x.credential).machine;
      const auto generation = m.would_change(*x.what) ? env_->next_change() : 0;
      m.fetched(x.flight, std::move(*x.what), generation, now(), random_.next(), effects_);
      remember(x.credential);
      note_problem(x.credential);
      turn(x.credential);
    },
    [this](const credential_accepted_msg& x) {
      const auto credential = of_pool_.at(x.pool);
      auto& m = known_[credential].machine;
      if (m.accepted(x.pool, x.generation, now())) {
        const bool present = m.snapshot(now()).generation == x.generation;
        note_event(x.pool, severity::info, {},
                   std::string{"the server lets us in again"}
                     + (present ? "" : ", with the secret that was good last"));
      }
      remember(credential);
      turn(credential);
    },
    [this](const credential_refused_msg& x) {
      const auto credential = of_pool_.at(x.pool);
      known_[credential].machine.refused(x.pool, x.generation, x.sqlstate, now(), effects_);
      turn(credential);
    },
    [this](const refresh_credentials& x) -> caf::delegated<credentials_refreshed> {
      ask_to_refresh(x, make_response_promise());
      return {};
    },
    [this](topology_msg& x) {
      if (x.generation < who_.generation) return;
      const auto before = std::exchange(who_, std::move(x));
      tell_newcomers(before);
    },
    [this](credential_tick_msg) {
      for (std::size_t i = 0; i < known_.size(); ++i) {
        if (known_[i].armed && *known_[i].armed <= now()) known_[i].armed.reset();
        known_[i].machine.tick(now(), effects_);
        turn(i);
      }
    },
    [this](get_status) { return status(); },
  };
}

/// CAF drops a dead actor's promises without a word: whoever waits for one hears of the end here.
void credential_carrier::on_exit() {
  failure f;
  f.why = cause::connection_failed;
  f.message = "the credential carrier ended";
  for (auto& [ticket, to] : leases_) to.deliver(make_error(f));
  for (auto& [ticket, r] : refreshes_)
    if (std::exchange(r->missing, 0) > 0) r->to.deliver(make_error(f));
  leases_.clear();
  refreshes_.clear();
  known_.clear(); // And with them the secrets; what is kept of them is the manager's and the delegate's.
  secrets_.reset();
  who_ = {};
}

void credential_carrier::ask_to_refresh(const refresh_credentials& x, caf::response_promise to) {
  auto r = std::make_shared<refresh>();
  r->to = std::move(to);
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < env_->config.pools.size(); ++i) {
    const bool meant = x.pool.empty() || x.pool == env_->config.pools[i].name;
    if (meant && std::find(asked.begin(), asked.end(), of_pool_[i]) == asked.end()) asked.push_back(of_pool_[i]);
  }
  if (asked.empty()) {
    r->to.deliver(make_error(no_such_pool(env_->config, x.pool)));
    return;
  }
  r->missing = asked.size();
  for (const auto credential : asked) {
    const auto ticket = ++last_ticket_;
    refreshes_.emplace(ticket, r);
    known_[credential].machine.want_refresh(ticket, now(), effects_);
    turn(credential);
  }
}

void credential_carrier::turn(std::size_t credential) {
  for (const auto& e : std::exchange(effects_, {})) std::visit([&](const auto& x) { carry_out(credential, x); }, e);
  arm(credential);
}

void credential_carrier::carry_out(std::size_t credential, const fetch_effect& x) {
  const auto self = caf::actor_cast<caf::actor_addr>(this);
  const auto told = [self, credential, flight = x.flight](fetch_result found) {
    auto what = std::make_shared<fetch_result>(std::move(found));
    if (auto to = caf::actor_cast<caf::actor>(self))
      caf::anon_send(to, credential_fetched_msg{credential, flight, std::move(what)});
  };
  const auto sources = known_[credential].sources;
  if (run_blocking(*env_, [sources, told] { told(sources->fetch()); })) return;
  fetch_result none;
  none.what = source_answer::kind::failed;
  none.problem = "the sources cannot be asked: too many blocking calls are under way";
  told(std::move(none));
}

void credential_carrier::carry_out(std::size_t, const lend_effect& x) {
  const auto i = leases_.find(x.ticket);
  if (i == leases_.end()) return;
  auto out = std::make_shared<credential>();
  out->password = x.what->what.password.duplicate();
  out->has_password = !out->password.empty();
  out->user = x.what->what.user;
  out->key_passphrase = x.what->what.key_passphrase.duplicate();
  out->source = x.what->source;
  out->generation = x.what->generation;
  // A last known good secret is older than the present one: its connections are to go when they can.
  out->as_of = x.emergency ? x.what->generation : env_->latest_change();
  i->second.deliver(credential_lease{std::shared_ptr<const credential>{std::move(out)}});
  leases_.erase(i);
}

void credential_carrier::carry_out(std::size_t credential, const deny_effect& x) {
  const auto i = leases_.find(x.ticket);
  if (i == leases_.end()) return;
  failure f;
  f.why = cause::connection_failed;
  f.pool = env_->config.pools[known_[credential].pools.front()].name;
  f.message = x.why;
  f.hint = "make one of its sources work: " + known_[credential].sources->names();
  i->second.deliver(make_error(std::move(f)));
  leases_.erase(i);
}

void credential_carrier::carry_out(std::size_t credential, const changed_effect& x) {
  const auto& k = known_[credential];
  const auto source = k.machine.snapshot(now()).source;
  env_->log->info("credential of {}: another one, from {} (change {})", pools_text(k), source, x.generation);
  note_events(credential, severity::info, "another secret is in force, from " + source);
  tell_pools(credential, x.generation);
}

void credential_carrier::carry_out(std::size_t credential, const available_effect&) {
  env_->log->info("credential of {}: its sources work again", pools_text(known_[credential]));
  note_events(credential, severity::info, "its sources work again");
  tell_pools(credential, 0);
}

void credential_carrier::carry_out(std::size_t credential, const login_refused_effect& x) {
  const auto source = known_[credential].machine.snapshot(now()).source;
  const std::string which =
    x.present ? (source.empty() ? std::string{"a login without a password"} : "the secret from " + source)
              : std::string{"the secret that was good last"};
  env_->log->error("credential of {}: the server refuses {}: {}", env_->config.pools[x.pool].name, which, x.sqlstate);
  note_event(x.pool, severity::error, x.sqlstate, "the server refuses " + which);
}

void credential_carrier::carry_out(std::size_t credential, const refreshed_effect& x) {
  const auto i = refreshes_.find(x.ticket);
  if (i == refreshes_.end()) return;
  auto r = i->second;
  refreshes_.erase(i);
  const auto& k = known_[credential];
  const auto s = k.machine.snapshot(now());
  r->found[credential] = {pools_text(k), s.source, x.changed, x.failed, s.generation, x.problem};
  if (--r->missing > 0) return;
  credentials_refreshed answer;
  for (auto& [which, found] : r->found) answer.credentials.push_back(std::move(found));
  r->to.deliver(std::move(answer));
}

void credential_carrier::tell_pools(std::size_t credential, std::uint64_t generation) {
  for (const auto pool : known_[credential].pools) {
    const credential_changed_msg x{pool, generation};
    if (pool < who_.pools.size() && who_.pools[pool]) send(who_.pools[pool], x);
    if (who_.monitor) send(who_.monitor, x);
    if (who_.listener) send(who_.listener, x);
  }
}

/// Who was started anew has not heard of the last change: a session that it opens with the secret that was good last
/// would not be outdated for it.
void credential_carrier::tell_newcomers(const topology_msg& before) {
  for (const auto& k : known_) {
    const auto generation = k.machine.snapshot(now()).generation;
    if (generation == 0) continue;
    for (const auto pool : k.pools) {
      const auto tell = [&](const caf::actor& who, const caf::actor& old) {
        if (who && who != old) send(who, credential_changed_msg{pool, generation});
      };
      if (pool < who_.pools.size())
        tell(who_.pools[pool], pool < before.pools.size() ? before.pools[pool] : caf::actor{});
      tell(who_.monitor, before.monitor);
      tell(who_.listener, before.listener);
    }
  }
}

/// Says once what is wrong with the sources, not at each of many dials.
void credential_carrier::note_problem(std::size_t credential) {
  auto& k = known_[credential];
  if (k.machine.problem() == k.problem) return;
  k.problem = k.machine.problem();
  if (k.problem.empty()) return;
  env_->log->error("credential of {}: {}", pools_text(k), k.problem);
  note_events(credential, severity::error, k.problem);
}

/// One for each pool that has the credential, so that each pool's own story has it.
void credential_carrier::note_events(std::size_t credential, severity weight, const std::string& text) {
  for (const auto pool : known_[credential].pools) note_event(pool, weight, {}, text);
}

void credential_carrier::note_event(std::size_t pool, severity weight, std::string sqlstate, std::string text) {
  service_event e;
  e.at = now();
  e.kind = event_kind::credential;
  e.weight = weight;
  e.pool = env_->config.pools[pool].name;
  e.sqlstate = std::move(sqlstate);
  e.text = std::move(text);
  record(*env_, std::move(e));
}

/// For the carrier that is started after this one.
void credential_carrier::remember(std::size_t credential) {
  const auto& k = known_[credential];
  secrets_->keep(pools_text(k), k.machine.memory());
}

void credential_carrier::arm(std::size_t credential) {
  auto& k = known_[credential];
  const auto due = k.machine.next_wake();
  if (!due || (k.armed && *k.armed <= *due)) return;
  k.armed = due;
  delayed_send(this, std::max(*due - now(), duration::zero()), credential_tick_msg{});
}

std::string credential_carrier::pools_text(const known& k) const {
  std::string out;
  for (const auto i : k.pools) out += (out.empty() ? "" : ", ") + env_->config.pools[i].name;
  return out;
}

carrier_status credential_carrier::status() const {
  static constexpr std::array<const char*, 3> verdicts{"unknown", "accepted", "refused"};
  carrier_status out;
  for (std::size_t i = 0; i < of_pool_.size(); ++i) {
    const auto& k = known_[of_pool_[i]];
    const auto s = k.machine.snapshot(now());
    credential_status x;
    x.pool = env_->config.pools[i].name;
    x.source = s.source.empty() ? "none" : s.source;
    x.sources = k.sources->names();
    x.available = s.available;
    x.valid = verdicts[static_cast<std::size_t>(s.verdict)];
    x.emergency = s.emergency;
    x.leases = s.leases;
    x.fetches = s.fetches;
    x.generation = s.generation;
    x.changes = s.changes;
    x.age = s.age;
    x.expires_in = s.expires_in;
    x.last_error = s.last_error;
    out.credentials.push_back(std::move(x));
  }
  return out;
}

time_point credential_carrier::now() const {
  return home_system().clock().now();
}

} // namespace tripool
