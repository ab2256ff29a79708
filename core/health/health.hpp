// The vocabulary of health: what a pool's server is, how well it answers, and the picture that routing decides by.
// Plain values. Knows nothing of probing. Used by the health machine, routing, the monitor and status pages.
#pragma once

#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// How well a pool's server serves.
enum class health_state : std::uint8_t {
  unknown,    ///< No probe has been answered or has failed for certain yet.
  healthy,    ///< Answers in time.
  degraded,   ///< Answers slowly, or serves while it refuses new sessions.
  recovering, ///< Answers again after having been unhealthy: serves only if nothing better does.
  unhealthy,  ///< Does not answer, or refuses for certain.
};

/// Returns the state's name, for example "recovering".
std::string_view to_string(health_state x) noexcept;

/// What a server is in its cluster.
enum class server_role : std::uint8_t { unknown, primary, standby };

/// Returns the role's name.
std::string_view to_string(server_role x) noexcept;

/// What a probe found out about a server. What its role may not see, or what does not apply, is empty.
struct server_facts {
  server_role role = server_role::unknown;
  bool read_only = false;                         ///< New transactions are read-only there; always so on a standby.
  std::optional<std::uint32_t> timeline;          ///< Exact on a primary; a lower bound on a standby.
  std::optional<std::uint64_t> wal_position;      ///< Bytes: written on a primary, replayed on a standby.
  std::optional<std::uint64_t> system_identifier; ///< The same for all servers of one cluster.
  /// Age of the last replayed commit while received WAL waits for replay, else 0. Compares two servers' clocks, and is
  /// blind to WAL that never arrived: see `receiving`, and the byte lag in the routing table.
  std::optional<duration> replay_lag;
  std::optional<bool> receiving; ///< On a standby: a WAL receiver runs.
  friend bool operator==(const server_facts&, const server_facts&) = default;
};

/// The health of one pool at a moment.
struct health_snapshot {
  std::string pool;
  health_state state = health_state::unknown;
  std::string reason;   ///< Why it is in this state, in one sentence.
  std::string sqlstate; ///< Of the last failed probe or trouble, or empty.
  time_point since{};   ///< When it came into this state.
  server_facts facts;   ///< Of the last answered probe.
  bool fenced = false;  ///< Said to take no writes: stays so until a probe on a new session denies it.
  bool alive = false;   ///< A probe or request was answered since the last failed probe began: a last resort.
  bool trouble = false; ///< Probed quickly at the moment.
  std::string tripped;  ///< Not empty: its circuit is open or half open, because of this.
  std::optional<duration> latency;       ///< Of the last answered probe.
  std::optional<time_point> facts_at;    ///< When the facts were true.
  std::optional<time_point> last_answer; ///< When a probe or a request was answered last.
  std::uint32_t misses = 0;              ///< Probes failed in a row.
  std::uint64_t probes_answered = 0;
  std::uint64_t probes_failed = 0;
  std::uint64_t transitions = 0; ///< How often the state changed.

  /// Whether the server itself takes writes as far as is known; timelines are the routing table's matter.
  bool writable() const noexcept { return facts.role == server_role::primary && !facts.read_only && !fenced; }
};

} // namespace tripool
