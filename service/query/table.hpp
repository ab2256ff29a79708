// Rows as people and programs read them: an aligned table, CSV (RFC 4180), JSON. Pure. Used by `tripool query`.
#pragma once

#include "tripool/core/result/result.hpp"

#include <string>

namespace tripool::service {

/// An aligned table with a last line that counts the rows; NULL is empty, line breaks and other control characters are
/// shown as a space. Values must be texts. A result without columns is its command tag.
std::string as_table(const result& x);
/// With a header; NULL is an empty field, an empty text is "".
std::string as_csv(const result& x);
/// A list of objects, one a line; numbers, booleans and JSON as themselves, everything else as text.
std::string as_json(const result& x);

} // namespace tripool::service
