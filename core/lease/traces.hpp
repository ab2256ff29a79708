// Whether a statement that may run in a transaction can leave something on its session, beyond the transaction's end:
// what SET and its like are refused for, but from inside a function or a DO block. It looks for names only; a function
// that does so behind an innocent name is not found, as on shared connections.
// Used by lease_machine, which throws the session's state away when it was so.
#pragma once

#include <string_view>

namespace tripool {

/// Whether the text names set_config, a session's advisory locks, or pg_temp, or is a DO.
bool may_leave_traces(std::string_view text) noexcept;

} // namespace tripool
