// The connection actor's driving half: readiness in, results to the pipeline, effects out.
#include "tripool/actors/connection.hpp"
#include "tripool/actors/protocol_credentials.hpp"
#include "tripool/core/health/circuit_breaker.hpp"
#include "tripool/core/retry/retry_policy.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

void connection::on_io(bool readable, bool writable) {
  guarded([&] { on_ready(readable, writable); });
}

void connection::on_ready(bool readable, bool writable) {
  if (!session_ || lost_) return;
  reading_at_ = now();
  session_->on_ready(readable, writable, *this);
  if (phase_ == phase::open || phase_ == phase::closing) machine_.received(session_->incoming_bytes(), now());
  turn();
}

/// One turn: send what may be sent, carry out what came of it, watch what must be watched.
void connection::turn() {
  if (phase_ == phase::ended || lent_to_) return;
  if (!heard_.empty()) send(owner_.who, notifications_msg{owner_.id, std::exchange(heard_, {})});
  const auto t = now();
  if (phase_ < phase::open && t >= *dial_until_ && !lost_) {
    const auto& target = limits().target;
    return fail_dial(
      "no session with " + target.host + ":" + std::to_string(target.port) + " within "
      + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limits().connect_timeout).count())
      + " ms (connect-timeout)");
  }
  if (session_ && !lost_ && phase_ >= phase::open) {
    learn_types();
    machine_.tick(t);
    machine_.pump(*session_, flushed_, t);
    reading_at_ = t;
    flushed_ = session_->flush(*this);
  }
  if (served_ > 0) env_->gauges[owner_.pool]->note_served(std::exchange(served_, 0), reading_at_);
  carry_out_effects();
  if (phase_ == phase::ended) return;
  if (lost_) {
    auto loss = std::move(*lost_);
    return end({was_open_, loss.orderly, std::move(loss.sqlstate), std::move(loss.message)});
  }
  if (phase_ == phase::closing && closing_until_ && t >= *closing_until_ && !machine_.idle()) {
    give_up("it was closed, and its last statements did not end within cancel-grace");
    return turn();
  }
  if (phase_ == phase::closing && machine_.idle()) return end({true, true, {}, "closed"});
  if (order_) lend_if_quiet();
  if (lent_to_) return;
  watch();
  plan_wake();
}

void connection::learn_types() {
  const auto& cache = *env_->types[owner_.pool];
  const auto version = cache.version();
  if (version == types_seen_) return;
  types_seen_ = version;
  session_->use_types(cache.current());
}

void connection::note_types(const tripool::request& r) {
  if (!env_->load_types) return;
  const auto* known = session_ ? session_->types().get() : nullptr;
  for (const auto& s : r.statements()) {
    if (names_unknown_type(s.parameters, known)) return env_->types[owner_.pool]->want();
  }
}

void connection::carry_out_effects() {
  auto e = machine_.take_effects();
  if (e.cancel && !lost_) send_cancel();
  for (auto& x : e.troubles) send(owner_.who, trouble_msg{owner_.pool, std::move(x)});
  if (!e.moved.empty()) forward_moved(std::move(e.moved));
  if (e.close && !lost_) {
    on_lost({session_loss::phase::open, {}, *e.close, false});
    auto rest = machine_.take_effects();
    forward_moved(std::move(rest.moved));
    e.completed += rest.completed;
  }
  if (e.completed > 0)
    send(owner_.who, progress_msg{owner_.id, e.completed, static_cast<std::uint32_t>(machine_.outstanding())});
}

/// What cannot go elsewhere is answered here; the rest is for the monitor, by way of the owner.
void connection::forward_moved(std::vector<moved_request> all) {
  std::vector<moved_request> away;
  const auto t = now();
  for (auto& x : all) {
    if (!x.what || x.what->answered()) continue;
    if (!owner_.probing && blames_server(x.why))
      env_->gauges[owner_.pool]->broken.fetch_add(1, std::memory_order_relaxed);
    const bool stay =
      owner_.probing || next_step(*x.what, x.why, env_->current()->requests.attempts_max, t) == retry_step::answer;
    if (stay) {
      auto f = settle(*x.what, std::move(x.why));
      x.what->fail(std::move(f), t);
    } else {
      away.push_back(std::move(x));
    }
  }
  if (!away.empty()) send(owner_.who, moved_msg{owner_.pool, std::move(away)});
}

void connection::send_cancel() {
  auto self = caf::actor_cast<caf::actor_addr>(this);
  std::shared_ptr<canceller> c = session_->make_canceller();
  const bool started = run_blocking(*env_, [self, c] {
    auto problem = c ? c->cancel() : std::optional<std::string>{"the session is gone"};
    if (auto to = caf::actor_cast<caf::actor>(self)) caf::anon_send(to, cancel_done_msg{std::move(problem)});
  });
  if (!started) send(this, cancel_done_msg{"too many cancels are waiting already"});
}

void connection::watch() {
  if (!session_ || !loop()) return;
  const auto want = session_->interest();
  if (want == watched_) return;
  if (watched_.fd >= 0 && (watched_.fd != want.fd || watched_.epoch != want.epoch)) {
    loop()->unwatch(watched_.fd, *this); // The descriptor may be closed already, and with it the registration.
    watched_.fd = -1;
  }
  if (want.fd >= 0) {
    const bool fresh = watched_.fd < 0;
    const bool ok = fresh ? loop()->watch(want.fd, *this, want.read, want.write)
                          : loop()->rewatch(want.fd, *this, want.read, want.write);
    if (!ok) env_->log->error("pool {} connection {}: the kernel does not watch its socket", limits().name, owner_.id);
  }
  watched_ = want;
}

void connection::unwatch() noexcept {
  if (loop() && watched_.fd >= 0) loop()->unwatch(watched_.fd, *this);
  watched_ = {};
}

void connection::on_open(const server_info& info) {
  server_ = info;
  was_open_ = true;
  if (phase_ == phase::dialling) phase_ = phase::open;
  machine_.opened(info, now());
  for (auto& r : early_) machine_.submit(std::move(r));
  early_.clear();
  send(owner_.who, opened_msg{owner_.id, info, as_of_});
  send(owner_.carrier, credential_accepted_msg{owner_.pool, credential_generation_});
}

void connection::on_result(wire_result&& x) {
  if (!owner_.probing) ++served_;
  if (env_->load_types && !owner_.probing && has_unknown_type(x.rows, session_->types().get()))
    env_->types[owner_.pool]->want();
  machine_.on_result(std::move(x), reading_at_);
}

void connection::on_lost(session_loss&& x) {
  lost_ = std::move(x);
  machine_.on_lost(*lost_);
}

void connection::on_notice(server_message&& x) {
  machine_.on_notice(x);
  env_->log->debug("pool {} connection {}: {} {}: {}", limits().name, owner_.id, x.severity, x.sqlstate, x.message);
}

void connection::on_notification(std::string_view channel, std::string_view payload, std::int32_t backend_pid) {
  if (!owner_.listening) return; // Nobody listens on shared connections.
  heard_.push_back({std::string{channel}, std::string{payload}, backend_pid});
}

void connection::on_parameter(std::string_view name, std::string_view value) {
  reported_msg m;
  m.pool = owner_.pool;
  if (name == "in_hot_standby") m.in_hot_standby = value == "on";
  if (name == "default_transaction_read_only") m.read_only = value == "on";
  if (m.in_hot_standby || m.read_only) send(owner_.who, m);
}

} // namespace tripool
