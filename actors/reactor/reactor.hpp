// The event loop: one thread that waits on epoll and timers, and that is a CAF execution unit, so that the actors on it
// exchange messages and read sockets without a hand-off between threads (see docs/adr/).
// Knows no pool and no database. Used by loop_actor, and by `instance`, which owns it.
#pragma once

#include "tripool/actors/reactor/turn_watch.hpp"
#include "tripool/core/util/timer_wheel.hpp"

#include <caf/execution_unit.hpp>
#include <caf/fwd.hpp>
#include <caf/resumable.hpp>

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

namespace tripool {

/// Hears of a descriptor that became ready, on the loop's thread.
class io_handler {
public:
  virtual ~io_handler() = default;
  virtual void on_io(bool readable, bool writable) = 0;
};

/// What an actor's `subtype` is if it is to run behind those that may have something for it yet: a pool plans once for
/// all that its connections and the callers bring in one turn. A number that CAF knows and does not use for actors.
inline constexpr auto late_job = caf::resumable::function_object;

/// Counters of a loop, for inspection. Approximate: read while the loop runs.
struct reactor_stats {
  std::uint64_t wakeups = 0; ///< Returns from epoll_wait.
  std::uint64_t jobs = 0;    ///< Actors resumed.
  std::uint64_t events = 0;  ///< Descriptors found ready.
  std::size_t actors = 0;    ///< Actors alive on the loop.
  duration longest_turn{0};  ///< The longest time between two looks at messages, timers and descriptors.
  std::uint64_t blocked = 0; ///< Turns that lasted for the limit of `watch_turns` or longer.
};

/// The loop. Made and destroyed outside of its own thread. Every actor on it must have ended before it is destroyed:
/// the destructor ends those that have not, and waits. It must die before the actor system does.
class reactor final : public caf::execution_unit {
public:
  explicit reactor(caf::actor_system& sys);
  ~reactor() override;
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// From any thread. Actors that are not this loop's go to the system's scheduler.
  void exec_later(caf::resumable* job) override;

  // -- on the loop's thread only -----------------------------------------------------------------------------------

  /// Watches, or changes what is watched. `fd` stays the caller's. Returns false when the kernel refuses. A number that
  /// was closed and came back belongs to the handler that watched it last: the earlier one's `rewatch` returns false,
  /// and its `unwatch` does nothing.
  bool watch(int fd, io_handler& handler, bool read, bool write);
  bool rewatch(int fd, io_handler& handler, bool read, bool write);
  /// After this no event reaches the handler, even if the descriptor was closed before. Must come before its death.
  void unwatch(int fd, const io_handler& handler) noexcept;
  void arm(wheel_timer& t, time_point when) { wheel_.arm(t, when); }
  void disarm(wheel_timer& t) noexcept { wheel_.disarm(t); }

  // -- from any thread ---------------------------------------------------------------------------------------------

  time_point now() const noexcept { return std::chrono::steady_clock::now(); }
  /// An actor of this loop begins or ends; kept so that the loop can end those that are left.
  void enrol(caf::abstract_actor* x);
  void leave(caf::abstract_actor* x) noexcept;
  reactor_stats stats() const;
  /// From now on, reports turns that last for `limit` or longer (see turn_watch.hpp). To be called once.
  void watch_turns(duration limit, turn_watch::reporter report);
  /// Sends an exit message to every actor left on the loop and waits until all have ended. Returns false when some have
  /// not within `limit`.
  bool end_all(duration limit);

private:
  /// What is watched under a number. The kernel keeps the serial, not the handler: what it holds may be out of date.
  struct watched {
    io_handler* handler = nullptr;
    std::uint32_t events = 0;
    std::uint32_t serial = 0;
  };

  void run();
  void begin_turn() noexcept;
  void end_turn();
  void run_rounds();
  void run_jobs();
  void take_late_jobs();
  bool has_jobs() const noexcept { return !local_.empty() || !late_.empty(); }
  bool has_ready() const noexcept { return next_ready_ < ready_end_; }
  void wait();
  std::size_t poll();
  void deliver_ready();
  void deliver(std::uint64_t token, std::uint32_t events);
  void renew();
  bool tell_kernel(int epoll, int operation, int fd) const noexcept;
  watched* find(int fd, const io_handler& handler) noexcept;
  void wake() noexcept;
  int sleep_ms() const;

  int epoll_ = -1;
  int event_ = -1;
  std::vector<watched> watched_; ///< By descriptor.
  std::uint32_t serial_ = 0;
  std::array<epoll_event, 64> ready_{}; ///< What the kernel found, ...
  std::size_t next_ready_ = 0;          ///< ... and which part of it has not had its turn yet.
  std::size_t ready_end_ = 0;
  bool stale_ = false; ///< An event came of what nobody watches any more: perhaps the kernel holds it for good.
  timer_wheel wheel_;
  std::vector<caf::resumable*> local_;
  std::vector<caf::resumable*> batch_;
  std::vector<caf::resumable*> late_; ///< Of `late_job`; run when nothing else is to be, or when they have waited.
  unsigned put_off_ = 0;              ///< How often they had to wait in a row.
  std::mutex mutex_;
  std::vector<caf::resumable*> inbox_;
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stop_{false};

  mutable std::mutex actors_mutex_;
  std::condition_variable actors_changed_;
  std::unordered_set<caf::abstract_actor*> actors_;

  std::atomic<std::uint64_t> wakeups_{0};
  std::atomic<std::uint64_t> jobs_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::int64_t> longest_turn_{0};
  time_point turn_began_{}; ///< On the loop's thread.
  std::unique_ptr<turn_watch> owned_watch_;
  std::atomic<turn_watch*> watch_{nullptr};
  std::thread thread_;
};

} // namespace tripool
