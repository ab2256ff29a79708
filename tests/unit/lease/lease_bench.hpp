// One lease machine on one simulated session, driven as the borrowed session's actor drives it, but by hand and with a
// clock that the test owns.
//
//   lease_bench b;  b.open(b.transaction());  auto x = b.run("insert a 1");  auto end = b.commit();  b.drain();
//
// Used by the unit tests of core/lease.
#pragma once

#include "tests/support/recorder.hpp"
#include "tests/support/sim_session.hpp"

#include "tripool/core/lease/lease_machine.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// The bench. The order's request is answered when its session is ready, or with the failure that it moves for.
class lease_bench : private session_sink {
public:
  lease_bench() {
    limits.name = "primary";
    dial_target to;
    to.host = "db";
    net.add(to.host, to.port, db);
    session_ = std::make_unique<sim_session>(&db, to, credential{}, [this] { woken_ = true; });
    session_->on_ready(true, true, *this);
  }

  static session_order lease() { return {}; }
  static session_order transaction(transaction_options x = {}) {
    session_order out;
    out.what = session_purpose::transaction;
    out.transaction = x;
    out.opening = {statement{begin_text(x)}};
    return out;
  }

  /// Begins with an order, and runs until nothing moves.
  recorded open(session_order x, duration idle_for = {}) {
    auto [r, answer] = make_recorded(std::move(x), now, now + deadline);
    machine.emplace(limits, info_, statement_cache{limits.statement_cache}, std::move(r), now - idle_for, now);
    drain();
    return answer;
  }
  recorded run(std::string text) { return ask(lease_task::statement, std::move(text)); }
  recorded run_batch(std::vector<std::string> texts) {
    batch x;
    for (auto& text : texts) x.statements.push_back(statement{std::move(text)});
    auto [r, answer] = make_recorded(std::move(x), now, now + deadline);
    machine->submit(lease_task::batch, std::move(r), {}, now);
    return answer;
  }
  recorded ask(lease_task what, std::string text, std::string name = {}) {
    auto [r, answer] = make_recorded(statement{std::move(text)}, now, now + deadline);
    machine->submit(what, std::move(r), std::move(name), now);
    return answer;
  }
  recorded commit() { return ask(lease_task::commit, "COMMIT"); }
  recorded rollback() { return ask(lease_task::rollback, "ROLLBACK"); }
  recorded begin() { return ask(lease_task::begin, "BEGIN"); }
  recorded release() { return ask(lease_task::release, "DISCARD ALL"); }
  recorded savepoint(std::string n) { return ask(lease_task::savepoint, "SAVEPOINT " + n, n); }
  recorded rollback_to(std::string n) { return ask(lease_task::rollback_to, "ROLLBACK TO SAVEPOINT " + n, n); }

  /// Sends and takes answers until nothing moves any more.
  void drain() {
    for (int i = 0; i < 10'000; ++i) {
      if (!session_) return;
      machine->tick(now);
      machine->pump(*session_, true, now);
      session_->flush(*this);
      apply();
      if (!session_ || !woken_) return;
      woken_ = false;
      session_->on_ready(true, true, *this);
      apply();
    }
    throw std::runtime_error("the lease does not come to rest");
  }
  /// Time passes in the steps that the machine asks for.
  void pass(duration x) {
    const auto until = now + x;
    for (int i = 0; i < 10'000; ++i) {
      const auto wake = machine->next_wake();
      if (!wake || *wake > until) break;
      now = std::max(now, *wake);
      drain();
    }
    now = until;
    drain();
  }
  /// The connection breaks.
  void cut() {
    session_->link().cut();
    drain();
  }

  sim_link& link() { return session_->link(); }
  sim_backend& backend() { return *session_->backend(); }
  bool is_open() const noexcept { return session_ != nullptr; }
  lease_machine::phase state() const { return machine->state(); }

  sim_network net;
  sim_server db;
  pool_options limits;
  time_point now{std::chrono::hours{1}};
  duration deadline{std::chrono::seconds{30}};
  bool deliver_cancels = true;
  std::vector<failure> moves;
  std::vector<trouble_effect> troubles;
  std::optional<std::string> closed;
  std::optional<lease_machine> machine;

private:
  void on_open(const server_info& x) override { info_ = x; }
  void on_result(wire_result&& x) override { machine->on_result(std::move(x), now); }
  void on_lost(session_loss&& x) override { machine->on_lost(x, now); }
  void on_notice(server_message&& x) override { machine->on_notice(x); }
  void on_notification(std::string_view, std::string_view, std::int32_t) override {}
  void on_parameter(std::string_view name, std::string_view value) override { machine->on_parameter(name, value); }

  void apply() {
    auto e = machine->take_effects();
    if (e.opened) e.opened->what->complete(reply{std::move(e.opened->results), nullptr});
    if (e.moved) {
      moves.push_back(e.moved->why);
      e.moved->what->fail(std::move(e.moved->why), now);
    }
    for (auto& t : e.troubles) troubles.push_back(std::move(t));
    if (e.cancel && deliver_cancels) {
      session_->make_canceller()->cancel();
      machine->cancel_finished(now);
    }
    if (e.close) {
      closed = *e.close;
      machine->on_lost({session_loss::phase::open, {}, *e.close, true}, now);
      session_.reset();
      apply();
    }
  }

  server_info info_;
  std::unique_ptr<sim_session> session_;
  bool woken_ = false;
};

} // namespace tripool::test
