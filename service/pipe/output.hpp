// Standard output of `tripool pipe`: lines are queued by any thread and written by one of its own, so that a slow
// reader blocks nobody but, through `wait_for_room`, the reading of further requests.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

namespace tripool::pipe {

/// Writes lines to a descriptor. When it cannot be written, for example since its reader is gone (EPIPE), further lines
/// are dropped and `error` says so.
class output {
public:
  explicit output(int fd);
  /// Drops what is not written yet: see `flush`.
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Queues a line (without its end). Any thread.
  void line(std::string text);
  /// Waits until less than `bytes` are queued, for at most `limit`; returns whether that is so.
  bool wait_for_room(std::size_t bytes, std::chrono::milliseconds limit);
  /// Waits until everything is written or the reader is gone, for at most `limit`; returns whether that is so.
  bool flush(std::chrono::milliseconds limit) { return wait_for_room(1, limit); }
  /// Why it cannot be written (an errno), or 0.
  int error() const;
  bool broken() const { return error() != 0; }

private:
  void run();
  int write_all(const std::string& text) const;

  int fd_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string queued_;
  std::size_t writing_ = 0;
  std::atomic<bool> ending_{false};
  int error_ = 0;
  std::thread thread_;
};

} // namespace tripool::pipe
