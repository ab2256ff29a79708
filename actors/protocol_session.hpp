// The messages around borrowed sessions, each with: who sends it to whom, the reply, errors and time limits. A session
// is borrowed for session work (a lease) or for one transaction; what comes back is a handle to an actor that has one
// connection for itself.
// Callers need the first three sections only. Used by the delegate, connections and what stands in actors/lease.
#pragma once

#include "tripool/actors/protocol.hpp"
#include "tripool/core/statement/session_order.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tripool {

// -- callers -> delegate ---------------------------------------------------------------------------------------------
//
// acquire -> lease_handle         A connection for session work: SET, temporary tables, advisory locks.
// begin   -> transaction_handle   A transaction that is open when the reply comes.
//
// Errors: failures, as for a statement; both wait for a connection until their `timeout`. At most `leases-max`
// connections of a pool are lent at a time. The borrower is whoever asks: when it dies, or when the last copy of the
// handle is gone, or when `hold_max` is over, what is open is rolled back and the connection goes back to its pool.

/// A borrowed session. The session stays borrowed as long as a copy of the handle lives: keep the handle, not only
/// `to`.
struct session_handle {
  caf::actor to{};                    ///< Takes the messages below.
  std::string pool{};                 ///< Whose connection it is.
  std::string server{};               ///< host:port
  std::int32_t backend_pid = 0;       ///< Of the server's process.
  std::shared_ptr<const void> hold{}; ///< Its end is the end of the loan.
};

struct lease_handle : session_handle {};
struct transaction_handle : session_handle {};

/// Caller -> delegate. Reply: lease_handle.
struct acquire {
  access mode = access::write;           ///< `read`: a standby's connection will do, and only reads may be sent.
  std::chrono::milliseconds timeout{0};  ///< Until the connection is there; 0: the configured deadline.
  std::chrono::milliseconds hold_max{0}; ///< It is taken back after this time; 0: lease-hold-max.
  std::string pool{};                    ///< The only pool that may serve it.
};

/// Caller -> delegate. Reply: transaction_handle. Also caller -> lease: opens a transaction there (only the options
/// count, and `timeout` for the answer). Reply to that: nothing but that it is done; error 25001 when one is open.
struct begin {
  isolation level = isolation::standard;
  bool read_only = false; ///< It may run on a standby, unless it is serializable.
  bool deferrable = false;
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds hold_max{0}; ///< It is rolled back after this time; 0: transaction-hold-max.
  std::string pool{};
};

// -- borrower -> lease -----------------------------------------------------------------------------------------------
//
// statement -> result    Nearly everything is allowed: SET, LISTEN, CREATE TEMP TABLE, BEGIN as a text. Not COPY.
//                        Reported settings that it changed are among its notices (parameter_change.hpp).
// batch -> reply         One atomic transaction, or a part of the open one.
// begin, commit, rollback: see there. A lease may have one transaction after the other.
// release                Gives the connection back. Reply: done, when its state has been reset (DISCARD ALL).
//
// -- borrower -> transaction -----------------------------------------------------------------------------------------
//
// statement -> result    No transaction control and no session state: there are messages and leases for these.
// batch -> reply         All of its statements or none, with the transaction around them.
// commit -> result       Done when the server has committed. A COMMIT that became a ROLLBACK is `rejected` (25P02), one
//                        whose answer is lost `in_doubt`. The handle is of no use afterwards.
// rollback               The same for taking it all back. Reply: done.
// savepoint, rollback_to, release_savepoint   Reply: done. Unknown names are refused (3B001) and harm nothing.
//
// Commands run in the order in which they come, and are answered by their deadline. A statement that fails, is
// cancelled or is out of its time leaves a transaction that can only be rolled back, to a savepoint or whole.
// One that was never sent, since it waited for too long or found no room, leaves one that can only be rolled back as a
// whole; after a begin on a lease that never ran, everything up to its commit or rollback, or the next begin, is
// refused.
// A commit or rollback that found no room leaves the transaction as it is, and can be sent again.

/// Borrower -> transaction or lease. Reply: result (its tag is COMMIT).
struct commit {
  std::chrono::milliseconds timeout{0};
};
/// Borrower -> transaction or lease. Reply: done.
struct rollback {
  std::chrono::milliseconds timeout{0};
};
/// Borrower -> transaction. Reply: done. Any name of 1 to 63 bytes.
struct savepoint {
  std::string name{};
};
/// Borrower -> transaction. Reply: done. The savepoint stays.
struct rollback_to {
  std::string name{};
};
/// Borrower -> transaction. Reply: done.
struct release_savepoint {
  std::string name{};
};
/// Borrower -> lease. Reply: done.
struct release {};

// -- inside ----------------------------------------------------------------------------------------------------------

struct lent_session;

/// Borrowed session -> its connection, once: the session is back, or lost. `moved`: the order, when it could not be
/// served.
struct session_back_msg {
  std::shared_ptr<lent_session> back; ///< Null: lost.
  session_loss loss;
  std::vector<moved_request> moved;
};

/// Connection -> borrowed session: end it, for it is not to be lent any longer.
struct recall_msg {
  std::string reason;
  bool at_once = false; ///< What is on the wire gets no answer any more.
};

/// The last handle -> borrowed session: nobody can ask any more.
struct dropped_msg {};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::lease_handle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::transaction_handle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::acquire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::begin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::commit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::rollback)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::savepoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::rollback_to)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::release_savepoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::release)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::session_back_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::recall_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::dropped_msg)
