// Runs a program that prints a secret: bounded in time and in what it may print, with nothing of ours but the
// environment. Blocks. Knows nothing of what is printed. Used by the command source.
#pragma once

#include "tripool/core/credentials/secret.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// What came of a run.
struct command_run {
  secret output;
  std::string problem; ///< Empty: it ended by itself with exit code 0. Holds nothing of what it printed.
};

/// Runs `arguments` (the first is looked for in PATH) with standard input and error on /dev/null and with these
/// variables beside the process's own. A run of longer than `limit`, and one that prints more than `bytes_max`, is
/// killed with all that it started in its process group.
command_run run_command(const std::vector<std::string>& arguments,
                        const std::vector<std::pair<std::string, std::string>>& variables, duration limit,
                        std::size_t bytes_max);

} // namespace tripool
