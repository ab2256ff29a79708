// What the actors tell about themselves: typed snapshots of plain values, taken at one moment, safe to print.
// Used by status messages and everything that shows them.
#pragma once

#include "tripool/actors/reactor/reactor.hpp"
#include "tripool/actors/service_record.hpp"
#include "tripool/core/health/circuit_breaker.hpp"
#include "tripool/core/health/health.hpp"
#include "tripool/core/metrics/pool_meter.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/pool/pool_stats.hpp"
#include "tripool/core/retry/move_log.hpp"
#include "tripool/core/routing/fallback_machine.hpp"
#include "tripool/core/routing/routing.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// One connection.
struct connection_status {
  caf::actor who; ///< The actor itself, for inspection.
  std::uint32_t id = 0;
  std::string pool;
  std::string state;  ///< credential, resolving, dialling, open, lent, closing
  std::string server; ///< host:port, once open.
  std::int32_t backend_pid = 0;
  duration age{0};
  std::size_t outstanding = 0; ///< Requests in its hands.
  std::string statement;       ///< The text that runs now; parameters are never shown.
  std::string statement_name;  ///< What its caller called it.
  duration statement_age{0};
  std::size_t prepared = 0; ///< Statements prepared on it.
  std::uint64_t prepared_hits = 0;
  std::uint64_t resent = 0;                    ///< Requests sent again after a neighbour's failure.
  std::string lent_to;                         ///< While it is lent: who has it, ...
  std::string lent_as;                         ///< ... as a lease, a transaction ...
  duration lent_for{0};                        ///< ... and for how long by now.
  bool overdue = false;                        ///< For longer than lease-warning.
  std::optional<std::uint64_t> bytes_sent;     ///< Over TCP, where the system counts it.
  std::optional<std::uint64_t> bytes_received; ///< Over TCP, where the system counts it.
  caf::actor borrowed; ///< The borrowed session's actor, for inspection; reply to get_status: lease_status.
};

/// One borrowed session.
struct lease_status {
  std::string purpose; ///< lease, transaction, stream ...
  std::string state;   ///< opening, ready, finishing, over, lost
  std::string borrower;
  std::string pool;
  std::int32_t backend_pid = 0;
  duration held{0};
  bool in_transaction = false;
  std::size_t commands = 0; ///< Waiting or running.
  std::string statement;    ///< The text that runs now.
  std::string ended_as;     ///< What became of it, or empty.
};

/// One pool, with its connections as far as they answered.
struct pool_status {
  pool_stats stats;
  std::vector<connection_status> connections;
  pool_measures measures{}; ///< Waits, services and ends of its requests.
};

/// The monitor's view of one pool.
struct monitored_pool {
  health_snapshot health;
  duration heartbeat_age{0}; ///< Since a probe was answered last.
  std::uint64_t probes_sent = 0;
  bool pool_answers = false; ///< The pool's actor answered the last heartbeat.
  circuit breaker = circuit::closed;
  std::string breaker_reason;        ///< Why it opened last, or empty.
  std::uint64_t breaker_trips = 0;   ///< How often it has opened.
  std::uint64_t retries_spent = 0;   ///< Of its requests, sent again in the last ten seconds; ...
  std::uint64_t retries_allowed = 0; ///< ... so many may be; ...
  std::uint64_t retries_refused = 0; ///< ... and so many were not, since the start.
  caf::actor prober;                 ///< The monitor's own connection, while there is one; for inspection.
};

/// The monitor.
struct monitor_status {
  std::shared_ptr<const routing_table> table;
  std::vector<monitored_pool> pools;
  std::size_t parked = 0;
  std::uint64_t moved = 0; ///< Requests that found another pool.
  std::uint64_t parked_total = 0;
  std::uint64_t answered = 0;   ///< Requests that the monitor had to answer with a failure.
  std::vector<move_note> moves; ///< The last moves of requests, oldest first: which, from where to where, why.
};

/// One supervised child.
struct child_status {
  std::string name;
  bool alive = false;
  std::uint64_t restarts = 0;
};

/// The manager.
struct manager_status {
  std::vector<child_status> children;
};

/// One credential, without it.
struct credential_status {
  std::string pool;
  std::string source;     ///< "password-file /run/secrets/db", "environment PGPASSWORD", ...
  std::string sources;    ///< All that are asked, in their order.
  bool available = false; ///< There is something to lend.
  std::string valid;      ///< What servers said of the present secret: unknown, accepted, refused.
  bool emergency = false; ///< The last lease was of the last known good one.
  std::uint64_t leases = 0;
  std::uint64_t fetches = 0;            ///< How often the sources were asked.
  std::uint64_t generation = 0;         ///< Number of the change that brought the present secret.
  std::uint64_t changes = 0;            ///< How often the secret was another than before.
  duration age{0};                      ///< Since then.
  std::optional<duration> expires_in{}; ///< Nothing: it does not expire.
  std::string last_error;
};

/// The credential carrier.
struct carrier_status {
  std::vector<credential_status> credentials;
};

/// Who subscribes to notifications.
struct subscriptions_status {
  std::size_t channels = 0;
  std::size_t subscribers = 0;
  std::size_t subscriptions = 0; ///< Pairs of a subscriber and a channel.
  std::size_t waiting = 0;       ///< Requests that wait for the server to listen.
  std::uint64_t gaps = 0;        ///< How often notifications may have been lost.
  std::uint64_t delivered = 0;   ///< Notifications to subscribers.
};

/// The listener.
struct listener_status {
  std::string state; ///< idle, dialling, open
  std::string pool;  ///< Whose server it listens to.
  std::string server;
  std::int32_t backend_pid = 0;
  caf::actor session;        ///< Its connection, while there is one; for inspection.
  duration age{0};           ///< Since the session was dialled.
  duration silent{0};        ///< Since it was heard of last.
  std::size_t wanted = 0;    ///< Channels that somebody subscribes to.
  std::size_t listening = 0; ///< Channels that the session listens to.
  std::uint64_t dials = 0;
  std::uint64_t losses = 0; ///< Sessions lost, or not even opened.
  std::uint64_t orders = 0; ///< Transactions sent: LISTEN, UNLISTEN and checks.
  std::uint64_t notifications = 0;
  std::string last_problem; ///< Empty once it listens.
};

/// Who serves: the resilient part, the simple pool, or nobody.
struct fallback_status {
  service_mode mode = service_mode::resilient;
  std::string why;            ///< Why it is so; empty from the beginning.
  duration lasted{0};         ///< Since when.
  std::string server_of;      ///< The pool whose server the simple pool has, or would have.
  bool simple_alive = false;  ///< The simple pool's actor lives.
  std::size_t retiring = 0;   ///< Simple pools that finish what they have.
  std::uint64_t falls = 0;    ///< How often the resilient part was left ...
  std::uint64_t returns = 0;  ///< ... and taken back.
  std::uint64_t accepted = 0; ///< Requests for the simple pool.
  std::uint64_t refused = 0;  ///< Requests that nobody could serve, or the simple pool could not.
  std::uint64_t simple_restarts = 0;
};

/// The delegate.
struct delegate_status {
  std::uint64_t received = 0;
  std::uint64_t refused = 0; ///< Answered by the check of the statement.
  std::uint64_t routed = 0;
  std::uint64_t unroutable = 0;
  std::uint64_t rescued = 0;
  std::uint64_t cancels = 0; ///< Unanswered requests that were taken back by their callers, or with them.
  std::uint64_t doubts = 0;  ///< Answers that said in_doubt.
  std::uint64_t settled = 0; ///< Requests whose doubt was settled before they were answered.
  std::uint64_t manager_restarts = 0;
  std::uint64_t table_generation = 0;
  answer_counts answers; ///< How requests of callers ended.
  subscriptions_status subscriptions;
  fallback_status fallback;
};

/// Everything at once.
struct service_status {
  delegate_status delegate;
  manager_status manager;
  monitor_status monitor;
  carrier_status carrier;
  listener_status listener;
  std::vector<pool_status> pools;
  reactor_stats loop;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::connection_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::lease_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::pool_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::monitor_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::manager_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::carrier_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::listener_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::delegate_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::service_status)
