// Running transaction functions.
#include "tripool/actors/client/transaction_runner.hpp"

#include <caf/actor_cast.hpp>

#include <random>

namespace tripool {

// -- what the function sees ------------------------------------------------------------------------------------------

void transaction_scope::asking::await_suspend(std::coroutine_handle<> body) {
  // What is called must not be a part of the coroutine, which may end meanwhile.
  auto ask = std::move(ask_);
  ask([this, body, runner = runner_](answer<result> x) {
    if (!x) return runner->break_off(std::move(x).error()); // Destroys this.
    value_ = std::move(*x);
    runner->go_on(body);
  });
}

void transaction_scope::trying::await_suspend(std::coroutine_handle<> body) {
  auto ask = std::move(ask_);
  ask([this, body, runner = runner_](answer<result> x) {
    value_.emplace(std::move(x));
    runner->go_on(body);
  });
}

transaction_scope::asking transaction_scope::execute(statement x) const {
  auto* r = runner_;
  return {*r, [r, x = std::move(x)](on_answer then) mutable { r->ask<result>(std::move(x), std::move(then)); }};
}

transaction_scope::trying transaction_scope::attempt(statement x) const {
  auto* r = runner_;
  return {*r, [r, x = std::move(x)](on_answer then) mutable { r->ask<result>(std::move(x), std::move(then)); }};
}

transaction_scope::asking transaction_scope::savepoint(std::string name) const {
  auto* r = runner_;
  return {*r, [r, name = std::move(name)](on_answer then) { r->ask<void>(tripool::savepoint{name}, std::move(then)); }};
}

transaction_scope::asking transaction_scope::rollback_to(std::string name) const {
  auto* r = runner_;
  return {*r,
          [r, name = std::move(name)](on_answer then) { r->ask<void>(tripool::rollback_to{name}, std::move(then)); }};
}

std::uint32_t transaction_scope::repetition() const noexcept {
  return runner_->runs() - 1;
}

// -- the actor -------------------------------------------------------------------------------------------------------

transaction_runner::transaction_runner(caf::actor_config& cfg, caf::actor delegate, caf::actor caller,
                                       transact_options how, std::unique_ptr<transaction_body> body)
  : caf::event_based_actor(cfg),
    delegate_(std::move(delegate)),
    caller_(std::move(caller)),
    how_(std::move(how)),
    body_(std::move(body)),
    scope_(*this),
    random_(std::random_device{}()) {
  // nop
}

caf::behavior transaction_runner::make_behavior() {
  monitor(caller_);
  watched_ = caller_.address();
  caller_ = nullptr; // Two that hold each other would never be freed.
  set_down_handler([this](const caf::down_msg&) { quit(); });
  return {
    [this](run_transaction) -> caf::result<transaction_done> {
      to_ = make_response_promise();
      until_ = now() + how_.timeout;
      begin();
      return caf::delegated<transaction_done>{};
    },
    [this](repeat_transaction) { begin(); },
  };
}

time_point transaction_runner::now() const {
  return home_system().clock().now();
}

void transaction_runner::begin() {
  ++runs_;
  auto order = how_.begin;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - now());
  const auto at_most = [&](std::chrono::milliseconds x) { return x.count() == 0 ? left : std::min(x, left); };
  order.timeout = at_most(order.timeout);
  order.hold_max = at_most(order.hold_max);
  request(delegate_, caf::infinite, std::move(order))
    .then([this](transaction_handle& x) { run(std::move(x)); }, [this](const caf::error& e) { fail(failure_of(e)); });
}

void transaction_runner::run(transaction_handle transaction) {
  transaction_ = std::move(transaction);
  body_->prepare(scope_);
  body_->start();
  if (body_->done()) body_ended();
}

template <class Reply, class Message>
void transaction_runner::ask(Message x, transaction_scope::on_answer then) {
  const auto on_error = [then](const caf::error& e) { then(unexpected{failure_of(e)}); };
  if constexpr (std::is_void_v<Reply>) {
    request(transaction_.to, caf::infinite, std::move(x)).then([then] { then(result{}); }, on_error);
  } else {
    request(transaction_.to, caf::infinite, std::move(x))
      .then([then](Reply& value) { then(std::move(value)); }, on_error);
  }
}

void transaction_runner::go_on(std::coroutine_handle<> waiting) {
  waiting.resume();
  if (body_->done()) body_ended();
}

void transaction_runner::break_off(failure f) {
  body_->end();
  roll_back(std::move(f));
}

void transaction_runner::body_ended() {
  std::optional<failure> why;
  try {
    why = body_->ended();
  } catch (const std::exception& e) {
    why.emplace();
    why->kind = outcome::rejected;
    why->message = "an exception left the transaction function: " + std::string{e.what()};
  } catch (...) {
    why.emplace();
    why->kind = outcome::rejected;
    why->message = "an exception left the transaction function";
  }
  body_->end();
  if (why) return roll_back(std::move(*why));
  commit();
}

void transaction_runner::commit() {
  committing_ = true;
  request(transaction_.to, caf::infinite, tripool::commit{})
    .then(
      [this](const result&) {
        committing_ = false;
        body_->committed();
        to_.deliver(transaction_done{});
        quit();
      },
      [this](const caf::error& e) {
        committing_ = false;
        repeat_or_fail(failure_of(e));
      });
}

/// The answer is the failure that led here, whatever becomes of the rollback: without a COMMIT nothing has happened.
void transaction_runner::roll_back(failure why) {
  request(transaction_.to, caf::infinite, tripool::rollback{})
    .then([this, why] { repeat_or_fail(why); }, [this, why](const caf::error&) { repeat_or_fail(why); });
}

void transaction_runner::repeat_or_fail(failure why) {
  transaction_ = {};
  const auto pause = pause_before_repeat(why, runs_, how_.repeats, now(), until_, random_.next());
  if (!pause) return fail(std::move(why));
  delayed_send(this, *pause, repeat_transaction{});
}

void transaction_runner::fail(failure why) {
  to_.deliver(make_error(std::move(why)));
  quit();
}

void transaction_runner::on_exit() {
  body_->end();
  transaction_ = {};
  if (watched_) demonitor(watched_); // Else the caller would remember every transaction that it ever ran.
  if (to_.pending()) {
    failure f;
    f.kind = committing_ ? outcome::in_doubt : outcome::not_executed;
    f.why = cause::actor_down;
    f.message = committing_ ? "the actor that ran the transaction ended while it was committed"
                            : "the actor that ran the transaction ended before it was committed";
    to_.deliver(make_error(std::move(f)));
  }
}

} // namespace tripool
