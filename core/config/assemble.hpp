// The settings of a file become the configuration: every key found or suggested, every value checked, defaults filled
// in, contradictions named. All errors are collected, not only the first. Pure: connection strings are read by a
// function that the caller brings. Knows no file format. Used by actors/config.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/config/setting.hpp"
#include "tripool/core/credentials/secret.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tripool {

/// What a connection string says. What it does not mention stays empty.
struct connection_parts {
  std::optional<std::string> host;
  std::optional<std::string> address; ///< hostaddr
  std::optional<std::uint16_t> port;
  std::optional<std::string> dbname;
  std::optional<std::string> user;
  std::optional<std::string> application_name;
  std::optional<std::string> passfile;
  std::vector<std::pair<std::string, std::string>> options; ///< Further libpq keywords; no password.
  bool has_password = false;
  secret password;
};

/// Reads a connection string. The error text never quotes it, since it may hold a password.
using connection_reader = std::function<std::variant<connection_parts, std::string>(const std::string&)>;

/// What the settings meant.
struct assembly {
  options values;
  std::map<std::string, secret> inline_passwords; ///< By pool.
  std::vector<std::string> warnings;
  std::vector<config_error> errors; ///< Empty: `values` may be used.
};

/// What the settings are read with.
struct assembly_context {
  connection_reader read_connection;
  connection_parts defaults; ///< The client library's own, for what no pool states; its password is not used.
  std::string folder;        ///< Relative paths are taken from here; empty: as they are.
};

/// Makes the configuration from what was written below `tripool`. Pools come in the order primary, backup, failover,
/// then others as in the file.
assembly assemble(const setting_list& from, const assembly_context& with);

} // namespace tripool
