// One measurement and how it is told: the same keys for Tripool and for every peer, so that runs can be compared.
// Used by the command `bench` and by the peers of tests/benchmarks; knows nothing of how the figures came about.
#pragma once

#include "service/bench/histogram.hpp"

#include <cstdint>
#include <string>

namespace tripool::bench {

/// What one run gave.
struct measurement {
  std::string peer;
  std::string workload;
  std::string mode;
  std::size_t connections = 0;
  std::size_t callers = 0;
  std::size_t loops = 1;
  bool resilient = false;        ///< With three pools and heartbeats.
  double rate = 0;               ///< Arrivals per second that were wanted; 0: a closed loop.
  double seconds = 0;            ///< How long it measured.
  double client_cpu_seconds = 0; ///< Processor time of the measuring process, callers included.
  histogram latencies;           ///< Open loop: from the moment at which the request was due.
  std::uint64_t errors = 0;      ///< Wrong answers count, too.
  std::uint64_t unanswered = 0;  ///< Due within the measurement, and not answered when it was over for long.
  std::string first_error;
};

/// Processor time of this process so far, of all its threads, in seconds.
double cpu_seconds_so_far();

/// One line of JSON.
std::string to_json(const measurement& m);
/// The same, a line for each figure, for people.
std::string to_text(const measurement& m);

} // namespace tripool::bench
