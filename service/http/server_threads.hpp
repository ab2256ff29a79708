// The endpoint's threads: a fixed number, and a bounded number of connections that wait for one. When those are used
// up, accepting waits, and the rest stands in the kernel's own bounded queue. Used by the HTTP endpoint.
#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tripool::service {

/// What cpp-httplib hands accepted connections to.
class server_threads final : public httplib::TaskQueue {
public:
  static constexpr std::size_t threads_count = 12;
  static constexpr std::size_t waiting_max = 48;

  /// `waiting` is kept at the number of connections that wait for a thread, and must outlive this.
  explicit server_threads(std::atomic<std::size_t>& waiting) : count_(waiting) {
    for (std::size_t i = 0; i < threads_count; ++i) threads_.emplace_back([this] { work(); });
  }

  void enqueue(std::function<void()> job) override {
    std::unique_lock lock{mutex_};
    room_.wait(lock, [this] { return end_ || waiting_.size() < waiting_max; });
    waiting_.push_back(std::move(job));
    count_ = waiting_.size();
    more_.notify_one();
  }

  void shutdown() override {
    {
      const std::lock_guard guard{mutex_};
      end_ = true;
    }
    more_.notify_all();
    room_.notify_all();
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
        if (waiting_.empty()) return;
        job = std::move(waiting_.front());
        waiting_.pop_front();
        count_ = waiting_.size();
      }
      room_.notify_one();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable room_;
  bool end_ = false;
  std::atomic<std::size_t>& count_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
};

} // namespace tripool::service
