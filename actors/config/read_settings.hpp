// From CAF's configuration syntax to the plain list of settings that core understands: a text with CAF's own parser,
// which is asked for the line of each key, or the settings that CAF has read already. Gives no setting a meaning. The
// only place that knows CAF 0.17's parser. Used by load.
#pragma once

#include "tripool/core/config/setting.hpp"

#include <caf/settings.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripool {

/// What was found in a text.
struct read_text {
  setting_list list;                     ///< What stands below `tripool`.
  bool has_tripool = false;              ///< Whether there is a group `tripool` at all.
  std::vector<std::string> other_groups; ///< The top-level groups beside it.
};

/// Reads a text. Errors: the syntax, with line and column; a top-level `tripool` that is no group.
std::variant<read_text, std::vector<config_error>> read_settings(std::string_view text, const std::string& file);

/// Takes the group `tripool` of settings that CAF has read; nothing in it has a line.
std::variant<setting_list, std::vector<config_error>> take_settings(const caf::settings& from);

} // namespace tripool
