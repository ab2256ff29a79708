// Names of notification channels, and the statements made of them: LISTEN, UNLISTEN and the statement that notifies.
// A channel's name is any text of 1 to 63 bytes; its case is kept, and whatever it holds is quoted.
// Knows nothing of sessions and subscribers. Used by the subscription book, the listener and callers who notify.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/util/expected.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// The longest name of a channel, in bytes: PostgreSQL's NAMEDATALEN less one. LISTEN would cut a longer one silently.
inline constexpr std::size_t channel_bytes_max = 63;

/// The longest payload of a notification, in bytes: PostgreSQL takes less than 8000 (NOTIFY_PAYLOAD_MAX_LENGTH).
inline constexpr std::size_t payload_bytes_max = 7999;

/// Returns why a text is no channel's name (rejected, with PostgreSQL's SQLSTATE), or nothing: it is empty, too long,
/// holds a NUL byte or is not UTF-8.
std::optional<failure> check_channel(std::string_view name);

/// Returns `LISTEN "name"`. Precondition: `check_channel` has no objection.
std::string listen_text(std::string_view channel);
/// Returns `UNLISTEN "name"`. Precondition: `check_channel` has no objection.
std::string unlisten_text(std::string_view channel);

/// The text of the statement that `notify` makes; $1 is the channel, $2 the payload.
inline constexpr const char* notify_text = "select pg_notify($1, $2)";

/// Returns the statement that notifies whoever listens on a channel, once it is committed; to be sent to the delegate
/// as any other, alone or in a batch. It is a write: only the primary takes it. Within one transaction PostgreSQL sends
/// equal notifications only once. Fails (rejected) on a name that is none, and on a payload that is too long, holds a
/// NUL byte or is not UTF-8.
expected<statement, failure> notify(std::string channel, std::string payload = {});

} // namespace tripool
