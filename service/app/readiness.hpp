// Waits until an instance can say something about its servers. Used by commands before they announce themselves.
#pragma once

#include "tripool/actors/instance.hpp"
#include "tripool/actors/status.hpp"

#include <chrono>
#include <optional>

namespace tripool::service {

/// Asks for everybody's snapshot; nothing when the delegate does not answer in time.
std::optional<service_status> ask_status(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit);

/// Waits until every pool has been probed and one serves writes, or all have been found out of order, or `limit` has
/// passed. Returns whether any pool serves anything.
bool wait_until_probed(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit);

/// Waits until every pool has the connections that it keeps, and dials none. False when the limit is over.
bool wait_until_dialled(caf::actor_system& sys, const instance& of, std::chrono::milliseconds limit);

} // namespace tripool::service
