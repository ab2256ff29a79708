// Loads Tripool's configuration: from a file of its own, or from the settings of the application that embeds it. Both
// are in CAF's configuration syntax, below the group `tripool`; what stands outside that group belongs to the
// application. Meaning and bounds of each key are core's (core/config). Reads files, starts nothing. Used by the
// service's commands and by embedding applications, on any thread.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/config/setting.hpp"
#include "tripool/core/credentials/secret.hpp"

#include <caf/fwd.hpp>
#include <caf/settings.hpp>

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace tripool {

/// A configuration without errors.
struct loaded_config {
  tripool::options options;
  std::map<std::string, secret> inline_passwords; ///< By pool: for the credential carrier, then gone.
  std::vector<std::string> warnings;              ///< For people; worth logging.
};

/// The configuration, or everything that is wrong with it, in the order of the file. `to_string` makes lines of it.
using load_result = std::variant<loaded_config, std::vector<config_error>>;

/// Reads a file. Errors name file, line, key, value and what is allowed; a syntax error also names the column.
load_result load_file(const std::string& path);

/// The same for a text that was read elsewhere; `name` stands for the file in errors, and relative paths are taken from
/// its folder. The text is wiped, since it may hold passwords.
load_result load_text(std::string&& text, const std::string& name);

/// Takes the group `tripool` from an application's settings (`content(cfg)` of its actor_system_config), so that
/// options of its command line count. Settings remember no lines: given the file that CAF read, errors name the line
/// where a value still is what the file says. CAF 0.17 loses settings when one group is spread over several
/// `[tripool.x.y]` sections; this is found, and reported as an error, if the file is given. Write one `[tripool]` with
/// nested groups instead.
load_result load(const caf::settings& from, const std::string& file = {});

} // namespace tripool
