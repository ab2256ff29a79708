// "Did you mean ...?": the nearest of the known names. Knows nothing of settings. Used by the configuration's errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tripool {

/// Returns the known name that is nearest to `given` by edits (insert, delete, replace, swap of neighbours; `_` counts
/// as `-`), or an empty view when none is near enough to be what was meant.
std::string_view nearest_name(std::string_view given, std::span<const std::string_view> known);

/// Returns the known name that was probably meant, since `given` differs from it by one edit or in upper and lower case
/// only; otherwise, or when `given` ends in a digit as names in a row do, an empty view.
std::string_view mistyped_name(std::string_view given, std::span<const std::string_view> known);

/// Returns "; did you mean X?", or nothing when no known name is near.
std::string did_you_mean(std::string_view given, std::span<const std::string_view> known);

} // namespace tripool
