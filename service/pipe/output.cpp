// Writing lines on a thread of their own.
#include "service/pipe/output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace tripool::pipe {

namespace {

/// How long the writer waits for a slow reader before it looks whether it is to end. A write of PIPE_BUF bytes does not
/// block once a pipe has been found writable.
constexpr int write_turn_ms = 100;

} // namespace

output::output(int fd) : fd_(fd), thread_([this] { run(); }) {}

output::~output() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void output::line(std::string text) {
  text.push_back('\n');
  {
    std::lock_guard<std::mutex> guard{mutex_};
    if (error_ != 0) return;
    queued_ += text;
  }
  changed_.notify_all();
}

bool output::wait_for_room(std::size_t bytes, std::chrono::milliseconds limit) {
  std::unique_lock<std::mutex> guard{mutex_};
  return changed_.wait_for(guard, limit, [&] { return error_ != 0 || queued_.size() + writing_ < bytes; });
}

int output::error() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return error_;
}

void output::run() {
  std::string batch;
  std::unique_lock<std::mutex> guard{mutex_};
  for (;;) {
    changed_.wait(guard, [&] { return ending_ || !queued_.empty(); });
    if (ending_) return;
    batch.swap(queued_);
    writing_ = batch.size();
    guard.unlock();
    const int error = write_all(batch);
    batch.clear();
    guard.lock();
    writing_ = 0;
    if (error != 0) {
      error_ = error;
      queued_.clear();
    }
    changed_.notify_all();
  }
}

// Returns 0, or the errno of what went wrong.
int output::write_all(const std::string& text) const {
  std::size_t at = 0;
  while (at < text.size() && !ending_) {
    pollfd p{fd_, POLLOUT, 0};
    if (poll(&p, 1, write_turn_ms) == 0) continue;
    const auto n = write(fd_, text.data() + at, std::min<std::size_t>(text.size() - at, PIPE_BUF));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    at += static_cast<std::size_t>(n);
  }
  return 0;
}

} // namespace tripool::pipe
