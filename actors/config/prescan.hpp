// A look at a configuration text before CAF's parser gets it: what that parser would overflow on, silently cut short,
// or stumble over is refused here. Knows the syntax only as far as that needs. Used by read_settings.
#pragma once

#include "tripool/core/config/setting.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// Groups and lists may be nested so deep.
inline constexpr int config_depth_max = 32;

/// Returns what is wrong: a NUL byte, too many levels of groups, a duration beyond 64 bits of nanoseconds.
std::optional<config_error> prescan(std::string_view text, const std::string& file);

/// Makes the line ends of other systems ("\r\n") and a byte order mark palatable.
void normalise(std::string& text);

/// Line and column of a position in the text, counted from 1.
config_origin origin_at(std::string_view text, std::size_t position, const std::string& file);

} // namespace tripool
