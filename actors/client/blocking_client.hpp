// The delegate for code that may block: main(), tests, migrations, tools. The same messages as an actor sends, one at a
// time, each answered by its deadline. Never to be used on an actor's thread or on the event loop, which it would stop.
// Knows no pool. Used by embedding programs.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace tripool {

/// Asks and waits. Not thread-safe: one client a thread. The actor system and the instance must outlive it.
class blocking_client {
public:
  blocking_client(caf::actor_system& sys, caf::actor delegate) : self_(sys), delegate_(std::move(delegate)) {}

  /// Runs one statement. Returns by its deadline.
  answer<result> execute(statement x) { return ask<result>(delegate_, std::move(x)); }
  /// Runs a batch as one transaction; one result a statement, in their order.
  answer<std::vector<result>> execute(batch x);

  /// Sends any message of Tripool's protocol to one of its actors and waits for the reply.
  template <class Reply, class Message>
  answer<Reply> ask(const caf::actor& to, Message x) {
    std::optional<answer<Reply>> out;
    self_->request(to, caf::infinite, std::move(x))
      .receive([&](Reply& value) { out.emplace(std::move(value)); },
               [&](const caf::error& e) { out.emplace(unexpected{failure_of(e)}); });
    return std::move(*out);
  }
  /// As `ask`, for messages whose reply says nothing but "done". Returns the failure, or nothing.
  template <class Message>
  std::optional<failure> tell(const caf::actor& to, Message x) {
    std::optional<failure> out;
    self_->request(to, caf::infinite, std::move(x)).receive([] {}, [&](const caf::error& e) { out = failure_of(e); });
    return out;
  }

  const caf::actor& delegate() const noexcept { return delegate_; }
  /// The actor that asks: the borrower of what this client acquires.
  caf::scoped_actor& self() noexcept { return self_; }

private:
  caf::scoped_actor self_;
  caf::actor delegate_;
};

} // namespace tripool
