// The endpoint's threads: a fixed number, which work on whole requests and never wait for who sent them. What waits for
// a thread is bounded by who enqueues it. Used by the endpoint's connections.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tripool::service {

/// The threads. `enqueue` may be called from any thread, `end` once, or left to the destructor.
class server_threads {
public:
  static constexpr std::size_t threads_count = 12;

  server_threads() {
    for (std::size_t i = 0; i < threads_count; ++i) threads_.emplace_back([this] { work(); });
  }
  ~server_threads() { end(); }
  server_threads(const server_threads&) = delete;
  server_threads& operator=(const server_threads&) = delete;

  /// The job must not throw.
  void enqueue(std::function<void()> job) {
    const std::lock_guard guard{mutex_};
    waiting_.push_back(std::move(job));
    more_.notify_one();
  }

  /// What has begun is finished, what waits is dropped.
  void end() {
    {
      const std::lock_guard guard{mutex_};
      end_ = true;
      waiting_.clear();
    }
    more_.notify_all();
    for (auto& t : threads_) t.join();
    threads_.clear();
  }

private:
  void work() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock{mutex_};
        more_.wait(lock, [this] { return end_ || !waiting_.empty(); });
        if (end_) return;
        job = std::move(waiting_.front());
        waiting_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  bool end_ = false;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
};

} // namespace tripool::service
