// Where a server is and as whom to connect to it: a plain value, and the connection string made of it.
// Used by private_cluster's callers.
#pragma once

#include <cstdint>
#include <string>

namespace tripool::cluster {

/// One way into a server of a private cluster. Holds the password of a throw-away server in clear.
struct endpoint {
  std::string host;       ///< Always a numeric address.
  std::uint16_t port = 0; ///< TCP port.
  std::string user;
  std::string password;
  std::string database;
};

/// Returns `host=... port=... user=... dbname=...`, with `password=...` unless told otherwise. Values are quoted.
std::string connection_string(const endpoint& x, bool with_password = true);

} // namespace tripool::cluster
