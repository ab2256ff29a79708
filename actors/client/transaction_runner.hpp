// The actor that runs a transaction function: begins, lets the body ask its statements one after the other, commits,
// rolls back, and repeats the whole after a pause. One for each transaction; it ends with it.
// Knows neither the body's type of result nor what it asks. Used by transaction_function.hpp only.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/retry/repeat_policy.hpp"
#include "tripool/core/statement/sql.hpp"
#include "tripool/core/util/random.hpp"

#include <caf/event_based_actor.hpp>

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tripool {

/// How a transaction function runs.
struct transact_options {
  tripool::begin begin{};                    ///< Isolation, read-only, pool. What it says of times holds for each run.
  std::chrono::milliseconds timeout{30'000}; ///< For all runs and the pauses between them.
  repeat_limits repeats{};
};

class transaction_runner;

/// What a transaction function sees of its transaction. Valid while the function runs.
class transaction_scope {
public:
  using on_answer = std::function<void(answer<result>)>;
  using question = std::function<void(on_answer)>;

  explicit transaction_scope(transaction_runner& runner) noexcept : runner_(&runner) {}

  class asking;
  class trying;
  /// `co_await` it: runs one statement and gives its result. A failure ends the function there: everything it holds is
  /// destroyed, the transaction is rolled back, and repeated if that can help.
  asking execute(statement x) const;
  template <class... Parameters>
  asking execute(std::string text, Parameters&&... parameters) const;
  /// `co_await` it: runs one statement and gives its result or its failure. After a failure the server refuses
  /// everything but a rollback to a savepoint.
  trying attempt(statement x) const;
  template <class... Parameters>
  trying attempt(std::string text, Parameters&&... parameters) const;
  /// `co_await` it: sets a savepoint, or goes back to one. A failure ends the function.
  asking savepoint(std::string name) const;
  asking rollback_to(std::string name) const;
  /// How often the function has been run before.
  std::uint32_t repetition() const noexcept;

private:
  transaction_runner* runner_;
};

/// Waits for an answer; a failure ends the function.
class transaction_scope::asking {
public:
  asking(transaction_runner& runner, question ask) : runner_(&runner), ask_(std::move(ask)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> body);
  result await_resume() { return std::move(value_); }

private:
  transaction_runner* runner_;
  question ask_;
  result value_;
};

/// Waits for an answer or a failure.
class transaction_scope::trying {
public:
  trying(transaction_runner& runner, question ask) : runner_(&runner), ask_(std::move(ask)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> body);
  answer<result> await_resume() { return std::move(*value_); }

private:
  transaction_runner* runner_;
  question ask_;
  std::optional<answer<result>> value_;
};

template <class... Parameters>
transaction_scope::asking transaction_scope::execute(std::string text, Parameters&&... parameters) const {
  return execute(sql(std::move(text), std::forward<Parameters>(parameters)...));
}

template <class... Parameters>
transaction_scope::trying transaction_scope::attempt(std::string text, Parameters&&... parameters) const {
  return attempt(sql(std::move(text), std::forward<Parameters>(parameters)...));
}

/// A body without its type.
class transaction_body {
public:
  virtual ~transaction_body() = default;
  virtual void prepare(transaction_scope& tx) = 0;
  virtual void start() = 0;
  virtual bool done() const = 0;
  /// Why it ended without a value, or nothing. Throws what left the body. Precondition: `done()`.
  virtual std::optional<failure> ended() = 0;
  /// Destroys it where it stands.
  virtual void end() = 0;
  /// Its value is committed: hand it over.
  virtual void committed() = 0;
};

/// Caller -> runner: begin. Reply: transaction_done; error: a failure.
struct run_transaction {};
/// The runner's reply: committed, and the value handed over.
struct transaction_done {};
/// The runner -> itself: the pause is over.
struct repeat_transaction {};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::run_transaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::transaction_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::repeat_transaction)

namespace tripool {

/// The actor.
class transaction_runner final : public caf::event_based_actor {
public:
  transaction_runner(caf::actor_config& cfg, caf::actor delegate, caf::actor caller, transact_options how,
                     std::unique_ptr<transaction_body> body);
  const char* name() const override { return "tripool.transaction_runner"; }

  /// Asks the transaction; `then` is called with the answer, unless the actor has ended by then.
  template <class Reply, class Message>
  void ask(Message x, transaction_scope::on_answer then);
  /// The coroutine goes on: the body, or one that it waits for.
  void go_on(std::coroutine_handle<> waiting);
  /// The body ends with a failure in the middle.
  void break_off(failure f);
  std::uint32_t runs() const noexcept { return runs_; }

private:
  caf::behavior make_behavior() override;
  void on_exit() override;
  void begin();
  void run(transaction_handle transaction);
  void body_ended();
  void commit();
  void roll_back(failure why);
  void repeat_or_fail(failure why);
  void fail(failure why);
  time_point now() const;

  caf::actor delegate_;
  caf::actor caller_;
  caf::actor_addr watched_;        ///< The caller, once it is watched.
  transaction_handle transaction_; ///< Held: the transaction ends with its last handle.
  transact_options how_;
  std::unique_ptr<transaction_body> body_;
  transaction_scope scope_;
  caf::response_promise to_;
  time_point until_{};
  std::uint32_t runs_ = 0;
  bool committing_ = false; ///< A COMMIT was sent: what comes of it is not known yet.
  splitmix64 random_;
};

} // namespace tripool
