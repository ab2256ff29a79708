// One value into one field: type, bounds and choices. Pure; the caller adds key and place to what is wrong.
// Used by assemble.hpp.
#pragma once

#include "tripool/core/config/option_table.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tripool {

/// Checks the value and stores it in the field of that key. Returns what is wrong and what is allowed, or nothing on
/// success; on an error nothing is changed. Precondition: the key has a field.
std::optional<std::string> apply_value(const option_spec& to, const config_value& value, options& all,
                                       pool_options& pool);

/// Checks type and choices of a text without storing it, for keys without a field. Returns null and fills `error` when
/// it is no text.
const std::string* text_of(const option_spec& of, const config_value& value, std::string& error);

/// Returns a numeric field's value (nanoseconds, a count, bytes). Precondition: the key has a numeric field.
std::int64_t number_of(const option_spec& x, options& all, pool_options& pool);

/// Stores a number without checking it. Precondition: as for `number_of`, and it fits.
void store_number(const option_spec& x, std::int64_t number, options& all, pool_options& pool);

/// Writes a number in the key's own unit: "30s", "256 MiB", "10".
std::string number_text(const option_spec& x, std::int64_t number);

} // namespace tripool
