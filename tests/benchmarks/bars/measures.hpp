// What the bars measure beside throughput: memory, processor time at rest, COPY, and the time from a server's crash to
// the answer of another. Each prints one line of JSON and returns the process's exit code.
// Used by the program tripool-bench-bars, which tests/benchmarks/comparison/bars.py runs.
#pragma once

#include "tripool/actors/instance.hpp"

#include <cstddef>
#include <string>

namespace tripool::bars {

/// An instance's options with `pools` pools, all to the server of the connection string.
options pools_to(const std::string& dsn, std::size_t pools, std::size_t connections);

/// Queues `requests` behind statements that occupy all connections, and reads the resident memory before and after.
int memory(const std::string& dsn, std::size_t connections, std::size_t requests);

/// Three pools with their default sizes and heartbeats do nothing for so long: their processor time.
int idle(const std::string& dsn, double seconds);

/// Copies a file in COPY's text format into a table, which is emptied first: the time it takes.
int copy_in(const std::string& dsn, const std::string& file, const std::string& table);

/// Makes a private cluster and crashes its primary so often, each time with reads waiting on it: the time from the kill
/// to their answers, which come from the standbys.
int crash(std::size_t rounds);

} // namespace tripool::bars
