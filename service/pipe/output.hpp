// Standard output of `tripool pipe`: lines are queued by any thread and written by one of its own, so that a slow
// reader blocks nobody but, through `wait_for_room`, the reading of further requests.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

namespace tripool::pipe {

/// Writes lines to a descriptor. When the reader is gone (EPIPE), further lines are dropped and `broken` says so.
class output {
public:
  explicit output(int fd);
  /// Writes what is queued, then ends.
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Queues a line (without its end). Any thread.
  void line(std::string text);
  /// Waits until less than `bytes` are queued.
  void wait_for_room(std::size_t bytes);
  bool broken() const;

private:
  void run();
  bool write_all(const std::string& text) const;

  int fd_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string queued_;
  std::size_t writing_ = 0;
  bool ending_ = false;
  bool broken_ = false;
  std::thread thread_;
};

} // namespace tripool::pipe
