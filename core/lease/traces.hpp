// What a statement may do to its session or transaction beyond its own work, judged by the names in its text: what
// happens behind an innocent name, in a function or a DO block, is not found.
// Used by lease_machine, which throws the session's state away when it was so, and does not blame the server for what
// its borrower wanted.
#pragma once

#include <cstdint>
#include <string_view>

namespace tripool {

/// Whether the text names set_config, a session's advisory locks, or pg_temp, or is a DO.
/// Such things as SET is refused for on shared connections, in a statement that may run in a transaction.
bool may_leave_traces(std::string_view text) noexcept;

/// How far a borrower makes itself read-only. Writes that are refused afterwards say nothing of the server.
enum class read_only_wish : std::uint8_t { none, block, session };

/// `block`: BEGIN, START TRANSACTION or SET TRANSACTION ... READ ONLY, or transaction_read_only is set. `session`: SET
/// SESSION CHARACTERISTICS ... READ ONLY, or default_transaction_read_only is set.
read_only_wish read_only_wish_of(std::string_view text) noexcept;

} // namespace tripool
