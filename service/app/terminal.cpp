// termios and ANSI.
#include "service/app/terminal.hpp"

#include <array>
#include <cstdio>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tripool::service {

raw_terminal::raw_terminal() {
  if (tcgetattr(STDIN_FILENO, &before_) == 0) {
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  std::fputs("\x1b[?1049h\x1b[?25l", stdout);
  std::fflush(stdout);
}

raw_terminal::~raw_terminal() {
  std::fputs("\x1b[?25h\x1b[?1049l", stdout);
  std::fflush(stdout);
  if (changed_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

std::pair<std::size_t, std::size_t> raw_terminal::size() const noexcept {
  winsize x{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &x) != 0 || x.ws_col == 0 || x.ws_row == 0) return {80, 24};
  return {x.ws_col, x.ws_row};
}

std::optional<char> raw_terminal::wait_for_key(std::chrono::milliseconds limit, int other) noexcept {
  std::array<pollfd, 2> all{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{other, POLLIN, 0}};
  if (poll(all.data(), all.size(), static_cast<int>(limit.count())) <= 0) return std::nullopt;
  char key = 0;
  if ((all[0].revents & (POLLIN | POLLHUP)) != 0) {
    if (read(STDIN_FILENO, &key, 1) == 1) return key;
    return 'q'; // Nobody can press anything any more.
  }
  return std::nullopt;
}

} // namespace tripool::service
