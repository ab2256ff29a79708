// The data folder of a server: made by initdb, copied for a standby, rewound for a former primary. Works on stopped
// servers. Used by private_cluster.
#pragma once

#include "service/cluster/result.hpp"
#include "service/cluster/workshop.hpp"

#include <filesystem>
#include <string>

namespace tripool::cluster {

/// Makes a new data folder: superuser with the workshop's password, scram-sha-256 for every connection, data checksums
/// (which pg_rewind needs), UTF-8.
result<void> create_data(const workshop& shop, const std::filesystem::path& data);

/// Copies the data folder of a server that was never started, or was shut down cleanly: a standby made of the copy
/// starts streaming where the original starts writing. Quicker than a base backup.
result<void> copy_data(const workshop& shop, const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes the server of this data folder a standby at its next start.
result<void> mark_standby(const workshop& shop, const std::filesystem::path& data);

/// Returns whether the server of this data folder starts, or was started, as a standby and has not been promoted.
bool is_marked_standby(const std::filesystem::path& data);

/// Rewinds a stopped server's data to where its history and that of the server behind `source` part, with pg_rewind.
/// `source` is a connection string without a password.
result<void> rewind_data(const workshop& shop, const std::filesystem::path& data, const std::string& source);

} // namespace tripool::cluster
