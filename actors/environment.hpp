// What all of Tripool's actors share: the loop, the sessions' factory, the configuration, the log, and what must
// outlive a restart (the timeline fence). Made once by `instance` (or by a test) and handed to every actor.
// Holds no secret. Knows no actor's inside.
#pragma once

#include "tripool/actors/service_record.hpp"
#include "tripool/actors/type_cache.hpp"
#include "tripool/core/config/options.hpp"
#include "tripool/core/metrics/pool_meter.hpp"
#include "tripool/core/pool/pace_book.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/retry/move_log.hpp"
#include "tripool/core/routing/handover_book.hpp"
#include "tripool/core/routing/operator_orders.hpp"
#include "tripool/core/routing/parking.hpp"
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/routing/timeline_fence.hpp"

#include <caf/actor_addr.hpp>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace tripool {

class reactor;

/// How busy a pool is: written by the pool, read by those who route. Relaxed, since routing only needs a recent value.
struct pool_gauge {
  std::atomic<std::uint32_t> outstanding{0};
  std::atomic<std::uint32_t> queued{0};
  std::atomic<std::uint32_t> queue_max{0};
  std::atomic<bool> choked{false}; ///< All its connections are lent, or at statements that take long.
  std::atomic<std::int64_t> latency_average_ns{0};
  std::atomic<std::uint32_t> replayed_timeline{0}; ///< With `replayed_lsn`; written by the monitor for standbys.
  std::atomic<std::uint64_t> replayed_lsn{0};
  std::atomic<std::uint64_t> served{0};       ///< Answers that its server has given to requests, ...
  std::atomic<duration::rep> served_at_ns{0}; ///< ... and when the last of them came, since the clock's epoch.
  std::atomic<std::uint64_t> broken{0};       ///< Requests that failed by its server's fault (see blames_server).

  /// `n` answers came at `at`. On the loop's thread only: so no other can come in between.
  void note_served(std::uint64_t n, time_point at) noexcept {
    served_at_ns.store(at.time_since_epoch().count(), std::memory_order_relaxed);
    served.fetch_add(n, std::memory_order_relaxed);
  }
};

/// The shared surroundings. Immutable after construction but for counters, gauges, and what is kept over restarts.
struct environment {
  reactor* loop = nullptr; ///< Null: actors run on the system's scheduler (deterministic tests).
  std::shared_ptr<session_factory> sessions;
  options config; ///< As the service was started; names and number of the pools never change. See `current`.
  std::shared_ptr<spdlog::logger> log;
  std::uint64_t seed = 0;      ///< All randomness grows from it.
  bool inline_helpers = false; ///< Blocking work runs at once in the caller (deterministic tests).

  std::vector<std::unique_ptr<pool_gauge>> gauges; ///< By pool.
  std::vector<std::shared_ptr<pace_book>> paces;   ///< By pool; used on the pool's thread only, and kept over restarts.
  std::vector<std::shared_ptr<type_cache>> types;  ///< By pool; kept over restarts.
  std::vector<std::shared_ptr<pool_meter>> meters; ///< By pool; used on the pool's thread only, kept over restarts.
  bool load_types = false;                         ///< Pools ask their databases for the types that are not built in.
  std::shared_ptr<timeline_fence> fence =
    std::make_shared<timeline_fence>();                           ///< The monitor's, kept over its restarts.
  std::shared_ptr<move_log> moves = std::make_shared<move_log>(); ///< Kept over restarts.
  std::shared_ptr<service_record> record = std::make_shared<service_record>(); ///< Kept over restarts.
  /// What waits for any pool: the monitor's. The delegate answers what a silent monitor leaves there for too long.
  /// Used on the loop's thread only.
  std::unique_ptr<parking> parked;
  /// What is on its way to the monitor: the delegate answers what lies in a silent one's mailbox for too long. Used on
  /// the loop's thread only.
  std::unique_ptr<handover_book> handovers;
  caf::actor_addr events; ///< Who is told of doubts: the delegate, which sets it before anybody else lives.
  std::shared_ptr<operator_orders> orders = std::make_shared<operator_orders>(); ///< The loop's, kept over restarts.
  std::atomic<std::uint64_t> seeds_given{0};
  std::atomic<std::uint32_t> next_connection{0};
  std::atomic<std::uint64_t> next_request{0};
  std::atomic<std::uint64_t> changes{0}; ///< Of secrets, configuration and topology: one number for all.

  /// A seed that no other caller has.
  std::uint64_t next_seed() noexcept;
  /// The number of a change that is made now: greater than that of every change before it, of whatever kind, so that
  /// who hears of two knows which is the later one.
  std::uint64_t next_change() noexcept { return ++changes; }
  /// The number of the latest change.
  std::uint64_t latest_change() const noexcept { return changes.load(); }
  /// An id for a new connection; never reused.
  std::uint32_t next_connection_id() noexcept { return ++next_connection; }

  /// The configuration in force. What holds it keeps what it began with. Thread-safe.
  std::shared_ptr<const options> current() const {
    const std::lock_guard guard{live_mutex_};
    return live_;
  }
  /// Puts another one in force for whoever asks from now on. It must have passed `check_reload`. Thread-safe.
  void put_in_force(std::shared_ptr<const options> x) {
    const std::lock_guard guard{live_mutex_};
    live_ = std::move(x);
    ++generation_;
  }
  /// How many configurations have been in force. Thread-safe.
  std::uint64_t generation() const {
    const std::lock_guard guard{live_mutex_};
    return generation_;
  }

private:
  mutable std::mutex live_mutex_;
  std::shared_ptr<const options> live_;
  std::uint64_t generation_ = 0;
};

using environment_ptr = std::shared_ptr<environment>;

/// The longest wait for any pool to serve a request.
inline constexpr duration parked_wait_max = std::chrono::seconds{10};

/// A monitor that has not answered, or not opened, what it holds for so long after it should have is silent.
inline constexpr duration monitor_silent_for = std::chrono::milliseconds{100};

/// Makes an environment with gauges for every pool, and a log that goes nowhere if `log` is null.
environment_ptr make_environment(options config, std::shared_ptr<session_factory> sessions, reactor* loop,
                                 std::shared_ptr<spdlog::logger> log, std::uint64_t seed);

/// Writes an event into the flight recorder and has the subscribers told of it, unless it repeats a recent one.
void record(const environment& env, service_event x);

/// Reads all gauges.
std::vector<pool_load> read_loads(const environment& env);

/// Runs `job`, which may block for long, on a thread of its own that nobody waits for, or at once if the environment
/// says so. `job` must not touch the caller, nor keep it alive: it sends a message when it is done. Returns false, and
/// runs nothing, when too many are under way already or the system has no thread left.
[[nodiscard]] bool run_blocking(const environment& env, std::function<void()> job);

} // namespace tripool
