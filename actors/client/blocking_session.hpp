// Borrowed sessions for code that may block: a transaction, and a lease for session work. Each gives its connection
// back when it is destroyed; what was not committed is rolled back. Knows no pool. Made by blocking_client.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/client/asking.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/statement/sql.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// What transactions and leases have in common. Not thread-safe; the client that made it must outlive it.
template <class Handle>
class blocking_session {
public:
  blocking_session(caf::scoped_actor& self, Handle handle) : self_(&self), handle_(std::move(handle)) {}

  /// Runs one statement in the session. Returns by its deadline.
  answer<result> execute(statement x) { return ask_blocking<result>(*self_, handle_.to, std::move(x)); }
  template <class... Parameters>
  answer<result> execute(std::string text, Parameters&&... parameters) {
    return execute(sql(std::move(text), std::forward<Parameters>(parameters)...));
  }
  /// Runs a batch; one result a statement, in their order.
  answer<std::vector<result>> execute(batch x) {
    auto out = ask_blocking<reply>(*self_, handle_.to, std::move(x));
    if (!out) return unexpected{std::move(out).error()};
    return std::move(out->results);
  }
  /// Commits. The result's tag is COMMIT; `in_doubt` when the answer was lost.
  answer<result> commit() { return ask_blocking<result>(*self_, handle_.to, tripool::commit{}); }
  /// Takes everything back. Returns why not, or nothing.
  std::optional<failure> rollback() { return tell_blocking(*self_, handle_.to, tripool::rollback{}); }

  /// The handle, for all other messages.
  const Handle& handle() const noexcept { return handle_; }

protected:
  caf::scoped_actor* self_;
  Handle handle_;
};

/// A transaction.
class blocking_transaction : public blocking_session<transaction_handle> {
public:
  using blocking_session::blocking_session;

  std::optional<failure> savepoint(std::string name) {
    return tell_blocking(*self_, handle_.to, tripool::savepoint{std::move(name)});
  }
  std::optional<failure> rollback_to(std::string name) {
    return tell_blocking(*self_, handle_.to, tripool::rollback_to{std::move(name)});
  }
  std::optional<failure> release_savepoint(std::string name) {
    return tell_blocking(*self_, handle_.to, tripool::release_savepoint{std::move(name)});
  }
};

/// A connection for session work. One transaction after the other may be opened on it.
class blocking_lease : public blocking_session<lease_handle> {
public:
  using blocking_session::blocking_session;

  std::optional<failure> begin(tripool::begin how = {}) { return tell_blocking(*self_, handle_.to, std::move(how)); }
  /// Gives the connection back, when its state has been reset. It is of no use afterwards.
  std::optional<failure> release() {
    auto out = tell_blocking(*self_, handle_.to, tripool::release{});
    handle_.hold.reset();
    return out;
  }
};

} // namespace tripool
