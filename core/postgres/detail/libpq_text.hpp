// What libpq says in running text, made fit for people and programs. Pure: texts in, texts out.
// Used by everything here that passes a message of libpq on.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <string>
#include <string_view>

namespace tripool::postgres {

/// A message as one line: its lines joined by "; ", without indentation and without a line break at the end.
std::string one_line(std::string_view text);

/// Takes apart what libpq says of a failed connect in verbose mode: the SQLSTATE of the last server error in it (libpq
/// may try twice, with and without encryption), and the text without SQLSTATEs and source locations, on one line.
session_loss read_connect_error(std::string_view text);

} // namespace tripool::postgres
