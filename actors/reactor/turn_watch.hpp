// Looks from a thread of its own whether the loop's present turn lasts too long, and says so while it does; the loop's
// own thread says when such a turn is over.
// Knows no actor. Used by the reactor. When to report is core's to decide (loop_watch.hpp).
#pragma once

#include "tripool/core/health/loop_watch.hpp"
#include "tripool/core/time.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace tripool {

/// The watch. Its thread begins and ends with it.
class turn_watch {
public:
  /// Called on the watch's thread while a turn lasts, on the loop's when it is over; never both at a time.
  using reporter = std::function<void(const blocked_loop&)>;

  /// Precondition: `limit` > 0.
  turn_watch(duration limit, reporter report);
  ~turn_watch();
  turn_watch(const turn_watch&) = delete;
  turn_watch& operator=(const turn_watch&) = delete;

  // On the loop's thread.
  void began(time_point t) noexcept { began_.store(t.time_since_epoch().count(), std::memory_order_relaxed); }
  void ended(duration lasted);

  /// How many turns were too long, from any thread.
  std::uint64_t blocked() const noexcept { return blocked_.load(std::memory_order_relaxed); }

private:
  void run();

  duration limit_;
  reporter report_;
  std::atomic<std::int64_t> began_{0}; ///< Of the present turn; 0: the loop waits.
  std::atomic<std::uint64_t> blocked_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace tripool
