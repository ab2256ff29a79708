// Everything that can be configured, as plain values with their defaults.
// The table that names, bounds and documents each of them is option_table.hpp; files are read in actors/config.
// Holds no secret: passwords go to the credential carrier. Used by every machine that has a limit.
#pragma once

#include "tripool/core/health/circuit_breaker.hpp"
#include "tripool/core/listen/subscription_limits.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/retry/retry_budget.hpp"
#include "tripool/core/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tripool {

using namespace std::chrono_literals;

/// How a pool finds its password. Kept free of the password itself.
struct credential_options {
  std::string name;             ///< Pools that say the same share one credential; empty: the pool's own.
  std::string sources;          ///< Which are asked in which order; empty: all that are configured.
  std::string password_file;    ///< Re-read at each dial; a trailing line end is dropped. Empty: not used.
  std::string passfile;         ///< In libpq's format; empty: libpq's own default.
  bool inline_password = false; ///< The connection string held one; the loader gave it to the carrier.
  std::string password_variable = "PGPASSWORD"; ///< Of the environment.
  std::string secret_directory;                 ///< Of mounted secrets; empty: not used.
  std::string secret_name = "password";         ///< The password's file in it.
  std::string systemd_credential;               ///< A name; empty: not used.
  std::string command;                          ///< Words, or a shell's text; empty: not used.
  bool command_shell = false;
  duration command_timeout = 10s;
  std::string key_passphrase_file; ///< Of the client certificate's key.
  duration keep = 24h;             ///< The last known good one is used for so long while sources fail; 0: never.
  duration check_interval = 10s;   ///< Files are looked at so often; 0: only at dials.
  duration rotation_spread = std::chrono::minutes{1}; ///< Connections with an old secret are replaced within it.
};

/// One pool: one server and how many connections to it.
struct pool_options {
  std::string name;
  bool enabled = true;
  dial_target target;
  credential_options credentials;
  std::size_t connections_min = 2;
  std::size_t connections_max = 10;
  std::size_t leases_max = 0;            ///< Connections that may be lent at a time; 0: all but one, and at least one.
  duration lease_warning = 60s;          ///< A connection lent for longer is warned about, once.
  duration lease_hold_max{0};            ///< A lease is taken back after this time; 0: never.
  duration transaction_hold_max = 10min; ///< A transaction is rolled back after this time; 0: never.
  std::size_t queue_max = 200;           ///< Requests that may wait.
  duration queue_wait_max = 10s;         ///< The longest wait; a request's own deadline may be sooner.
  duration codel_target = 50ms;          ///< Overload: the wait that is aimed for ...
  duration codel_interval = 2s;          ///< ... and how long it must have been missed before requests are shed.
  duration connect_timeout = 5s;
  duration lifetime = 30min;          ///< A connection's age before it is replaced, less up to 10 %.
  duration idle_timeout = 10min;      ///< A connection above the minimum that idles for longer is closed ...
  duration idle_check_interval = 30s; ///< ... at most one in this time.
  duration validate_after_idle = 1s;  ///< A connection that idled for longer is validated before a write uses it.
  duration validation_timeout = 1s;   ///< ... and is closed when the validation takes longer.
  /// The frame for which `slow_statement` is meant, and the default of `frame_max`.
  static constexpr std::size_t frame_usual = 32;
  std::size_t pipeline_depth = 32;      ///< Requests on one connection at a time, declared reads not counted.
  std::size_t frame_max = frame_usual;  ///< Requests behind one Sync at most: what a lost connection leaves in doubt.
  std::size_t read_depth = 256;         ///< Declared reads on one connection at a time, which are never in doubt.
  std::size_t statement_cache = 256;    ///< Prepared statements a connection; 0 switches preparing off.
  bool prepared_statements = true;      ///< False: nothing is ever prepared by a name, for poolers in between.
  bool trace_comments = false;          ///< A statement's trace context is sent as a comment in front of its text.
  bool server_statement_timeout = true; ///< Deadlines are also told to the server, as its statement_timeout.
  duration slow_statement = 20ms;       ///< Nothing is queued behind a statement that has been running for longer.
  std::size_t result_bytes_max = 256u << 20;
  duration cancel_grace = 2s;  ///< After a cancel without effect the connection is closed.
  duration backoff_min = 50ms; ///< Dialling again after a failure: the first pause ...
  duration backoff_max = 5s;   ///< ... doubling up to this, with full jitter.
  retry_limits retries;        ///< Of its requests that it could not serve.
  breaker_limits breaker;      ///< When it is used only for what no other pool can serve.

  /// How many declared reads may be on one connection. One request at a time means reads, too.
  std::size_t depth_for_reads() const noexcept {
    return pipeline_depth > 1 ? std::max(pipeline_depth, read_depth) : pipeline_depth;
  }
  /// How many of them may stand behind one Sync. Where nobody is to share one, reads do not either.
  std::size_t frame_for_reads() const noexcept { return frame_max > 1 ? depth_for_reads() : frame_max; }
  /// When so many requests that share a connection have been without an answer for too long: `slow_statement` is meant
  /// for a frame of the usual size, and grows with larger ones.
  duration slow_for(std::size_t together) const noexcept {
    return slow_statement * static_cast<duration::rep>(std::max<std::size_t>(together / frame_usual, 1));
  }
  /// How many connections may be lent at a time.
  std::size_t lent_max() const noexcept {
    if (leases_max > 0) return leases_max;
    return connections_max > 1 ? connections_max - 1 : 1;
  }
};

/// The monitor: when it asks, and what it makes of the answers.
struct monitor_options {
  duration heartbeat_interval = 30s;
  duration probe_timeout = 2s;
  duration trouble_interval_min = 100ms; ///< Between probes while there is trouble ...
  duration trouble_interval_max = 1s;    ///< ... growing to this.
  duration healthy_within = 1s;          ///< A heartbeat answered sooner is healthy ...
  duration degraded_within = 5s;         ///< ... sooner than this degraded, else unhealthy.
  std::size_t misses_max = 3;
  duration stable_for = 30s;    ///< A pool that came back serves again after being well for this long.
  std::size_t parked_max = 600; ///< Requests that wait for any pool to serve them.
};

/// What the delegate gives a request that does not say it itself.
struct request_options {
  duration deadline = 30s;
  duration deadline_max = 1h;
  std::uint32_t attempts_max = 3;       ///< Pools tried in all; 1 to 3.
  std::size_t cancellable_max = 10'000; ///< Unanswered requests that can be cancelled by key or with their caller.
  std::size_t list_max = 1000;          ///< Statements in one statement_list.
};

/// Restarting actors that died.
struct supervision_options {
  duration backoff_min = 20ms;
  duration backoff_max = 2s;
  std::size_t restarts_max = 10; ///< Of one child in `restarts_window`; then it waits for that long.
  duration restarts_window = 60s;
};

/// The simple pool: one server, no monitor, no failover; what serves when the resilient part is off or cannot run.
struct simple_pool_options {
  std::string pool; ///< Whose server it is; empty: the pool that took writes last, at first the first one.
  std::size_t connections_min = 2;
  std::size_t connections_max = 10;
  std::size_t queue_max = 200;
  duration queue_wait_max = 10s;
  duration silence_max = 2s;  ///< Manager or monitor gone or silent for this long: the simple pool serves.
  duration return_after = 1s; ///< They have answered for this long again: the resilient part serves.
};

/// The whole configuration.
struct options {
  std::vector<pool_options> pools; ///< In their order of preference: primary, backup, failover by default.
  monitor_options monitor;
  request_options requests;
  supervision_options supervision;
  subscription_limits listening;
  simple_pool_options simple;
  bool resilience = true; ///< False: the simple pool alone.
  duration drain_timeout = 60s;
  duration loop_block_limit = 100ms; ///< A turn of the event loop that lasts for longer is reported; 0: none is.
  std::string log_level = "info";    ///< trace, debug, info, warn, error, off.
};

/// The three pools with their default sizes and without addresses.
options default_options();

} // namespace tripool
