// What a COPY command asks for, read from its text before it is sent, and why a text cannot be sent as one.
// It reads tokens, not the grammar: what PostgreSQL would refuse as a syntax error is left to it.
// Knows nothing of sessions. Used by whoever begins a COPY.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/util/expected.hpp"

#include <cstdint>
#include <string_view>

namespace tripool {

/// Where the data of a COPY goes: into the server (FROM STDIN) or out of it (TO STDOUT).
enum class copy_direction : std::uint8_t { in, out };

/// Returns the direction of a text that is one COPY FROM STDIN or COPY TO STDOUT. Else why it must not be sent as
/// such, as `rejected` with cause `invalid_request`, an SQLSTATE and a hint:
///   22021  a NUL byte or invalid UTF-8
///   42601  not a COPY, an empty text, or several statements in one text
///   0A000  a COPY from or to a file or program of the server
///   54000  longer than one message may be
expected<copy_direction, failure> read_copy_text(std::string_view text);

} // namespace tripool
