// JSON text piece by piece, appended to a string: for answers that are too large to build as a tree first.
// Knows no protocol. Used by the pipe protocol.
#pragma once

#include "service/json/reader.hpp"

#include <string>
#include <string_view>

namespace tripool::json {

/// Appends a text with its quotes. Bytes that are no UTF-8 are replaced by U+FFFD.
void append_text(std::string& to, std::string_view text);

/// Appends a value in one line.
void append_value(std::string& to, const value& x);

/// Whether the text is a JSON number as it stands: "-1.5e+20" is, "NaN", "1." and "007" are not.
bool is_number(std::string_view text) noexcept;

/// Whether the text is one valid JSON value. Nesting is no danger.
bool is_valid(std::string_view text);

} // namespace tripool::json
