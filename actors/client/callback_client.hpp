// The delegate for code that is no actor and must not block: a function is called with each answer, or a future holds
// it. A hidden actor asks; every callback is called exactly once, whatever dies. Knows no pool.
// Used by embedding programs: event loops of their own, thread pools, C callbacks.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/statement.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace tripool {

/// Asks and calls back. Thread-safe; cheap to copy. Callbacks run one at a time on a thread of the actor system's
/// scheduler: they must not block, and what they refer to must live until they have been called, also after the client
/// is gone. An exception that leaves a callback ends nothing else.
class callback_client {
public:
  using on_result = std::function<void(answer<result>)>;
  using on_results = std::function<void(answer<std::vector<result>>)>;

  callback_client(caf::actor_system& sys, caf::actor delegate);

  /// Runs one statement; `then` is called by its deadline.
  void execute(statement x, on_result then) const;
  /// Runs a batch as one transaction; one result a statement, in their order.
  void execute(batch x, on_results then) const;

  /// The same with a future instead of a function.
  std::future<answer<result>> execute(statement x) const;
  std::future<answer<std::vector<result>>> execute(batch x) const;

private:
  std::shared_ptr<const caf::actor> agent_; ///< Ends when the last copy is gone and the last answer has come.
};

} // namespace tripool
