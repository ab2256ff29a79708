// What a pool tells about itself: a snapshot of plain values, for status messages, the status page and metrics.
// Knows no machine. Filled by pool_machine, read by everything that shows or decides by figures.
#pragma once

#include "tripool/core/pool/connection_table.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tripool {

/// What a pool does with new requests.
enum class pool_state : std::uint8_t {
  running,   ///< Serves them.
  suspended, ///< The monitor found it unhealthy: hands them on.
  draining,  ///< Hands them on, and serves those that it already has.
  drained,   ///< Hands them on, and has nothing left.
};

/// Returns the state's name, for example "draining".
std::string_view to_string(pool_state x) noexcept;

/// What has happened since the pool began. They only grow.
/// For requests: submitted + returned = dispatched + moved + failed + (those in the queue).
struct pool_counters {
  std::uint64_t submitted = 0;  ///< Requests that came in.
  std::uint64_t dispatched = 0; ///< Handed to a connection, again if they came back.
  std::uint64_t returned = 0;   ///< Came back from a connection: unsent, or a read that waited behind others.
  std::uint64_t completed = 0;  ///< Ended on a connection, whatever the outcome.
  std::uint64_t moved = 0;      ///< Left for another pool.
  std::uint64_t failed = 0;     ///< Answered by the pool; `expired`, `shed` and those that drain cut off.
  std::uint64_t expired = 0;    ///< Answered because the deadline or the longest wait was over.
  std::uint64_t shed = 0;       ///< Answered because of overload.
  std::uint64_t dials = 0;
  std::uint64_t dial_failures = 0;
  std::uint64_t opened = 0;
  std::uint64_t lost = 0;        ///< Open connections that broke.
  std::uint64_t evicted = 0;     ///< Open connections thrown away by `evict`.
  std::uint64_t retired = 0;     ///< Closed because their lifetime was over.
  std::uint64_t idle_closed = 0; ///< Closed because they were not needed.
  std::uint64_t lent = 0;        ///< Connections handed to a borrower.
};

/// A pool at one moment.
struct pool_stats {
  std::string name;
  pool_state state = pool_state::running;
  std::string suspended_because; ///< Empty unless suspended.
  connection_counts connections;
  std::size_t connections_min = 0;
  std::size_t connections_max = 0;
  std::size_t outstanding = 0; ///< Requests in the hands of connections.
  std::size_t queued = 0;
  std::size_t queue_max = 0;
  std::size_t orders_queued = 0; ///< Those of `queued` that wait for a connection of their own.
  std::size_t lent_max = 0;
  duration longest_lent{0};    ///< For how long the connection that was lent first has been away.
  duration oldest_wait{0};     ///< Of those in the queue.
  bool overloaded = false;     ///< The wait has been above the target for a whole interval.
  duration wait_average{0};    ///< In the queue, of those dispatched; moving average over about 16.
  duration service_average{0}; ///< On a connection; moving average (see moving_average.hpp).
  std::string last_dial_error; ///< Empty when no dial has ever failed.
  std::string last_dial_sqlstate;
  duration last_dial_error_age{0}; ///< Since then.
  pool_counters counters;
};

} // namespace tripool
