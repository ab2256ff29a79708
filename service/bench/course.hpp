// What the benchmark's callers share: what they ask, and what has come of it. Used by callers and the command.
#pragma once

#include "service/bench/histogram.hpp"
#include "service/bench/workload.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tripool::bench {

/// One benchmark under way. Callers on several threads share it.
struct course {
  using clock = std::chrono::steady_clock;

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
  /// Where the calling thread counts latencies: one a thread, since one a caller would not fit the caches and would be
  /// measured itself. There is one course in a process.
  histogram& latencies_here() {
    thread_local histogram* mine = nullptr;
    if (!mine) {
      std::lock_guard<std::mutex> guard{mutex_};
      mine = by_thread_.emplace_back(std::make_unique<histogram>()).get();
    }
    return *mine;
  }
  /// All of them. To be called when the callers have ended.
  histogram latencies() {
    std::lock_guard<std::mutex> guard{mutex_};
    histogram all;
    for (const auto& x : by_thread_) all.merge(*x);
    return all;
  }
  /// A caller ends.
  void leave() { running.fetch_sub(1); }
  std::string first_error() {
    std::lock_guard<std::mutex> guard{mutex_};
    return first_error_;
  }

private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<histogram>> by_thread_;
  std::string first_error_;
};

} // namespace tripool::bench
