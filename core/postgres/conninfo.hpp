// Connection strings and URIs, taken apart by libpq's own rules, with the password separated from everything that may
// be printed. Also what libpq would take from the environment when nothing is configured.
// Knows nothing of pools or of where strings come from. Used by configuration and by the credential carrier.
#pragma once

#include "tripool/core/credentials/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tripool::postgres {

/// What a connection string says. Empty texts and absent numbers were not given.
struct conninfo {
  std::string host;     ///< A name, a numeric address, or a socket directory.
  std::string hostaddr; ///< A numeric address to use instead of resolving `host`.
  std::optional<std::uint16_t> port;
  std::string dbname;
  std::string user;
  std::string application_name;
  std::vector<std::pair<std::string, std::string>> options; ///< All further libpq keywords, such as sslmode.
  secret password;
  bool has_password = false;
};

/// Why a connection string was refused; shows none of the string.
struct conninfo_error {
  std::string message;
};

/// Takes a connection string ("host=db1 dbname=app") or URI ("postgresql://db1/app") apart. The string is wiped, since
/// it may hold a password. Errors: not well-formed; an unknown keyword; several hosts or ports (a pool is one server);
/// a port that is none; a secret other than the password (such as sslpassword), which must not lie in configuration;
/// a client encoding other than UTF8.
std::variant<conninfo, conninfo_error> parse_conninfo(std::string&& text);

/// libpq's defaults for what is not configured: its environment variables (PGHOST, PGPORT, PGUSER, PGDATABASE,
/// PGAPPNAME ...) and, behind them, what it was built with; host, port, user and dbname only as far as libpq knows
/// them. Never a password: libpq takes PGPASSWORD and the passfile by itself at the dial. Errors: a broken service
/// file, or several hosts in the environment.
std::variant<conninfo, conninfo_error> default_conninfo();

} // namespace tripool::postgres
