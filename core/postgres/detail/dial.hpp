// Begins a connection attempt, and explains one that failed. Used by the session.
#pragma once

#include "tripool/core/ports/session.hpp"
#include "tripool/core/postgres/detail/handles.hpp"

namespace tripool::postgres {

/// Begins to connect with the target's settings and the lent password. Null only when memory is out.
/// Does not block as long as the target holds a numeric address or a socket directory.
conn_handle start_dial(const dial_target& to, const credential& with);

/// Why the attempt failed, with the server's SQLSTATE where it answered. A server that wants a password when none was
/// at hand is reported as 28000, which is what it would have said.
session_loss explain_failed_dial(const PGconn* conn);

/// Whether the session speaks UTF8, as was asked for: else why it cannot be used.
std::optional<std::string> wrong_encoding(const PGconn* conn);

/// What is known of the server now that the session is open.
server_info describe_server(const PGconn* conn, const dial_target& to);

/// A reported boolean parameter of the server, where it reports it.
std::optional<bool> reported_flag(const PGconn* conn, const char* name);

} // namespace tripool::postgres
