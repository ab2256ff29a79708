// What a running service remembers of itself: the flight recorder behind a lock, and how many requests ended how.
// Kept in the environment over all restarts; written by actors and responders on any thread, read for status messages.
// Holds neither parameters nor secrets. Tells nobody: `record` (environment.hpp) also tells subscribers.
#pragma once

#include "tripool/core/metrics/pool_meter.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/record/flight_recorder.hpp"
#include "tripool/core/time.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool {

/// How many causes of failures there are.
inline constexpr std::size_t causes_count = static_cast<std::size_t>(last_cause) + 1;

/// How many requests of callers ended how, since the start.
struct answer_counts {
  std::uint64_t done = 0;
  std::uint64_t rejected = 0;
  std::uint64_t not_executed = 0;
  std::uint64_t in_doubt = 0;
  std::array<std::uint64_t, causes_count> by_cause{}; ///< Of the failures, by `cause`.
};

/// The record. Thread-safe.
class service_record {
public:
  /// Says when a request was answered; to be set before anybody else knows the record.
  std::function<time_point()> clock{};

  /// Keeps an event; returns it as it was kept.
  service_event add(service_event x) {
    const std::lock_guard guard{mutex_};
    return recorder_.add(std::move(x));
  }
  /// A request of a caller was done.
  void done() noexcept { done_.fetch_add(1, std::memory_order_relaxed); }
  /// A request of a caller was answered with a failure. What the server rejected is counted only: it is the caller's.
  void failed(const failure& x);

  std::vector<service_event> events(const event_filter& f) const {
    const std::lock_guard guard{mutex_};
    return recorder_.events(f);
  }
  std::vector<service_event> why(std::string_view pool) const {
    const std::lock_guard guard{mutex_};
    return recorder_.why(pool);
  }
  std::vector<request_note> requests(std::uint64_t request) const {
    const std::lock_guard guard{mutex_};
    return recorder_.requests(request);
  }
  std::vector<request_note> last_requests(std::size_t limit) const {
    const std::lock_guard guard{mutex_};
    return recorder_.last_requests(limit);
  }
  std::uint64_t last_serial() const {
    const std::lock_guard guard{mutex_};
    return recorder_.last_serial();
  }
  answer_counts counts() const noexcept;

private:
  mutable std::mutex mutex_;
  flight_recorder recorder_;
  std::atomic<std::uint64_t> done_{0};
  std::array<std::atomic<std::uint64_t>, outcomes_count> by_outcome_{};
  std::array<std::atomic<std::uint64_t>, causes_count> by_cause_{};
};

} // namespace tripool
