// Where PostgreSQL's own programs are. Debian keeps the server's outside of PATH, in one folder a version.
// Used by private_cluster, once at its start.
#pragma once

#include "service/cluster/result.hpp"

#include <filesystem>

namespace tripool::cluster {

/// The programs of one PostgreSQL version.
struct binaries {
  std::filesystem::path folder;

  /// Returns the program's path.
  std::filesystem::path operator/(const char* program) const { return folder / program; }
};

/// Finds the programs: in `wanted` if it is not empty, else the newest version below /usr/lib/postgresql, else where
/// pg_config says, else a folder of PATH. When something is missing, the problem names it and the package to install.
result<binaries> find_binaries(const std::filesystem::path& wanted = {});

} // namespace tripool::cluster
