// Driving the deterministic scheduler, and judging answers by the ledgers.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/credential_carrier.hpp"
#include "tripool/actors/delegate.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/core/health/probe.hpp"

#include <caf/actor_cast.hpp>
#include <caf/detail/test_actor_clock.hpp>
#include <caf/exit_reason.hpp>

#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tripool::test {

namespace {

/// Jobs without a moment passing, after which the actors are taken to be running in circles.
constexpr std::size_t jobs_max = 200'000;
/// What an answer may be late.
constexpr duration grace = std::chrono::milliseconds{500};

/// When the clock's next timer fires.
struct clock_reader : caf::detail::test_actor_clock {
  static std::optional<time_point> next(caf::detail::test_actor_clock& x) {
    const auto& all = x.*(&clock_reader::schedule_);
    if (all.empty()) return std::nullopt;
    return all.begin()->first;
  }
};

/// A class, since CAF 0.17 makes a reference of a null pointer when it spawns a function without arguments.
class caller final : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;

private:
  caf::behavior make_behavior() override {
    return {[this](const call_msg& x) { x.what(*this); }};
  }
};

std::shared_ptr<spdlog::logger> test_log() {
  if (std::getenv("TRIPOOL_TEST_LOG") == nullptr) return nullptr;
  auto out = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::stdout_sink_st>());
  out->set_level(spdlog::level::trace);
  return out;
}

} // namespace

std::string told::text() const {
  if (answers == 0) return "no answer";
  if (is_done()) return "done";
  return to_string(*failed);
}

options world_options() {
  auto out = default_options();
  for (std::size_t i = 0; i < out.pools.size(); ++i) {
    auto& to = out.pools[i].target;
    to.host = "10.0.0." + std::to_string(i + 1);
    to.dbname = "app";
    to.user = "app";
  }
  return out;
}

options switched_off() {
  auto out = world_options();
  out.resilience = false;
  return out;
}

actor_world::actor_world(options o, bool run_now, std::shared_ptr<request_observer> observer, std::uint64_t seed,
                         std::shared_ptr<const secret_store> secrets) {
  cfg_.set("scheduler.policy", caf::atom("testing"));
  sys_ = std::make_unique<caf::actor_system>(cfg_);
  sched_ = &dynamic_cast<caf::scheduler::test_coordinator&>(sys_->scheduler());
  db[backup].make_standby();
  db[failover].make_standby();
  for (std::size_t i = 0; i < std::min(db.size(), o.pools.size()); ++i)
    net_.add(o.pools[i].target.host, o.pools[i].target.port, db[i]);
  env = make_environment(std::move(o), std::make_shared<sim_session_factory>(net_), nullptr, test_log(), seed);
  env->inline_helpers = true;
  if (!secrets) secrets = std::make_shared<const secret_store>();
  delegate = sys_->spawn<tripool::delegate>(env, std::move(secrets), std::move(observer));
  caller_ = sys_->spawn<caller>();
  if (run_now) run();
}

actor_world::~actor_world() {
  close();
}

void actor_world::close() {
  if (!caller_) return;
  caf::anon_send_exit(delegate, caf::exit_reason::kill);
  caf::anon_send_exit(caller_, caf::exit_reason::kill);
  sweep();
  delegate = nullptr;
  caller_ = nullptr;
}

// -- time ----------------------------------------------------------------------------------------------------------

time_point actor_world::now() {
  return sched_->clock().now();
}

bool actor_world::step() {
  return sched_->try_run_once();
}

void actor_world::run() {
  for (std::size_t i = 0; i < jobs_max; ++i)
    if (!step()) return;
  throw std::runtime_error("the actors do not come to rest");
}

void actor_world::advance(duration x) {
  const auto until = now() + x;
  run();
  for (std::size_t i = 0; i < jobs_max; ++i) {
    const auto next = clock_reader::next(sched_->clock());
    if (!next || *next > until) {
      sched_->advance_time(until - now());
      return run();
    }
    sched_->advance_time(std::max(*next - now(), duration::zero()));
    run();
  }
  throw std::runtime_error("timers fire without end");
}

void actor_world::skip(duration x) {
  skips_.emplace_back(now(), x);
  sched_->advance_time(x);
}

// -- asking --------------------------------------------------------------------------------------------------------

void actor_world::call(std::function<void(caf::event_based_actor&)> what) {
  caf::anon_send(caller_, call_msg{std::move(what)});
}

told_ptr actor_world::note(std::vector<std::string> texts, access mode, bool repeatable,
                           std::chrono::milliseconds timeout) {
  auto out = std::make_shared<told>();
  out->texts = std::move(texts);
  out->mode = mode;
  out->repeatable = repeatable;
  out->asked = now();
  const auto& limits = env->config.requests;
  out->deadline =
    out->asked + (timeout.count() > 0 ? std::min(duration{timeout}, limits.deadline_max) : limits.deadline);
  asked_.push_back(out);
  return out;
}

told_ptr actor_world::ask(statement x) {
  auto out = note({sim_bound_text(x.text, x.parameters)}, x.mode, x.repeatable, x.timeout);
  call([this, out, to = delegate, x = std::move(x)](caf::event_based_actor& self) {
    self.request(to, caf::infinite, x)
      .then(
        [this, out](result& r) {
          ++out->answers;
          out->at = now();
          out->done = reply{{std::move(r)}};
        },
        [this, out](const caf::error& e) {
          ++out->answers;
          out->at = now();
          out->failed = failure_of(e);
        });
  });
  return out;
}

told_ptr actor_world::ask(batch x) {
  std::vector<std::string> texts;
  for (const auto& s : x.statements) texts.push_back(sim_bound_text(s.text, s.parameters));
  auto out = note(std::move(texts), x.mode, x.repeatable, x.timeout);
  call([this, out, to = delegate, x = std::move(x)](caf::event_based_actor& self) {
    self.request(to, caf::infinite, x)
      .then(
        [this, out](reply& r) {
          ++out->answers;
          out->at = now();
          out->done = std::move(r);
        },
        [this, out](const caf::error& e) {
          ++out->answers;
          out->at = now();
          out->failed = failure_of(e);
        });
  });
  return out;
}

told_ptr actor_world::read(std::string text, std::chrono::milliseconds timeout) {
  statement s;
  s.text = std::move(text);
  s.mode = access::read;
  s.timeout = timeout;
  return ask(std::move(s));
}

told_ptr actor_world::write(std::string text, std::chrono::milliseconds timeout) {
  statement s;
  s.text = std::move(text);
  s.timeout = timeout;
  return ask(std::move(s));
}

std::size_t actor_world::committed(const std::string& text) {
  std::size_t n = 0;
  for (auto& x : db) n += x.ledger().committed(text);
  return n;
}

std::size_t actor_world::probes(std::size_t pool) const {
  return const_cast<sim_server&>(db[pool]).ledger().executed(probe_text);
}

time_point actor_world::latest_answer(time_point asked, time_point deadline) const {
  auto out = deadline + grace;
  for (const auto& [from, length] : skips_)
    if (from + length > asked && from <= out) out += length;
  return out;
}

std::string actor_world::complaint(const told& x) {
  if (x.answers > 1) return "answered " + std::to_string(x.answers) + " times";
  const auto latest = latest_answer(x.asked, x.deadline);
  if (x.answers == 0) return now() > latest ? "no answer" : "";
  if (x.at > latest) {
    const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(x.at - x.deadline);
    return "answered " + std::to_string(late.count()) + " ms after its deadline: " + x.text();
  }
  if (x.mode == access::read) return {};
  for (const auto& text : x.texts) {
    const auto n = committed(text);
    const auto wrong = [&] { return "committed " + std::to_string(n) + " times, but told: " + x.text(); };
    const bool effect = n > 0;
    if (x.is_done() && !effect) return wrong();
    if (!x.repeatable && n > 1) return wrong();
    if ((x.is(outcome::not_executed) || x.is(outcome::rejected)) && effect) return wrong();
  }
  return {};
}

std::string actor_world::broken_promises() {
  std::string out;
  for (const auto& x : asked_) {
    const auto what = complaint(*x);
    if (!what.empty()) out += (x->texts.empty() ? std::string{"(nothing)"} : x->texts.front()) + ": " + what + "\n";
  }
  return out;
}

service_status actor_world::status() {
  auto out = query<service_status>(delegate, get_service_status{});
  REQUIRE(out);
  return *out;
}

pool_status actor_world::pool(std::size_t i) {
  for (auto& x : status().pools)
    if (x.stats.name == env->config.pools.at(i).name) return x;
  FAIL("the pool does not answer");
  return {};
}

topology_msg actor_world::topology() {
  auto out = query<topology_msg>(delegate, get_topology{});
  REQUIRE(out);
  return *out;
}

std::vector<connection_status> actor_world::connections(std::size_t pool) {
  auto out = query<pool_status>(topology().pools.at(pool), get_status{});
  REQUIRE(out);
  return out->connections;
}

// -- what befalls the actors ---------------------------------------------------------------------------------------

void actor_world::strike(const caf::actor& who, death how) {
  if (!who) return;
  if (how == death::kill) return caf::anon_send_exit(who, caf::exit_reason::kill);
  if (how == death::exit) return caf::anon_send_exit(who, caf::exit_reason::remote_link_unreachable);
  auto* self = dynamic_cast<caf::event_based_actor*>(caf::actor_cast<caf::abstract_actor*>(who));
  if (self == nullptr || !self->alive()) return;
  self->become(caf::keep_behavior, caf::behavior{[](const poison_msg&) { throw std::runtime_error("poisoned"); }});
  caf::anon_send<caf::message_priority::high>(who, poison_msg{});
}

void actor_world::silence(const caf::actor& who) {
  auto* self = dynamic_cast<caf::event_based_actor*>(caf::actor_cast<caf::abstract_actor*>(who));
  if (self == nullptr || !self->alive()) return;
  self->set_default_handler(caf::skip);
  self->become(caf::keep_behavior, caf::behavior{[](const poison_msg&) {}});
}

std::size_t actor_world::unread(const caf::actor& who) {
  auto* self = dynamic_cast<caf::scheduled_actor*>(caf::actor_cast<caf::abstract_actor*>(who));
  if (self == nullptr) return 0;
  return std::get<caf::scheduled_actor::normal_queue_index>(self->mailbox().queue().queues()).cache().total_task_size();
}

bool actor_world::alive(const caf::actor& who) {
  auto* self = dynamic_cast<caf::scheduled_actor*>(caf::actor_cast<caf::abstract_actor*>(who));
  return self != nullptr && self->alive();
}

std::string actor_world::name_of(const caf::actor& who) {
  auto* self = dynamic_cast<caf::local_actor*>(caf::actor_cast<caf::abstract_actor*>(who));
  return self == nullptr ? "" : self->name();
}

caf::actor actor_world::next_in_line() {
  if (sched_->jobs.empty()) return nullptr;
  auto* self = dynamic_cast<caf::event_based_actor*>(sched_->jobs.front());
  if (self == nullptr || !std::string_view{self->name()}.starts_with("tripool.")) return nullptr;
  return caf::actor_cast<caf::actor>(self);
}

std::size_t actor_world::end(death how) {
  strike(delegate, how);
  advance(std::chrono::minutes{1});
  return sys_->registry().running() - 1; // The caller lives on.
}

/// Kills whoever still gets a message, so that a failed test ends too.
void actor_world::sweep() {
  for (int i = 0; i < 1000; ++i) {
    while (sched_->has_job()) {
      if (auto who = next_in_line()) caf::anon_send_exit(who, caf::exit_reason::kill);
      sched_->run_once();
    }
    if (!sched_->has_pending_timeout()) break;
    sched_->trigger_timeouts();
  }
  if (sys_->registry().running() > 0) sys_->await_actors_before_shutdown(false);
}

} // namespace tripool::test
