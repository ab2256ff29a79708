// What a transaction function returns: a coroutine that ends with a value, which commits, or with a failure, which
// rolls back. It runs inside one actor and is destroyed with it, wherever it stands. Knows no transaction and no
// message. Written by callers; driven by transaction_runner.
#pragma once

#include "tripool/actors/client/answer.hpp"

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace tripool {

/// The coroutine. `co_return value` commits; `co_return unexpected{failure}` rolls back. One may `co_await` another,
/// as a part of itself, and gets its answer. Move-only: whoever holds it destroys it, and with it what it waits for.
template <class T>
class transaction_task {
  /// Hands the turn to the one that waits.
  struct going_back {
    std::coroutine_handle<> to;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const noexcept {
      return to ? to : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

public:
  struct promise_type {
    std::optional<answer<T>> ended;
    std::exception_ptr exception;
    std::coroutine_handle<> waiting; ///< Who goes on when this one has ended; none for the outermost.

    transaction_task get_return_object() {
      return transaction_task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    auto final_suspend() const noexcept { return going_back{waiting}; }
    void return_value(answer<T> x) { ended.emplace(std::move(x)); }
    void unhandled_exception() noexcept { exception = std::current_exception(); }
  };

  transaction_task(transaction_task&& other) noexcept : body_(std::exchange(other.body_, {})) {}
  transaction_task& operator=(transaction_task&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~transaction_task() {
    if (body_) body_.destroy();
  }

  /// Runs it until it waits or ends. Precondition: not ended.
  void resume() { body_.resume(); }
  bool done() const noexcept { return body_.done(); }
  /// How it ended; an exception that left it is thrown here. Precondition: `done()`.
  answer<T> take() {
    if (body_.promise().exception) std::rethrow_exception(body_.promise().exception);
    return std::move(*body_.promise().ended);
  }

  // -- awaited by another one --
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
    body_.promise().waiting = parent;
    return body_;
  }
  answer<T> await_resume() { return take(); }

private:
  explicit transaction_task(std::coroutine_handle<promise_type> body) noexcept : body_(body) {}

  std::coroutine_handle<promise_type> body_;
};

} // namespace tripool
