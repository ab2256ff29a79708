// The event loop: one thread that waits on epoll and timers, and that is a CAF execution unit, so that the actors on it
// exchange messages and read sockets without a hand-off between threads (see docs/adr/).
// Knows no pool and no database. Used by loop_actor, and by `instance`, which owns it.
#pragma once

#include "tripool/core/util/timer_wheel.hpp"

#include <caf/execution_unit.hpp>
#include <caf/fwd.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
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

/// Counters of a loop, for inspection. Approximate: read while the loop runs.
struct reactor_stats {
  std::uint64_t wakeups = 0; ///< Returns from epoll_wait.
  std::uint64_t jobs = 0;    ///< Actors resumed.
  std::uint64_t events = 0;  ///< Descriptors found ready.
  std::size_t actors = 0;    ///< Actors alive on the loop.
  duration longest_turn{0};  ///< The longest time between two returns to epoll_wait.
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

  /// Whether the caller is on the loop's thread.
  bool here() const noexcept { return std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed); }

  // -- on the loop's thread only -----------------------------------------------------------------------------------

  /// Watches, or changes what is watched. `fd` stays the caller's. Returns false when the kernel refuses.
  bool watch(int fd, io_handler& handler, bool read, bool write);
  bool rewatch(int fd, io_handler& handler, bool read, bool write);
  void unwatch(int fd) noexcept;
  void arm(wheel_timer& t, time_point when) { wheel_.arm(t, when); }
  void disarm(wheel_timer& t) noexcept { wheel_.disarm(t); }

  // -- from any thread ---------------------------------------------------------------------------------------------

  time_point now() const noexcept { return std::chrono::steady_clock::now(); }
  /// An actor of this loop begins or ends; kept so that the loop can end those that are left.
  void enrol(caf::abstract_actor* x);
  void leave(caf::abstract_actor* x) noexcept;
  reactor_stats stats() const;
  /// Sends an exit message to every actor left on the loop and waits until all have ended. Returns false when some have
  /// not within `limit`.
  bool end_all(duration limit);

private:
  void run();
  void run_jobs();
  void wait();
  void wake() noexcept;
  int sleep_ms() const;

  int epoll_ = -1;
  int event_ = -1;
  timer_wheel wheel_;
  std::vector<caf::resumable*> local_;
  std::vector<caf::resumable*> batch_;
  std::mutex mutex_;
  std::vector<caf::resumable*> inbox_;
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stop_{false};
  std::atomic<std::thread::id> thread_id_{};

  mutable std::mutex actors_mutex_;
  std::condition_variable actors_changed_;
  std::unordered_set<caf::abstract_actor*> actors_;

  std::atomic<std::uint64_t> wakeups_{0};
  std::atomic<std::uint64_t> jobs_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::int64_t> longest_turn_{0};
  std::thread thread_;
};

} // namespace tripool
