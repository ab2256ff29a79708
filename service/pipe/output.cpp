// Writing lines on a thread of their own.
#include "service/pipe/output.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace tripool::pipe {

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
    if (broken_) return;
    queued_ += text;
  }
  changed_.notify_all();
}

void output::wait_for_room(std::size_t bytes) {
  std::unique_lock<std::mutex> guard{mutex_};
  changed_.wait(guard, [&] { return broken_ || queued_.size() + writing_ < bytes; });
}

bool output::broken() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return broken_;
}

void output::run() {
  std::string batch;
  std::unique_lock<std::mutex> guard{mutex_};
  for (;;) {
    changed_.wait(guard, [&] { return ending_ || !queued_.empty(); });
    if (queued_.empty()) return;
    batch.swap(queued_);
    writing_ = batch.size();
    guard.unlock();
    const bool ok = write_all(batch);
    batch.clear();
    guard.lock();
    writing_ = 0;
    if (!ok) {
      broken_ = true;
      queued_.clear();
    }
    changed_.notify_all();
  }
}

bool output::write_all(const std::string& text) const {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto n = write(fd_, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace tripool::pipe
