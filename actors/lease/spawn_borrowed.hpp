// Starts the actor that an order asks for. Used by the connection that lends its session.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/lease/lent_session.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <memory>

namespace tripool {

/// Moves the session and the order into a new actor of the order's kind. Returns an invalid handle, and leaves both as
/// they are, when there is none.
caf::actor spawn_borrowed(caf::actor_system& sys, const environment_ptr& env, std::shared_ptr<lent_session>& got,
                          request_ptr& order, const lender& from);

} // namespace tripool
