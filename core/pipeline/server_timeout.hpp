// The deadline as the server knows it: statement_timeout, slightly below, so that a client that vanished leaves nothing
// behind that runs for ever. A session begins with the default deadline's; a request that may take longer raises it for
// its own transaction.
// Knows no session. Used by the environment, which fills it into each pool's target, and by the pipeline.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/result/server_message.hpp"
#include "tripool/core/time.hpp"

#include <string>

namespace tripool {

/// What the server is told of a time in which a statement must be answered: a tenth less, at most 50 ms, in whole
/// milliseconds and at least one.
duration server_timeout(duration allowed) noexcept;

/// Gives each pool's target the timeout that its sessions begin with: that of the default deadline; none where the
/// pool's options say so, where a pooler shares the sessions, or where the target's own options set one.
void fill_session_timeouts(options& x);

/// "SET LOCAL statement_timeout = 59950", or without LOCAL.
std::string set_timeout_text(duration x, bool local);

/// Whether a 57014 is the work of statement_timeout, and not of a cancel. `ran`: for how long the server may have been
/// at the statement; `limit`: the timeout in force, zero for none. The time decides, since the server's words may be
/// translated.
bool is_statement_timeout(const server_message& e, duration ran, duration limit) noexcept;

} // namespace tripool
