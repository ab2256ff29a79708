// Where the demonstration takes place: a private PostgreSQL of a primary and two standbys with synchronous replication,
// a role and a database for the shop, and the configuration file of a Tripool whose pools lead to the three servers.
// Knows no actor. Used by the command `demo`.
#pragma once

#include "service/cluster/private_cluster.hpp"

#include <array>
#include <filesystem>
#include <string>

namespace tripool::demo {

/// The members of the cluster are numbered as the pools that lead to them.
inline constexpr std::array<const char*, 3> pool_names{"primary", "backup", "failover"};

/// Servers and configuration. The destructor stops the servers and removes their folder, with the files below.
struct stage {
  cluster::private_cluster servers;
  std::string user;
  std::string database;
  std::filesystem::path password_file;
  std::filesystem::path config_file;
};

/// Makes all of it; `folder` empty: in a new temporary one. Blocks for some seconds. A failure leaves nothing behind.
cluster::result<stage> make_stage(const std::string& folder);

} // namespace tripool::demo
