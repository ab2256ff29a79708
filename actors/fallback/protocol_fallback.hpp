// The messages around the simple pool: how the delegate asks whether the resilient part lives, what the simple pool
// tells it, and what subscribers to events hear when one takes over from the other.
// Subscribers need the first section only. Used by the delegate, the simple pool, the manager and the monitor.
#pragma once

#include "tripool/actors/protocol.hpp"
#include "tripool/core/routing/fallback_machine.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tripool {

// -- delegate -> subscribers to events (protocol_events.hpp) ---------------------------------------------------------

/// Somebody else serves from now on: the resilient part, the simple pool, or nobody, so that every request is answered
/// `not_executed` at once. No reply.
struct fallback_event {
  service_mode before = service_mode::resilient;
  service_mode now = service_mode::resilient;
  std::string why; ///< For people.
};

// -- inside ----------------------------------------------------------------------------------------------------------

/// Delegate -> manager, monitor: are you there? Reply: here_msg, at once.
struct are_you_there_msg {};
struct here_msg {};

/// Simple pool -> delegate, whenever it changes: where its children are. Invalid: being started again.
struct simple_news_msg {
  caf::actor pool;
  caf::actor carrier;
  caf::actor listener;
  std::optional<bool> in_hot_standby; ///< As its server reported last.
};

/// Simple pool -> delegate: these were not sent, and it takes no more: route them anew. No reply.
struct handed_back_msg {
  std::vector<moved_request> requests;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::fallback_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::are_you_there_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::here_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::simple_news_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::handed_back_msg)
