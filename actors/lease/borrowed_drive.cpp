// The borrowed session's driving half: readiness in, results to the machine, effects out.
#include "tripool/actors/lease/borrowed_session.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

void borrowed_session::on_io(bool readable, bool writable) {
  guarded([&] { ready(readable, writable); });
}

void borrowed_session::ready(bool readable, bool writable) {
  if (!got_ || lost_) return;
  got_->wire->on_ready(readable, writable, *this);
  machine_->received(got_->wire->incoming_bytes(), now());
  turn();
}

/// One turn: send what may be sent, carry out what came of it, watch what must be watched.
void borrowed_session::turn() {
  if (!got_) return;
  const auto t = now();
  if (!lost_) {
    on_turn();
    machine_->tick(t);
    machine_->pump(*got_->wire, flushed_, t);
    flushed_ = got_->wire->flush(*this);
  }
  carry_out_effects();
  if (lost_) return give_up();
  if (machine_->state() == lease_machine::phase::over) return give_back();
  warn_if_overdue(t);
  watch();
  plan_wake();
}

void borrowed_session::carry_out_effects() {
  auto e = machine_->take_effects();
  if (e.close && !lost_) {
    lost_ = session_loss{session_loss::phase::open, {}, *e.close, !recalled_.empty()};
    machine_->on_lost(*lost_, now());
    auto rest = machine_->take_effects();
    if (rest.moved) e.moved = std::move(rest.moved);
  }
  if (e.cancel && !lost_) send_cancel();
  for (auto& x : e.troubles) send(from_.home, trouble_msg{from_.pool, std::move(x)});
  if (e.moved) {
    unused_ = true; // Nobody will ever have the handle.
    moved_ = std::move(e.moved);
    if (!lost_) { // The session is well; the order is not for it.
      moved_msg m;
      m.pool = from_.pool;
      m.requests.push_back(std::move(*moved_));
      moved_.reset();
      send(from_.home, std::move(m));
    }
  }
  if (e.opened) open_order(std::move(*e.opened));
}

void borrowed_session::send_cancel() {
  auto self = caf::actor_cast<caf::actor_addr>(this);
  std::shared_ptr<canceller> c = got_->wire->make_canceller();
  const bool started = run_blocking(*env_, [self, c] {
    auto problem = c ? c->cancel() : std::optional<std::string>{"the session is gone"};
    if (auto to = caf::actor_cast<caf::actor>(self)) caf::anon_send(to, cancel_done_msg{std::move(problem)});
  });
  if (!started) send(this, cancel_done_msg{"too many cancels are waiting already"});
}

void borrowed_session::watch() {
  if (!got_ || !loop()) return;
  const auto want = got_->wire->interest();
  if (want == watched_) return;
  if (watched_.fd >= 0 && (watched_.fd != want.fd || watched_.epoch != want.epoch)) {
    loop()->unwatch(watched_.fd, *this);
    watched_.fd = -1;
  }
  if (want.fd >= 0) {
    const bool ok = watched_.fd < 0 ? loop()->watch(want.fd, *this, want.read, want.write)
                                    : loop()->rewatch(want.fd, *this, want.read, want.write);
    if (!ok) env_->log->error("pool {} connection {}: the kernel does not watch its socket", limits().name, from_.id);
  }
  watched_ = want;
}

void borrowed_session::unwatch() noexcept {
  if (loop() && watched_.fd >= 0) loop()->unwatch(watched_.fd, *this);
  watched_ = {};
}

void borrowed_session::on_result(wire_result&& x) {
  const auto t = now();
  env_->gauges[from_.pool]->note_served(1, t);
  machine_->on_result(std::move(x), t);
}

void borrowed_session::on_lost(session_loss&& x) {
  lost_ = std::move(x);
  machine_->on_lost(*lost_, now());
}

void borrowed_session::on_notice(server_message&& x) {
  machine_->on_notice(x);
  env_->log->debug("pool {} connection {}: {} {}: {}", limits().name, from_.id, x.severity, x.sqlstate, x.message);
}

void borrowed_session::on_parameter(std::string_view name, std::string_view value) {
  machine_->on_parameter(name, value);
  reported_msg m;
  m.pool = from_.pool;
  if (name == "in_hot_standby") m.in_hot_standby = value == "on";
  if (name == "default_transaction_read_only" && !machine_->read_only_by_borrower()) m.read_only = value == "on";
  if (m.in_hot_standby || m.read_only) send(from_.home, m);
}

void borrowed_session::warn_if_overdue(time_point t) {
  if (!warn_at_ || t < *warn_at_) return;
  warn_at_.reset();
  const auto held = std::chrono::duration_cast<std::chrono::seconds>(t - machine_->lent_since()).count();
  env_->log->warn("pool {}: connection {} (server process {}) has been lent to {} as a {} for {} s; {}", limits().name,
                  from_.id, got_->server.backend_pid, borrower_name_, to_string(machine_->purpose()), held,
                  machine_->current_text().empty() ? std::string{"nothing runs on it"}
                                                   : "it runs: " + std::string{machine_->current_text()});
}

void borrowed_session::plan_wake() {
  auto next = machine_->next_wake();
  if (warn_at_ && (!next || *warn_at_ < *next)) next = warn_at_;
  if (const auto own = own_wake(); own && (!next || *own < *next)) next = own;
  wake_at(next);
}

lease_status borrowed_session::status() const {
  static constexpr std::array<const char*, 5> names{"opening", "ready", "finishing", "over", "lost"};
  lease_status out;
  const auto t = now();
  out.purpose = to_string(machine_->purpose());
  out.state = names[static_cast<std::size_t>(machine_->state())];
  out.borrower = borrower_name_;
  out.pool = limits().name;
  out.held = t - machine_->lent_since();
  out.in_transaction = machine_->in_block();
  out.commands = machine_->commands();
  out.statement = machine_->current_text();
  out.ended_as = machine_->ended_as();
  if (got_) out.backend_pid = got_->server.backend_pid;
  return out;
}

} // namespace tripool
