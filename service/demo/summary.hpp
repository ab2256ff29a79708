// The account at the end of the demonstration, and whether its promises held. Pure: everything comes in as values,
// lines come out. Used by the command `demo`.
#pragma once

#include "service/demo/audit.hpp"
#include "service/demo/incident.hpp"
#include "service/demo/ledger.hpp"

#include "tripool/actors/status.hpp"

#include <string>
#include <vector>

namespace tripool::demo {

/// All that the account is made of.
struct closing {
  account sums;
  incident_report incident;
  service_status status;
  verdict found;
  inventory held;
  std::string survivor; ///< The name of the server that is the primary at the end.
  std::uint16_t survivor_port = 0;
  std::vector<std::string> servers; ///< host:port of each pool's server.
  time_point start{};
  duration length{0}; ///< Of the workload.
};

/// One promise and whether it held.
struct check {
  bool held = false;
  std::string text;
};

/// The promises.
std::vector<check> checks_of(const closing& x);

/// The whole account, line by line; the last one is the result.
std::vector<std::string> summarize(const closing& x);

} // namespace tripool::demo
