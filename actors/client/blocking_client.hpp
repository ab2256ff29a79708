// The delegate for code that may block: main(), tests, migrations, tools. The same messages as an actor sends, one at a
// time, each answered by its deadline. Never to be used on an actor's thread or on the event loop, which it would stop.
// Knows no pool. Used by embedding programs.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/client/asking.hpp"
#include "tripool/actors/client/blocking_session.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/core/retry/repeat_policy.hpp"
#include "tripool/core/statement/sql.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// How `blocking_client::transaction` runs its function.
struct blocking_transaction_options {
  tripool::begin begin{};                    ///< Isolation, read-only, pool.
  std::chrono::milliseconds timeout{30'000}; ///< For all runs and the pauses between them.
  repeat_limits repeats{};
};

/// Asks and waits. Not thread-safe: one client a thread. The actor system and the instance must outlive it.
class blocking_client {
public:
  blocking_client(caf::actor_system& sys, caf::actor delegate);

  /// Runs one statement. Returns by its deadline.
  answer<result> execute(statement x) { return ask<result>(delegate_, std::move(x)); }
  template <class... Parameters>
  answer<result> execute(std::string text, Parameters&&... parameters) {
    return execute(sql(std::move(text), std::forward<Parameters>(parameters)...));
  }
  /// Runs a batch as one transaction; one result a statement, in their order.
  answer<std::vector<result>> execute(batch x);

  /// Begins a transaction.
  answer<blocking_transaction> begin(tripool::begin how = {});
  /// Borrows a connection for session work.
  answer<blocking_lease> acquire(tripool::acquire how = {});

  /// Runs `body` in a transaction: commits when it returns a value, rolls back when it returns a failure or throws (the
  /// exception goes on to the caller). It is repeated from its beginning when the server rolled it back for the sake of
  /// another transaction (40001, 40P01), so that it must do nothing that cannot be done twice.
  template <class T>
  answer<T> transaction(const std::function<answer<T>(blocking_transaction&)>& body,
                        blocking_transaction_options how = {}) {
    const auto until = self_->clock().now() + how.timeout;
    for (std::uint32_t runs = 1;; ++runs) {
      auto out = run_once<T>(body, how.begin);
      if (out) return out;
      if (!wait_for_repeat(out.error(), runs, how.repeats, until)) return out;
    }
  }

  /// Sends any message of Tripool's protocol to one of its actors and waits for the reply.
  template <class Reply, class Message>
  answer<Reply> ask(const caf::actor& to, Message x) {
    return ask_blocking<Reply>(self_, to, std::move(x));
  }
  /// As `ask`, for messages whose reply says nothing but "done". Returns the failure, or nothing.
  template <class Message>
  std::optional<failure> tell(const caf::actor& to, Message x) {
    return tell_blocking(self_, to, std::move(x));
  }

  const caf::actor& delegate() const noexcept { return delegate_; }
  /// The actor that asks: the borrower of what this client acquires, and the subscriber of what it subscribes to.
  caf::scoped_actor& self() noexcept { return self_; }

private:
  template <class T>
  answer<T> run_once(const std::function<answer<T>(blocking_transaction&)>& body, const tripool::begin& how) {
    auto tx = begin(how);
    if (!tx) return unexpected{std::move(tx).error()};
    auto value = body(*tx);
    if (!value) {
      tx->rollback(); // Whatever comes of it: nothing is committed without a COMMIT.
      return value;
    }
    auto committed = tx->commit();
    if (!committed) return unexpected{std::move(committed).error()};
    return value;
  }
  bool wait_for_repeat(const failure& why, std::uint32_t runs, const repeat_limits& limits, time_point until);

  caf::scoped_actor self_;
  caf::actor delegate_;
};

} // namespace tripool
