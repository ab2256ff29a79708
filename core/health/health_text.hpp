// Durations for people, as health and routing write them into their reasons.
// Used inside core/health and core/routing.
#pragma once

#include "tripool/core/time.hpp"

#include <string>

namespace tripool {

/// Returns a duration in whole milliseconds below ten seconds ("340 ms"), in whole seconds above ("75 s").
std::string for_people(duration x);

} // namespace tripool
