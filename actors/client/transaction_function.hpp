// A whole transaction as one function: begun, run, committed, and repeated from its beginning when the server rolled it
// back for the sake of another (40001, 40P01). The function is a coroutine that waits for each answer without blocking:
//
//     transact<int>(this, delegate, {}, [](transaction_scope& tx) -> transaction_task<int> {
//       const auto rows = co_await tx.execute("select stock from goods where id = $1 for update", 7);
//       const auto stock = rows.one<int>().value();
//       co_await tx.execute("update goods set stock = $1 where id = $2", stock - 1, 7);
//       co_return stock - 1;
//     }, [this](answer<int> left) { ... });
//
// Knows no session: it speaks the messages of protocol_session.hpp. Used by callers that are actors.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/client/transaction_runner.hpp"
#include "tripool/actors/client/transaction_task.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace tripool {

namespace detail {

/// A body whose type of result is known to its maker only.
template <class T>
class typed_body final : public transaction_body {
public:
  using function = std::function<transaction_task<T>(transaction_scope&)>;

  typed_body(function make, std::shared_ptr<std::optional<answer<T>>> to)
    : make_(std::move(make)), to_(std::move(to)) {}

  void prepare(transaction_scope& tx) override { task_.emplace(make_(tx)); }
  void start() override { task_->resume(); }
  bool done() const override { return task_->done(); }
  std::optional<failure> ended() override {
    auto x = task_->take();
    if (!x) return std::move(x).error();
    value_ = std::move(x);
    return std::nullopt;
  }
  void end() override { task_.reset(); }
  void committed() override { *to_ = std::move(value_); }

private:
  function make_;
  std::optional<transaction_task<T>> task_;
  std::optional<answer<T>> value_;
  std::shared_ptr<std::optional<answer<T>>> to_;
};

} // namespace detail

/// Runs `body` as a transaction on behalf of `self`, and calls `then` in `self` with what the body returned once that
/// is committed, or with why not: the body's own failure, a statement's, the commit's (`in_doubt` when its answer was
/// lost), or that of the last repetition. The body runs in an actor of its own: it must not touch `self`, and may run
/// several times. An exception that leaves it rolls back and is `rejected`. When `self` dies, the transaction is rolled
/// back.
template <class T>
void transact(caf::event_based_actor* self, const caf::actor& delegate, transact_options how,
              std::function<transaction_task<T>(transaction_scope&)> body, std::function<void(answer<T>)> then) {
  auto out = std::make_shared<std::optional<answer<T>>>();
  auto erased = std::make_unique<detail::typed_body<T>>(std::move(body), out);
  const auto runner =
    self->spawn<transaction_runner>(delegate, caf::actor_cast<caf::actor>(self), std::move(how), std::move(erased));
  self->request(runner, caf::infinite, run_transaction{})
    .then([out, then](transaction_done) { then(std::move(**out)); },
          [then](const caf::error& e) { then(unexpected{failure_of(e)}); });
}

} // namespace tripool
