// The terminal for commands that draw a screen: keys one by one, the size, and everything as it was at the end.
// Knows no command. One at a time; not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include <termios.h>

namespace tripool::service {

/// While it lives, keys come without Enter and echo, on the alternate screen. The destructor gives the terminal back.
class raw_terminal {
public:
  raw_terminal();
  ~raw_terminal();
  raw_terminal(const raw_terminal&) = delete;
  raw_terminal& operator=(const raw_terminal&) = delete;

  /// Columns and rows; 80 x 24 when the terminal does not say.
  std::pair<std::size_t, std::size_t> size() const noexcept;
  /// The next key within `limit`; nothing when none came, the terminal is gone, or `other` became readable.
  std::optional<char> wait_for_key(std::chrono::milliseconds limit, int other) noexcept;

private:
  termios before_{};
  bool changed_ = false;
};

} // namespace tripool::service
