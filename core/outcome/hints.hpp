// Short advice for people on the SQLSTATEs that they meet most, for the cases in which the server gives no hint itself.
// Knows nothing of circumstances. Used wherever a failure is written.
#pragma once

#include <string_view>

namespace tripool {

/// Returns what the reader can do about an SQLSTATE, in one short sentence without a full stop; empty when there is
/// nothing better than the server's own message. Falls back from the code to its class where that helps.
std::string_view hint_for(std::string_view sqlstate) noexcept;

} // namespace tripool
