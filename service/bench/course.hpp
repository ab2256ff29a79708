// What the benchmark's callers share: whom they ask, what, and what has come of it. Used by callers and the command.
#pragma once

#include "service/bench/histogram.hpp"
#include "service/bench/workload.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace tripool::bench {

/// One benchmark under way. Callers on several threads share it.
struct course {
  using clock = std::chrono::steady_clock;

  caf::actor delegate;
  workload work{};
  access mode = access::read;
  std::int64_t accounts = 0; ///< Rows of pgbench_accounts.
  std::atomic<bool> measuring{false};
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::size_t> running{0};      ///< Callers that have not ended.
  std::atomic<std::int64_t> outstanding{0}; ///< Open loop: asked and not answered.

  /// Takes an error's account; the first is kept.
  void blame(const std::string& problem) {
    errors.fetch_add(1, std::memory_order_relaxed);
    std::lock_guard<std::mutex> guard{mutex_};
    if (first_error_.empty()) first_error_ = problem;
  }
  /// A caller ends and hands in what it measured.
  void hand_in(const histogram& x) {
    {
      std::lock_guard<std::mutex> guard{mutex_};
      all_.merge(x);
    }
    running.fetch_sub(1);
  }
  histogram latencies() {
    std::lock_guard<std::mutex> guard{mutex_};
    return all_;
  }
  std::string first_error() {
    std::lock_guard<std::mutex> guard{mutex_};
    return first_error_;
  }

private:
  std::mutex mutex_;
  histogram all_;
  std::string first_error_;
};

} // namespace tripool::bench
