// The log of the executable's commands: lines to standard error that never hold anybody up. A thread of its own writes
// from a bounded queue. When nobody reads, the oldest lines go, and it is said how many as soon as one reads again.
// Long messages are cut. Who logs a critical line waits until it is written, as long as the end would.
// Embedding applications give their own logger and need none of this. Used by make_log and by commands that run long.
#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tripool::service {

/// Where the lines go, and how they wait.
struct log_outlet {
  int descriptor = 2;
  std::size_t lines_max = 4096;               ///< That wait to be written.
  std::chrono::milliseconds last_words{1000}; ///< So long the end waits for who does not read.
};

/// A log. With `close` or the last copy of `log` what still waits is written, within `last_words`.
struct service_log {
  std::shared_ptr<spdlog::logger> log;
  std::function<std::uint64_t()> dropped; ///< How many lines so far. From any thread.
  std::function<void()> close;            ///< What is logged later is dropped. From any thread.
};

/// Closes a log at the end of its scope, whoever still holds a copy.
class log_end {
public:
  explicit log_end(const service_log& x) : close_(x.close) {}
  ~log_end() { close_(); }
  log_end(const log_end&) = delete;
  log_end& operator=(const log_end&) = delete;

private:
  std::function<void()> close_;
};

/// As make_log.
service_log make_service_log(const std::string& level, bool json, const log_outlet& to = {});

} // namespace tripool::service
