// The status as Prometheus metrics, in the text format, by prometheus-cpp. Names and labels follow Prometheus'
// conventions; docs/metrics.md lists them, and tests hold it, the dashboard and the alert rules to what is exported.
// The number of series is bounded by the number of pools: no label holds a statement, a token or an address.
// Used by the HTTP endpoint.
#pragma once

#include "service/inspect/observation.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tripool::service {

/// All metrics in the text exposition format 0.0.4. `log_dropped`: lines of the log that nobody read in time.
std::string metrics_text(const observation& x, std::string_view version, std::uint64_t log_dropped);

} // namespace tripool::service
