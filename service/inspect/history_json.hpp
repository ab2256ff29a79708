// The observer's history as JSON, column by column, for the status page's charts. Used by the HTTP endpoint.
#pragma once

#include "service/http/observer.hpp"
#include "service/inspect/observation.hpp"

#include <string>
#include <vector>

namespace tripool::service {

/// One object: "time" and the answers' rates as lists of the same length, and for each pool the same.
std::string history_json(const std::vector<sample>& all, const observation& x);

} // namespace tripool::service
