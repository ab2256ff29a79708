// A request observer that logs the statements that took long: their text without parameters, how long, how they ended.
// At most `lines_max` lines a second; what is left out is counted in the next one. For embedding applications, and for
// `tripool serve --slow-log`. Thread-safe.
#pragma once

#include "tripool/actors/request_observer.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace tripool {

/// The log. With `next` two observers follow the same requests: the log looks at all of them, `next` is told of those
/// that it wants. It is asked when the answer is there, since only this log had to decide before.
class slow_statement_log final : public request_observer {
public:
  static constexpr std::uint32_t lines_max = 10;
  /// Longer texts are cut, in bytes.
  static constexpr std::size_t text_max = 500;

  slow_statement_log(std::shared_ptr<spdlog::logger> log, duration threshold,
                     std::shared_ptr<request_observer> next = {});

  bool wants(const std::string& text, const std::string& traceparent) override;
  void answered(const request_span& x) noexcept override;

private:
  bool next_wants(const request_span& x) noexcept;
  void write(const request_span& x);

  std::shared_ptr<spdlog::logger> log_;
  duration threshold_;
  std::shared_ptr<request_observer> next_;
  std::mutex asking_; ///< `next`.
  std::mutex mutex_;
  time_point second_{}; ///< When the present second began.
  std::uint32_t lines_ = 0;
  std::uint64_t left_out_ = 0;
};

} // namespace tripool
