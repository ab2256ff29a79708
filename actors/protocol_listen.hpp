// The messages of LISTEN and NOTIFY: what subscribers say to the delegate and hear from it, and what the delegate, the
// listener and its connection tell each other. To notify is an ordinary statement: see `notify` in channel.hpp.
// Subscribers need the first section only. Used by subscribers, the delegate, the listener and its connection.
//
// A subscriber that keeps a copy of something in the database does best like this: subscribe; when `subscribed` comes,
// read the state; apply notifications from then on; after a `notification_gap` that is over, read the state anew.
#pragma once

#include "tripool/actors/protocol.hpp"
#include "tripool/core/listen/listen_machine.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

// -- subscribers -> delegate ---------------------------------------------------------------------------------------

/// Anybody -> delegate: I want the notifications on these channels from now on. Reply: subscribed, once the server has
/// confirmed that it listens: whatever is committed after that is told, or a `notification_gap` is. Errors: a failure;
/// rejected for a name that is none (see check_channel) and for bounds that are reached, not executed when no writable
/// server could be listened to by the deadline. Then nothing is left of the request. Asking again for a channel changes
/// nothing. The subscription ends with `unsubscribe` or with the subscriber.
///
/// A mailbox has no bound, and a slow subscriber cannot be told from a fast one: who is notified faster than it can
/// work has to drop or merge by itself.
struct subscribe {
  std::vector<std::string> channels{};
  std::chrono::milliseconds timeout{0}; ///< Until the reply; 0 takes the configured default of requests.
  caf::actor subscriber{};              ///< Who is to hear; invalid: the sender.
};

/// The reply to `subscribe`. Comes before the first notification.
struct subscribed {
  std::vector<std::string> channels; ///< Sorted, without duplicates.
};

/// A subscriber -> delegate: no more of these channels; none named: of any. Reply: unsubscribed, after which nothing
/// of them comes. Error: a rejected failure if it does not subscribe to one of them; then nothing has changed.
struct unsubscribe {
  std::vector<std::string> channels{};
  caf::actor subscriber{}; ///< Whose subscriptions; invalid: the sender's.
};

/// The reply to `unsubscribe`.
struct unsubscribed {
  std::vector<std::string> channels; ///< Sorted, without duplicates.
};

// -- delegate -> subscribers ---------------------------------------------------------------------------------------

/// Delegate -> subscriber: somebody has notified. In the order in which the server committed them. No reply.
struct notification {
  std::string channel;
  std::string payload;          ///< May be empty.
  std::int32_t backend_pid = 0; ///< The server process that notified.
};

/// Delegate -> subscriber: notifications on these channels may have been lost. Comes twice for each gap: when it is
/// noticed (`over` is false), and when the server listens again (`over` is true), which is the time to read anew what
/// the notifications were about. A gap that lasts may begin anew before it is over: only the end counts. No reply.
struct notification_gap {
  std::vector<std::string> channels;
  std::string why;    ///< For people: what happened, or "listening again".
  bool over = false;  ///< Whether notifications come again.
  duration lasted{0}; ///< Since the listening session was last certain to be alive, until now.
};

// Subscribers may live on other nodes: these travel.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscribe& x) {
  return f(caf::meta::type_name("tripool::subscribe"), x.channels, x.timeout, x.subscriber);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscribed& x) {
  return f(caf::meta::type_name("tripool::subscribed"), x.channels);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unsubscribe& x) {
  return f(caf::meta::type_name("tripool::unsubscribe"), x.channels, x.subscriber);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unsubscribed& x) {
  return f(caf::meta::type_name("tripool::unsubscribed"), x.channels);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, notification& x) {
  return f(caf::meta::type_name("tripool::notification"), x.channel, x.payload, x.backend_pid);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, notification_gap& x) {
  return f(caf::meta::type_name("tripool::notification_gap"), x.channels, x.why, x.over, x.lasted);
}

// -- delegate and listener -----------------------------------------------------------------------------------------

/// Delegate -> listener: listen to these channels, and no others. No reply: see listening_msg. `term`: grows each time
/// that the delegate takes up a listener, the same one once more, too.
struct listen_to_msg {
  std::uint64_t generation = 0;
  std::shared_ptr<const channel_set> channels;
  std::uint64_t term = 0;
};

/// Listener -> delegate: every channel of this generation is listened to now, asked of the server in this term.
struct listening_msg {
  std::uint64_t generation = 0;
  std::uint64_t term = 0;
};

/// Listener -> delegate: nothing is listened to any more, or it could not be begun.
struct not_listening_msg {
  not_listening_effect what;
};

/// Connection -> listener -> delegate: what was notified, in its order.
struct notifications_msg {
  connection_id id = 0;
  std::vector<notification> all;
};

/// The responder of an order -> listener: how it ended.
struct listen_answer_msg {
  connection_id id = 0;
  std::uint64_t serial = 0;
  std::optional<failure> why_not;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::listen_to_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::listening_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::not_listening_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::notifications_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::listen_answer_msg)
