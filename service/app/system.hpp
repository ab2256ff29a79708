// The actor system and the log of the executable's commands. Used by every command that runs a Tripool.
#pragma once

#include <caf/actor_system_config.hpp>

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace tripool::service {

/// CAF's configuration as the executable runs it: callers that are not on the loop share a queue instead of polling,
/// which costs a third of the latency; Tripool's errors render as text.
class system_config : public caf::actor_system_config {
public:
  system_config();
};

/// Makes the log: one line an event on standard error, "time level tripool message". `level` as in the configuration:
/// trace, debug, info, warn, error, off. `json`: one object a line instead, with time, level, logger and message.
std::shared_ptr<spdlog::logger> make_log(const std::string& level, bool json = false);

} // namespace tripool::service
