// What all members of one cluster share: programs, user, folder, secret, limits. And how PostgreSQL's programs are
// run there. Made once by private_cluster; read by server, data_folder and psql.
#pragma once

#include "service/cluster/binaries.hpp"
#include "service/cluster/guardian.hpp"
#include "service/cluster/identity.hpp"
#include "service/cluster/process.hpp"
#include "service/cluster/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace tripool::cluster {

/// The superuser of every private cluster.
inline constexpr const char* superuser = "postgres";

/// The shared circumstances of a cluster's members.
struct workshop {
  binaries programs;
  identity user;                ///< Runs servers and programs.
  std::filesystem::path folder; ///< The state directory: absolute.
  std::string tag;              ///< "tripool-" and random digits: starts the names of this cluster's servers.
  std::string password;         ///< The superuser's.
  std::chrono::milliseconds step_limit{};
  leftover at_end = leftover::remove;

  std::filesystem::path socket_folder() const { return folder / "socket"; }
  std::filesystem::path password_file() const { return folder / "password"; }
  /// In libpq's format, so that no password is in an argument or in the environment.
  std::filesystem::path pass_file() const { return folder / "pgpass"; }

  /// Returns a command for a program of PostgreSQL, as the servers' user in the state directory.
  command tool(const char* program, std::vector<std::string> arguments) const;
};

/// Finds programs and user, and makes the state directory with its password files: `wanted`, or a new one where it is
/// empty. What it made it removes again when it fails half-way.
result<workshop> open_workshop(const std::filesystem::path& programs, const std::filesystem::path& wanted, bool keep,
                               std::chrono::milliseconds step_limit);

} // namespace tripool::cluster
