// The session factory over libpq: what turns a dial target and a lent credential into a database session.
// The only public way into this library; the session itself is private. Must be built against libpq 15 or later.
// Knows nothing of pools, requests or actors. Used by the connection actor (through the port) and by tests.
#pragma once

#include "tripool/core/ports/session.hpp"

namespace tripool::postgres {

class log_in_helper;

/// Dials PostgreSQL through libpq in non-blocking pipeline mode. May be shared by owners on several threads.
///
/// What the owner of a session must know beyond the port:
/// - `interest()` wants level-triggered readiness, and errors and hang-ups of the descriptor count as readable and
///   writable. While dialling the epoch grows with every step, since libpq may replace its socket under the same
///   number. Steps of a log-in that reckon for long run on a thread of the factory's, which sessions keep alive: the
///   descriptor to watch is another one meanwhile. A session that is destroyed then is closed when the step has ended.
/// - A session that is lost outside of `on_ready` and `flush` (a dial that fails at once, a send that fails) calls the
///   waker; `on_lost` follows with the next `on_ready` or `flush`.
/// - The sink may queue operations and flush from inside its functions, but must not destroy the session there.
/// - Hand nothing over while the last `flush` returned false: what waits in libpq's buffer cannot be told from what
///   left.
/// - A FATAL that answers an operation is delivered as that operation's error first, then the session is lost. A FATAL
///   that answers a sync is reported by `on_lost` alone.
/// - A notice comes before the result of the operation that caused it, and after all results before that. One of
///   parsing or planning may come before the last of these, since libpq hands notices over as it meets them.
/// - The server tells changed parameters (in_hot_standby after a promotion) with its next ReadyForQuery: an idle
///   session hears of none.
/// - The whole address must be in the target: a host name without a numeric address is resolved by libpq, which blocks.
/// - COPY passes by `begin_copy` only: sent by `execute`, a COPY FROM STDIN is answered with an error and ends the
///   session; a COPY TO STDOUT ends it.
/// - An error in the middle of a COPY FROM STDIN is told when it comes, but under TLS only once the data has ended.
/// - A paused COPY TO STDOUT learns of its server's end when it is resumed.
class session_factory final : public tripool::session_factory {
public:
  session_factory();
  std::unique_ptr<session> dial(const dial_target& to, const credential& with, std::function<void()> wake) override;

private:
  std::shared_ptr<log_in_helper> helper_;
};

} // namespace tripool::postgres
