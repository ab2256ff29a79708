// What is worth remembering of a running service, one typed event each: changes of health, failovers, fences, lost
// connections, gaps, credentials, overload, doubts, deaths of actors, and what operators ordered.
// Plain values without parameters or secrets. Kept by the flight recorder, told to subscribers, shown by the page.
#pragma once

#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// What happened.
enum class event_kind : std::uint8_t {
  health,          ///< A pool came into another state of health.
  pool_out,        ///< A pool was taken out of service: what it had queued moves.
  pool_in,         ///< It serves again.
  failover,        ///< Another pool takes the writes from now on, or none, or one again.
  fence,           ///< A server was barred from writing: demoted, read-only, or a primary of an old timeline.
  eviction,        ///< All connections of a pool are closed at once.
  trouble,         ///< Something made the monitor look at a server at once.
  connection_lost, ///< An open connection broke.
  dial_failed,     ///< A connection could not be made.
  gap,             ///< Notifications may have been missed.
  listening,       ///< The listener listens again.
  credential,      ///< A secret changed, or could not be had.
  overload,        ///< A pool's queue is too slow: requests are shed.
  relief,          ///< That is over.
  in_doubt,        ///< A caller was told that its request is in doubt.
  settled,         ///< What became of a request whose answer was lost is known.
  died,            ///< An actor died.
  restarted,       ///< It was started again.
  control,         ///< An operator's order was carried out, or refused.
  configuration,   ///< Another configuration is in force, or was refused.
  circuit,         ///< A pool's circuit opened, wants trials, or closed again.
  loop_blocked,    ///< The event loop is, or was, blocked for longer than `loop-block-limit`.
};
inline constexpr std::size_t event_kinds_count = 22;

/// Returns the kind's name, for example "connection_lost".
std::string_view to_string(event_kind x) noexcept;
/// The kind of that name, or nothing.
std::optional<event_kind> event_kind_of(std::string_view name) noexcept;
/// The kind as a bit, for masks.
constexpr std::uint32_t mask_of(event_kind x) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(x);
}
inline constexpr std::uint32_t all_events = (std::uint32_t{1} << event_kinds_count) - 1;

/// How much it matters to the person who operates the service.
enum class severity : std::uint8_t { info, warning, error };
std::string_view to_string(severity x) noexcept;

/// One event.
struct service_event {
  std::uint64_t serial = 0; ///< Counts all events since the start; given by the recorder.
  time_point at{};          ///< When it happened, or began to happen.
  time_point last_at{};     ///< When it happened last, where `count` is above 1.
  std::uint32_t count = 1;  ///< How often it happened in a row.
  event_kind kind = event_kind::trouble;
  severity weight = severity::info;
  std::string pool{};        ///< The pool that it is about, or empty.
  std::string other{};       ///< Of a failover: where writes went before; of a death: the actor.
  std::uint64_t request = 0; ///< Its number, where it is about one request.
  std::string sqlstate{};    ///< What the server said, or empty.
  std::string text{};        ///< One sentence.
};

/// "error failover primary: writes go to backup ..."
std::string to_string(const service_event& x);

} // namespace tripool
