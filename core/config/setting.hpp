// One setting as somebody wrote it - path, value, place - and the account of what is wrong with it.
// Between the readers of configuration (actors/config for CAF's syntax, tests) and the table that gives a setting its
// meaning. Knows no file format. Passwords pass through here as text: `wipe_settings` removes them after use.
#pragma once

#include "tripool/core/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripool {

/// A value of a kind that no setting takes, for example a list.
struct unsupported_value {
  std::string kind; ///< For people: "a list".
};

/// A value as it was spelled.
using config_value = std::variant<bool, std::int64_t, double, duration, std::string, unsupported_value>;

/// Returns the value for error texts: `100`, `30s`, `"text"`, `a list`. Long texts are cut.
std::string to_string(const config_value& x);

/// Where something was written. Line 0: not known.
struct config_origin {
  std::string file;
  int line = 0;
  int column = 0; ///< 0: not known.
  friend bool operator==(const config_origin&, const config_origin&) = default;
};

/// One setting below the group `tripool`: `{"pools", "primary", "connections-max"} = 10`.
struct setting {
  std::vector<std::string> path;
  config_value value;
  config_origin origin;
};

/// A group that was opened, whether or not anything stands in it: `{"pools", "primary"}`.
struct setting_group {
  std::vector<std::string> path;
  config_origin origin;
};

/// Everything that was written below the group `tripool`, in the order of the file.
struct setting_list {
  std::vector<setting> settings;
  std::vector<setting_group> groups;
  config_origin origin; ///< Of the whole: the file, for errors that concern no single line.
};

/// What is wrong with one setting, or with the whole (empty key).
struct config_error {
  config_origin origin;
  std::string key;     ///< The full key, for example "tripool.pools.primary.connections-max".
  std::string value;   ///< As written, or empty where there is none or where it may be secret.
  std::string message; ///< What is wrong and what is allowed.
};

/// Returns the error in one line: `tripool.conf:12: tripool.pools.primary.connections-max = 0: must be 1 to 1000`.
std::string to_string(const config_error& x);

/// Returns the errors one a line, without a line end after the last.
std::string to_string(const std::vector<config_error>& xs);

/// Joins a path below `tripool` to the full key.
std::string full_key(const std::vector<std::string>& path);

/// Overwrites all texts among the values, since some of them are secrets.
void wipe_settings(setting_list& xs) noexcept;

} // namespace tripool
