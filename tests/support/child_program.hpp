// A program as its user sees it: what it reads, what it writes, how it ends. Runs it with its three streams on pipes
// and never waits without a bound. Knows nothing of what the program does. Used by black-box tests of the executable.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace tripool::test {

/// A running program. Not thread-safe. Whatever it writes is taken in by every call that waits, so that it never blocks
/// on a full pipe unless a test wants that. The destructor kills it if it still runs.
class child_program {
public:
  using milliseconds = std::chrono::milliseconds;

  /// Starts `arguments[0]` with the rest. `environment` is added to the tester's own, as "NAME=value". A program that
  /// cannot be started ends at once with 127.
  explicit child_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ~child_program();
  child_program(const child_program&) = delete;
  child_program& operator=(const child_program&) = delete;

  /// Writes to its input; returns whether it took everything within `limit`.
  bool send(std::string_view text, milliseconds limit = std::chrono::seconds{30});
  /// The next line of its output, without its end; nothing when none comes within `limit` or the output has ended.
  std::optional<std::string> next_line(milliseconds limit = std::chrono::seconds{20});
  void close_input();
  /// Closes the reading end of its output: it gets EPIPE from now on.
  void close_output();
  /// Its exit code, or 128 and the signal that ended it; nothing when it still runs after `limit`.
  std::optional<int> wait_for_end(milliseconds limit = std::chrono::seconds{20});
  void signal(int number) const;
  bool running();

  /// Everything that it has written so far.
  const std::string& output() const noexcept { return output_; }
  const std::string& errors() const noexcept { return errors_; }
  /// Waits until its standard error contains `text`.
  bool wait_for_error(std::string_view text, milliseconds limit = std::chrono::seconds{20});

private:
  using clock = std::chrono::steady_clock;

  void pump(clock::time_point until);
  bool take_in(int& fd, std::string& to);
  void reap();

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string unsent_;
  std::size_t sent_ = 0; ///< Of `unsent_`.
  std::string output_;
  std::size_t read_ = 0; ///< Of `output_`: handed out as lines.
  std::string errors_;
  std::optional<int> ended_;
};

} // namespace tripool::test
