// Finds the processes of one server, also those whose postmaster is dead, by what any user may read in /proc: each
// PostgreSQL process shows the name of its server in its title. Knows nothing of how they were started.
// Used by server; the tests use it to show that nothing is left running.
#pragma once

#include <string_view>
#include <sys/types.h>
#include <vector>

namespace tripool::cluster {

/// Returns the live processes of servers whose `cluster_name` is `name`, or starts with it when `prefix` is set.
/// Zombies are not among them.
std::vector<pid_t> processes_of(std::string_view name, bool prefix = false);

/// Returns whether the process is stopped by a signal, or gone.
bool stands_still(pid_t process);

} // namespace tripool::cluster
