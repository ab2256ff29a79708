// The listener: one connection, orders to it, and its news to the delegate.
#include "tripool/actors/listener.hpp"

#include "tripool/actors/connection.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <array>
#include <memory>
#include <utility>
#include <variant>

namespace tripool {

namespace {

/// Brings the answer of an order to the listener as a message.
class order_responder final : public responder {
public:
  order_responder(caf::actor to, connection_id id, std::uint64_t serial)
    : to_(std::move(to)), id_(id), serial_(serial) {
    // nop
  }

  void done(reply) override { caf::anon_send(to_, listen_answer_msg{id_, serial_, std::nullopt}); }
  void failed(failure x) override { caf::anon_send(to_, listen_answer_msg{id_, serial_, std::move(x)}); }

private:
  caf::actor to_;
  connection_id id_;
  std::uint64_t serial_;
};

/// The pauses between dials are those of the first pool: the writable server's pool changes.
listen_limits limits_of(const options& o) {
  listen_limits out;
  out.check_interval = o.monitor.heartbeat_interval;
  out.answer_within = o.monitor.probe_timeout;
  if (!o.pools.empty()) {
    out.backoff_min = o.pools.front().backoff_min;
    out.backoff_max = o.pools.front().backoff_max;
  }
  return out;
}

} // namespace

listener::listener(caf::actor_config& cfg, environment_ptr env, caf::actor delegate)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    delegate_(std::move(delegate)),
    machine_(limits_of(*env_->current())),
    random_(env_->next_seed()),
    since_(now()) {
  who_.pools.resize(env_->config.pools.size());
}

caf::behavior listener::make_behavior() {
  set_down_handler([this](caf::down_msg& x) {
    if (session_ && x.source == session_.address()) session_ended("the listening connection's actor ended", {});
    if (successor_ && x.source == successor_.address()) successor_ended();
  });
  return {
    [this](listen_to_msg& x) { machine_.want(x.generation, std::move(x.channels), x.term); },
    [this](const routing_msg& x) { machine_.route(*x.table, now()); },
    [this](topology_msg& x) {
      if (x.generation >= who_.generation) who_ = std::move(x);
    },
    [this](const credential_changed_msg& x) {
      if (x.generation > 0) changed(x.pool, x.generation, env_->current()->pools[x.pool].credentials.rotation_spread);
    },
    [this](const reloaded_msg& x) { // The server may be another one now: there is nothing to wait for.
      machine_.reconfigure(limits_of(*env_->current()));
      if ((x.recycle >> machine_.pool() & 1U) != 0) changed(machine_.pool(), env_->next_change(), duration::zero());
    },
    [this](const opened_msg& x) {
      if (from_successor()) return successor_opened(x);
      if (!from_session()) return;
      server_ = x.server;
      machine_.opened(now());
      renewal_.opened(x.as_of, now(), random_.next());
    },
    [this](notifications_msg& x) { hear(x); },
    [this](const listen_answer_msg& x) {
      if (x.id == session_id_) machine_.answered(x.serial, x.why_not ? &*x.why_not : nullptr, now(), random_.next());
    },
    [this](const ended_msg& x) {
      if (from_successor()) return successor_ended();
      if (!from_session()) return;
      // Broken without a cause of ours: a sign of trouble for whoever watches the server.
      if (x.how.was_open && !x.how.orderly && who_.monitor)
        send(who_.monitor, trouble_msg{machine_.pool(), {cause::connection_lost, x.how.sqlstate, x.how.message}});
      session_ended(x.how.message, x.how.sqlstate);
    },
    [this](trouble_msg& x) {
      if (from_session() && who_.monitor) send(who_.monitor, std::move(x));
    },
    [this](const reported_msg& x) {
      if (from_session() && who_.monitor) send(who_.monitor, x);
    },
    [](const progress_msg&) {},
    [](returned_msg&) {},
    [this](tick_msg) { ticked(); },
    [this](get_status) { return status(); },
  };
}

void listener::on_drained() {
  // What an effect sets off at once, such as a dial that needs a carrier that is absent, is for the next round.
  for (auto effects = machine_.advance(now(), random_.next()); !effects.empty();
       effects = machine_.advance(now(), random_.next()))
    for (auto& e : effects) std::visit([this](auto& x) { carry_out(x); }, e);
  renew_session();
  auto next = machine_.next_wake();
  const auto renewal = can_renew() ? renewal_.next_wake() : std::nullopt;
  if (renewal && (!next || *renewal < *next)) next = renewal;
  wake_at(next);
}

void listener::on_end() {
  drop_session();
  who_ = {};
  delegate_ = nullptr;
}

void listener::carry_out(const dial_session_effect& x) {
  if (!who_.carrier) {
    machine_.ended("the credential carrier is being started again", {}, now(), random_.next());
    return;
  }
  session_id_ = env_->next_connection_id();
  session_ = spawn_session(x.pool, session_id_);
  begin_renewal(x.pool);
  since_ = now();
  server_ = {};
}

caf::actor listener::spawn_session(std::size_t pool, connection_id id) {
  connection_owner owner;
  owner.who = caf::actor_cast<caf::actor>(this);
  owner.carrier = who_.carrier;
  owner.pool = pool;
  owner.id = id;
  owner.probing = true;
  owner.listening = true;
  auto out = system().spawn<connection, caf::hidden>(env_, std::move(owner));
  monitor(out);
  ++counts_.dials;
  return out;
}

void listener::carry_out(const drop_session_effect& x) {
  env_->log->info("listener: the session is given up: {}", x.why);
  drop_session();
}

void listener::carry_out(listen_order_effect& x) {
  batch order;
  for (auto& text : x.statements) {
    statement s;
    s.text = std::move(text);
    order.statements.push_back(std::move(s));
  }
  const auto t = now();
  auto to = std::make_unique<order_responder>(caf::actor_cast<caf::actor>(this), session_id_, x.serial);
  auto r = std::make_shared<tripool::request>(std::move(order), std::move(to), t,
                                              t + limits_of(*env_->current()).answer_within);
  std::vector<request_ptr> one;
  one.push_back(std::move(r));
  send(session_, dispatch_msg{std::move(one)});
  ++counts_.orders;
}

void listener::carry_out(const listening_effect& x) {
  if (!counts_.last_problem.empty()) note(event_kind::listening, severity::info, {}, "listening again");
  counts_.last_problem.clear();
  send(delegate_, listening_msg{x.generation, x.term});
}

void listener::carry_out(const not_listening_effect& x) {
  // A server that is away for long refuses many dials with the same words.
  const auto level = x.why == counts_.last_problem ? spdlog::level::debug : spdlog::level::warn;
  env_->log->log(level, "listener: not listening: {}{}{}", x.sqlstate, x.sqlstate.empty() ? "" : " ", x.why);
  if (x.why != counts_.last_problem) note(event_kind::gap, severity::warning, x.sqlstate, "not listening: " + x.why);
  counts_.last_problem = x.why;
  ++counts_.losses;
  send(delegate_, not_listening_msg{x});
}

void listener::note(event_kind kind, severity weight, std::string sqlstate, std::string text) {
  service_event e;
  e.at = now();
  e.kind = kind;
  e.weight = weight;
  e.pool = env_->config.pools[machine_.pool()].name;
  e.sqlstate = std::move(sqlstate);
  e.text = std::move(text);
  record(*env_, std::move(e));
}

void listener::session_ended(std::string why, std::string sqlstate) {
  drop_successor();
  if (session_) demonitor(session_);
  session_ = nullptr;
  session_id_ = 0;
  machine_.ended(std::move(why), std::move(sqlstate), now(), random_.next());
}

void listener::drop_session() {
  drop_successor();
  if (!session_) return;
  demonitor(session_);
  send_exit(session_, caf::exit_reason::kill);
  session_ = nullptr;
  session_id_ = 0;
}

void listener::hear(notifications_msg& x) {
  if (x.id != session_id_) return;
  machine_.heard(now());
  counts_.notifications += x.all.size();
  send(delegate_, std::move(x));
}

bool listener::from_session() const {
  return session_ && const_cast<listener*>(this)->current_sender() == session_;
}

listener_status listener::status() const {
  static constexpr std::array<const char*, 3> names{"idle", "dialling", "open"};
  auto out = counts_;
  out.state = names[static_cast<std::size_t>(machine_.state())];
  out.wanted = machine_.wanted();
  out.listening = machine_.listening();
  out.session = session_;
  if (machine_.state() == listen_machine::phase::idle) return out;
  out.pool = env_->config.pools[machine_.pool()].name;
  out.server = server_.address;
  out.backend_pid = server_.backend_pid;
  out.age = now() - since_;
  if (machine_.state() == listen_machine::phase::open) out.silent = now() - machine_.last_heard();
  return out;
}

} // namespace tripool
