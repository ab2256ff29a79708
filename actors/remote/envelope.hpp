// The one message that travels between nodes, and what stands in it. Everything that a caller may ask of a delegate or
// of a borrowed session goes as a `remote_call_body`, everything that may come back as a `remote_answer_body`; both are
// bytes on the way (core/remote/wire.hpp), read by the receiver with its own bounds. No other type of Tripool's can be
// read from another node, so that a peer cannot send what is meant for Tripool's own actors.
// Used by the gate, its guests, and remote_delegate.
#pragma once

#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/protocol_stream.hpp"
#include "tripool/actors/protocol_tokens.hpp"
#include "tripool/actors/remote/node_facts.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/util/expected.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tripool {

/// Of the protocol between nodes; a node refuses another one.
inline constexpr std::uint64_t remote_protocol_version = 3;

/// What an envelope is.
enum class envelope_kind : std::uint8_t {
  hello,        ///< Caller -> gate: `id` is the version. Reply: welcome with a guest, or refused.
  welcome,      ///< Gate -> caller: send your calls to `who`.
  refused,      ///< Gate -> caller: `data` is a failure.
  call,         ///< Caller -> guest: `data` is a remote_call_body, for `session` or, if 0, the delegate. Reply: answer.
  answer,       ///< Guest -> caller: `data` is a remote_answer_body for the call `id`.
  cancel,       ///< Caller -> guest: take the call `id` back. No reply of its own.
  drop,         ///< Caller -> guest: nobody has `session` any more.
  notification, ///< Guest -> caller: `data` is a notification.
  gap,          ///< Guest -> caller: `data` is a notification_gap.
  event,        ///< Guest -> caller: `data` is a remote_event_body.
  ping,         ///< Caller -> guest: are you there? `id` bytes (unread_size) have been read since the last ping.
  pong,         ///< Guest -> caller.
};
inline constexpr auto last_envelope_kind = envelope_kind::pong;

/// The message.
struct remote_envelope {
  envelope_kind kind = envelope_kind::ping;
  std::uint64_t id = 0;
  std::uint64_t session = 0;
  std::string data{};
  caf::actor who{};
};

/// What an envelope to a caller counts until it has said that it has read it, in bytes: its data, and what CAF and the
/// queues add to it. Without that, small ones would be unbounded.
inline std::uint64_t unread_size(const remote_envelope& x) noexcept {
  constexpr std::uint64_t around = 256;
  return x.data.size() + around;
}

/// For CAF: its shape only, when printed.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, remote_envelope& x) {
  if constexpr (std::is_same_v<Inspector, caf::detail::stringification_inspector>) {
    auto size = x.data.size();
    return f(caf::meta::type_name("tripool::remote_envelope"), x.id, x.session, size);
  } else {
    return f(caf::meta::type_name("tripool::remote_envelope"), x.kind, x.id, x.session, x.data, x.who);
  }
}

/// What can be asked. The first part goes to the delegate, the second, from `commit` on, to a session; statement, batch
/// and begin to both.
using remote_call_body =
  std::variant<statement, batch, statement_list, acquire, begin, open_stream, copy_in, copy_out, create_tokens,
               clean_tokens, withdraw_token, subscribe, unsubscribe, get_service_status, get_events, get_causes,
               get_request, get_moves, get_node_facts, subscribe_events, unsubscribe_events, watch_events, commit,
               rollback, savepoint, rollback_to, release_savepoint, release, fetch, close_stream, copy_chunk, copy_end,
               copy_fail, next_chunk, close_copy>;

/// A session that was lent: what a handle says, and the number by which it is called.
struct remote_session_info {
  std::uint64_t session = 0;
  std::string pool{};
  std::string server{};
  std::int32_t backend_pid = 0;
  result_format format = result_format::text; ///< Of a COPY.
  std::uint64_t columns = 0;                  ///< Of a COPY.
};

/// It is done; there is nothing more to say.
struct remote_done {};

/// What can come back.
using remote_answer_body =
  std::variant<failure, result, reply, list_reply, remote_session_info, rows_chunk, copy_data, subscribed, unsubscribed,
               remote_done, service_status, events_reply, request_story, moves_reply, node_facts, events_subscribed>;

/// What subscribers to doubts and events hear.
using remote_event_body = std::variant<doubt_event, doubt_settled_event, fallback_event, event_msg>;

/// Into bytes. `now`: on the clock of the moments that stand in an answer.
std::string encode_call(const remote_call_body& x);
std::string encode_answer(const remote_answer_body& x, time_point now = {});
std::string encode(const failure& x);
std::string encode(const notification& x);
std::string encode(const notification_gap& x);
std::string encode(const remote_event_body& x, time_point now);
/// Out of bytes. Error: a rejected failure, for bytes that are none of it. `now`: on the reader's clock, to which the
/// moments are moved.
expected<remote_call_body, failure> decode_call(std::string_view from);
expected<remote_answer_body, failure> decode_answer(std::string_view from, time_point now = {});
expected<failure, failure> decode_failure(std::string_view from);
expected<notification, failure> decode_notification(std::string_view from);
expected<notification_gap, failure> decode_gap(std::string_view from);
expected<remote_event_body, failure> decode_event(std::string_view from, time_point now);

/// Makes the message known to an actor system; to be called on the configuration of both sides, before the system is
/// made.
void add_remote_types(caf::actor_system_config& cfg);

} // namespace tripool
