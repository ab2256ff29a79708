// Whether the bytes that a server has sent in the middle of a COPY FROM say that it takes no more of the data. Pure:
// knows neither libpq nor sockets. Used by copy_wire.
#pragma once

#include <string_view>

namespace tripool::postgres {

/// `waiting`: any part of the server's answer. Only what cannot be anything else counts: a whole ReadyForQuery, or the
/// beginning of an ErrorResponse with its severity. Notices and notifications say nothing.
bool tells_refusal(std::string_view waiting) noexcept;

} // namespace tripool::postgres
