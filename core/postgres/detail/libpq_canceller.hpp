// Asks a server to cancel what a session runs, over a connection of its own. Blocks: runs on a helper thread.
// Holds its own copy of the address and key, so it outlives the session. Used by the session to make one.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <libpq-fe.h>

namespace tripool::postgres {

/// Makes a canceller for an open connection. Never null; when libpq could not make one, its `cancel` says so.
/// With libpq 17 the request is encrypted as the session is; before that it travels in the clear (it holds a one-time
/// key of that backend and no password).
std::unique_ptr<canceller> make_libpq_canceller(PGconn* conn);

} // namespace tripool::postgres
