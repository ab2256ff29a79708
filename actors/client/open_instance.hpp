// From a configuration file to a running instance in one call, for programs that have no use for the steps between.
// Knows nothing of what the instance does. Used by embedding programs and the examples.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/instance.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <string>

namespace tripool {

/// Loads the file and starts an instance from it, without a log. The failure is `rejected`; its message holds what is
/// wrong with the file, one problem a line, each with file, line, key and bounds. The actor system must outlive the
/// instance.
answer<std::unique_ptr<instance>> open_instance(caf::actor_system& sys, const std::string& path);

} // namespace tripool
