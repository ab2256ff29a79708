// Which statements can be read as a stream, through a cursor, and the texts around them.
// Knows nothing of sessions. Used by the delegate and by the stream's actor.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/statement/session_order.hpp"
#include "tripool/core/statement/statement.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tripool {

/// Returns why the statement cannot be a stream: what `check` says of any statement in a transaction, and 0A000 for
/// what PostgreSQL has no cursor for: only SELECT, VALUES and TABLE have one, also behind WITH, as long as nothing in
/// them changes data.
std::optional<failure> check_stream(const statement& x);

/// The order for a stream: a transaction (READ ONLY for a read) with the statement's cursor open in it, planned for
/// being read to its end. `hold_max`: for the whole stream; 0 takes the configured limit of transactions.
session_order stream_order(const statement& x, std::chrono::milliseconds hold_max);

/// Asks the cursor for its next rows.
std::string stream_fetch_text(std::uint32_t rows);

} // namespace tripool
