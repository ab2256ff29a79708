// Ctrl-C and SIGTERM as a descriptor that becomes readable, so that commands end in order. Used by commands that wait.
#pragma once

#include <chrono>
#include <optional>

namespace tripool::service {

/// While it lives, SIGINT and SIGTERM (and SIGHUP if asked for) end nothing but make `fd()` readable;
/// what came until its end counts as heard.
/// Make it before any thread is started, since threads inherit the blocked signals. One at a time.
class signal_watch {
public:
  explicit signal_watch(bool hangup_too = false);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  int fd() const noexcept { return fd_; }
  /// Whether a signal has come that nobody has taken.
  bool pending() const noexcept;
  /// The signal that came, or nothing. Does not block.
  std::optional<int> take() noexcept;
  /// Waits for a signal at most so long.
  std::optional<int> wait(std::chrono::milliseconds limit) noexcept;

private:
  bool hangup_too_;
  int fd_;
};

} // namespace tripool::service
