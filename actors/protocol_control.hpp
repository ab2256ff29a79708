// The orders of operators, as messages to the delegate. Each is answered with control_reply, one sentence for people,
// or with a failure that says why it was refused; each is an event (kind `control`). None changes a server.
// Used by the delegate, and by whoever operates the service.
#pragma once

#include "tripool/core/config/options.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tripool {

/// What was done.
struct control_reply {
  std::string text;
};

/// A pool serves nothing from now on: what waits in it moves, what is on its connections is finished. `empty`: its
/// connections close as they become free. Refused when nobody else serves anything, unless `anyway`. Stays in force
/// until `release_pool`, also over restarts of actors.
struct hold_pool {
  std::string pool;
  bool empty = false;
  bool anyway = false;
};
/// It serves again, as its health allows.
struct release_pool {
  std::string pool;
};

/// `from` serves nothing from now on, and `to` takes the writes as long as it can. Refused when `to` could not, unless
/// `anyway`. Promotes no server: where `to` is a standby, promote it first.
struct force_failover {
  std::string from;
  std::string to;
  bool anyway = false;
};
/// Ends all forced failovers and preferences: every pool serves as its health and its place allow.
struct end_failover {};

/// Other bounds for the number of connections, until the next change or restart of the service.
struct resize_pool {
  std::string pool;
  std::uint32_t connections_min = 0;
  std::uint32_t connections_max = 0;
};

/// Replaces every connection of a pool, one after the other, each when it is free and its successor is open.
struct recycle_pool {
  std::string pool;
};

/// Puts another configuration in force, as a whole or not at all: it has been validated; what cannot be changed while
/// the service runs refuses it. Pools whose address or session settings changed are recycled.
struct reload_options {
  std::shared_ptr<const options> what;
};

/// trace, debug, info, warn, error or off.
struct set_log_level {
  std::string level;
};

// -- inside ----------------------------------------------------------------------------------------------------------

/// Monitor -> pool: keep no connections (or keep them again).
struct empty_msg {
  bool on = false;
};
/// Delegate -> pool.
struct recycle_msg {};
/// Delegate -> monitor: environment::orders have changed.
struct orders_changed_msg {};
/// Delegate -> pools, monitor and listener: environment::current() has changed. `recycle`: bit i: pool i's sessions are
/// outdated.
struct reloaded_msg {
  std::uint32_t recycle = 0;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::control_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::hold_pool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::release_pool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::force_failover)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::end_failover)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::resize_pool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::recycle_pool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::reload_options)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::set_log_level)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::empty_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::orders_changed_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::recycle_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::reloaded_msg)
