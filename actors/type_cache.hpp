// What is known of the types of one pool's database: a snapshot that is shared and swapped whole, and whether a newer
// one is wanted. The pool loads it when its first connection is open, and again when a connection has met a type that
// the snapshot does not have; each load without news waits longer for the next.
// Thread-safe. Knows no actor. Held by the environment; used by a pool and its connections.
#pragma once

#include "tripool/core/codec/type_catalogue.hpp"
#include "tripool/core/time.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace tripool {

/// The snapshot of one pool.
class type_cache {
public:
  /// Pauses between loads: the first, and the longest.
  static constexpr duration pause_min = std::chrono::seconds{2};
  static constexpr duration pause_max = std::chrono::minutes{5};

  /// Null until it was loaded.
  std::shared_ptr<const type_catalogue> current() const {
    const std::lock_guard guard{mutex_};
    return current_;
  }
  /// Grows with each snapshot; 0 before the first.
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

  /// A type was met that the snapshot does not have.
  void want() noexcept { wanted_.store(true, std::memory_order_relaxed); }
  /// Whether the caller shall load it now; then it must end with `publish` or `failed`.
  bool claim(time_point now) {
    if (!wanted_.load(std::memory_order_relaxed)) return false;
    const std::lock_guard guard{mutex_};
    if (loading_ || now < not_before_) return false;
    loading_ = true;
    not_before_ = now + pause_;
    pause_ = std::min(2 * pause_, pause_max);
    wanted_.store(false, std::memory_order_relaxed);
    return true;
  }
  /// Replaces the snapshot.
  void publish(std::shared_ptr<const type_catalogue> x) {
    const std::lock_guard guard{mutex_};
    if (!current_ || current_->size() != x->size()) pause_ = pause_min;
    current_ = std::move(x);
    loading_ = false;
    version_.fetch_add(1, std::memory_order_release);
  }
  /// It could not be loaded: it is still wanted.
  void failed() {
    const std::lock_guard guard{mutex_};
    loading_ = false;
    want();
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const type_catalogue> current_;
  duration pause_ = pause_min;
  time_point not_before_{};
  bool loading_ = false;
  std::atomic<bool> wanted_{true};
  std::atomic<std::uint64_t> version_{0};
};

} // namespace tripool
