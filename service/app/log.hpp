// The log of the executable's commands: lines to standard error that never hold anybody up. A thread of its own writes
// from a bounded queue. When nobody reads, the oldest lines go, and it is said how many as soon as one reads again.
// Embedding applications give their own logger and need none of this. Used by make_log and by `serve`.
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

/// A log. With the last copy of `log` what still waits is written, within `last_words`.
struct service_log {
  std::shared_ptr<spdlog::logger> log;
  std::function<std::uint64_t()> dropped; ///< How many lines so far. From any thread, while there is a copy of `log`.
};

/// As make_log.
service_log make_service_log(const std::string& level, bool json, const log_outlet& to = {});

} // namespace tripool::service
