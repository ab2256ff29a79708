// The messages about doubts: who wants to hear of every answer that was lost and of what became of it, and what they
// are told. Beside the answers to the callers themselves, for operators, ledgers and alarms.
// Used by the delegate, by responders, and by whoever subscribes.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/retry/move_log.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <vector>

namespace tripool {

/// Anybody -> delegate: tell me of every doubt from now on. Reply: events_subscribed. Errors: a failure, cause
/// `queue_full`, when there are too many subscribers. Ends with the subscriber, or by `unsubscribe_events`.
struct subscribe_events {};
struct events_subscribed {};

/// Subscriber -> delegate: tell me no more. No reply.
struct unsubscribe_events {};

/// Delegate -> subscribers: a request was answered `in_doubt`; the failure names its number, name, token and server.
struct doubt_event {
  failure what;
};

/// Delegate -> subscribers: the answer of an attempt was lost, and it is known now what became of the request.
struct doubt_settled_event : doubt_settlement {};

/// Anybody -> delegate: why was this request moved? Reply: moves_reply, from the ring of the last moves.
struct get_moves {
  std::uint64_t request = 0; ///< As in failure::request; 0: all.
};

/// Moves of requests, and how many there were.
struct moves_reply {
  std::vector<move_note> moves; ///< Oldest first.
  std::uint64_t count = 0;      ///< All since the start, also those that the ring has lost.
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::subscribe_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::events_subscribed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::unsubscribe_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::doubt_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::doubt_settled_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_moves)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::moves_reply)
