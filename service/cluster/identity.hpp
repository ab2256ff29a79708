// The operating system's user that the servers run as: PostgreSQL refuses to run as root.
// Used by everything that starts a child process.
#pragma once

#include "service/cluster/result.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tripool::cluster {

/// A user with its groups, ready to be taken on by a child process.
struct identity {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups; ///< Supplementary groups.
  bool is_switch = false;    ///< It differs from the current user, so a child must change to it.
};

/// Returns the current user, or `postgres` (else `nobody`) when the current user is root.
result<identity> server_identity();

/// Gives a file or folder to the user. Does nothing when that is the current user.
result<void> give_to(const identity& user, const std::filesystem::path& file);

} // namespace tripool::cluster
