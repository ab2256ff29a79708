// The messages of the flight recorder: what happened last, what happened to a request, why a pool is in its state, and
// events as they come. Beside the snapshots of status.hpp.
// Used by the delegate, and by whoever operates the service.
#pragma once

#include "tripool/core/record/flight_recorder.hpp"
#include "tripool/core/retry/move_log.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tripool {

/// Anybody -> delegate: what happened? Reply: events_reply. No error.
struct get_events {
  event_filter which{};
};

/// What was recorded of what was asked for.
struct events_reply {
  std::vector<service_event> events; ///< Oldest first.
  std::uint64_t last_serial = 0;     ///< Of all; ask for `after` this next time.
  time_point now{};                  ///< To make ages of the moments.
};

/// Anybody -> delegate: what happened to this request? Reply: request_story. Requests that were simply done are not
/// remembered.
struct get_request {
  std::uint64_t request = 0; ///< As in failure::request.
};

/// All that is remembered of one request; empty for one that went straight.
struct request_story {
  std::vector<move_note> moves;      ///< From where to where, why, and on what proof.
  std::vector<service_event> events; ///< Doubts and their ends.
  std::vector<request_note> answers; ///< What its caller was told, if that was a failure.
  time_point now{};
};

/// Anybody -> delegate: why is this pool in its state of health? Reply: events_reply, with the last change of health at
/// the end and what was recorded of the pool in the minute before it.
struct get_causes {
  std::string pool;
};

/// Anybody -> delegate: tell me of every event of these kinds from now on, as `event_msg`. Repetitions of one event
/// within ten seconds are told once. Reply: events_subscribed (protocol_events.hpp). Errors: a failure, cause
/// `queue_full`. Ends with the subscriber or by `unsubscribe_events`; a second one replaces the first.
struct watch_events {
  std::uint32_t kinds = all_events; ///< See mask_of.
};

/// Any actor of Tripool -> delegate -> subscribers: it happened.
struct event_msg {
  service_event what;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::events_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::request_story)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_causes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::watch_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::event_msg)
