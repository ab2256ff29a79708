// What a server's error proves about the statement that it answers: whether it left anything behind, and what may be
// done next. The one place that knows SQLSTATEs by their meaning for the promise "at most once".
// Knows nothing of connections: circumstances are arguments. Used by the pipeline machine and the prober.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/outcome/hints.hpp"
#include "tripool/core/ports/session.hpp"

#include <cstdint>
#include <string_view>

namespace tripool {

/// What an answer proves, and the step that follows from it.
enum class verdict : std::uint8_t {
  rejected,         ///< Refused for what it is: no effect, and repeating it would end the same.
  not_executed,     ///< No effect, and the statement is not to blame: another session or server may serve it.
  in_doubt,         ///< The server may have committed it.
  retry_here,       ///< Rolled back by a conflict with others: the whole unit may be repeated.
  prepare_again,    ///< The prepared statement is gone or outdated: nothing ran; prepare it anew and repeat.
  run_alone,        ///< Refuses the block that Tripool put around it: nothing ran; repeat it outside of any block.
  victim,           ///< Struck by what was meant for another: rolled back; repeat it.
  read_only_server, ///< A write reached a server that takes none: no effect; fence the server, try another.
};

/// Returns the verdict's name, for example "retry_here".
std::string_view to_string(verdict x) noexcept;

/// The circumstances of the statement that was answered.
struct classify_context {
  bool is_write = true;      ///< Not declared as a read.
  bool framed = false;       ///< Tripool put it into a transaction block: its own, or a READ ONLY block of reads.
  bool batch = false;        ///< One of several statements that the caller wants as one transaction.
  bool prepared = false;     ///< It ran by a name that Tripool had prepared.
  bool cancel_aimed = false; ///< A cancel was sent because of this very statement.
  bool stray_cancel = false; ///< A cancel meant for another statement may have struck this one.
  bool poisoned = false;     ///< Something before it behind the same Sync had failed already.
};

/// Judges an ErrorResponse (severity ERROR, FATAL or PANIC) to a statement that had been sent.
/// 57P01 and 57P02 prove nothing (the session may have been waiting for its synchronous standby after the commit), nor
/// does PANIC; any other FATAL that answers a statement comes before its commit.
verdict classify(const server_message& error, const classify_context& about) noexcept;

/// Judges the loss of a session for a statement whose answer had not come. `sent`: handed to the session; `head`: the
/// first unanswered one, which the FATAL in `loss.sqlstate`, if there is one, answers.
verdict classify_loss(const session_loss& loss, bool sent, bool head) noexcept;

/// Whether a severity ends the session: FATAL or PANIC.
bool ends_session(std::string_view severity) noexcept;

/// Whether a warning says that the server committed but stopped waiting for its synchronous standby: the commit may be
/// lost in a failover, so the statement is in doubt although its tag says success. True for 01000 and for 57P01 from
/// SyncRepWaitForLSN (PostgreSQL's syncrep.c).
bool is_sync_wait_cancelled(const server_message& notice) noexcept;

/// What dialling or an idle session's end says about the server, by SQLSTATE.
enum class server_sign : std::uint8_t {
  none,      ///< Says nothing about the server.
  gone,      ///< It serves nobody: starting, stopping, crashed.
  refusing,  ///< It is alive and refuses new sessions of ours: 53300, a wrong password, a missing database.
  read_only, ///< It takes no writes.
};

/// Reads the sign; an empty SQLSTATE says nothing.
server_sign sign_of(std::string_view sqlstate) noexcept;

/// Returns the outcome that a verdict ends in when no further step is possible.
outcome outcome_of(verdict x) noexcept;

} // namespace tripool
