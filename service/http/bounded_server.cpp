// A connection's bytes, each with a look at the clock.
#include "service/http/bounded_server.hpp"

#include "service/http/server_threads.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tripool::service {

namespace {

using steady = std::chrono::steady_clock;

/// How often a wait looks whether it is crowded, or the server ends.
constexpr std::chrono::milliseconds turn{50};
/// What is taken in from who goes on sending after the answer: closing with bytes unread would take the answer away.
constexpr std::size_t farewell_bytes_max = 256 * 1024;

bool may_come_again(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

class bounded_stream final : public httplib::Stream {
public:
  bounded_stream(socket_t fd, const bounded_server& of) : fd_(fd), of_(of) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }

  ssize_t read(char* to, size_t size) override {
    if (next_ == filled_) {
      const auto n = fill();
      if (n <= 0) return n;
    }
    const auto n = std::min(size, filled_ - next_);
    std::copy_n(buffer_.data() + next_, n, to);
    next_ += n;
    return static_cast<ssize_t>(n);
  }

  ssize_t write(const char* from, size_t size) override {
    const auto now = steady::now();
    if (answer_began_ == steady::time_point{}) answer_began_ = now;
    const auto until = std::min(now + of_.bounds().write_limit, answer_began_ + of_.bounds().answer_limit);
    for (;;) {
      const auto n = ::send(fd_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n >= 0) return n;
      if (!may_come_again(errno) || !wait_until(POLLOUT, [&] { return until; })) return -1;
    }
  }

  /// Says that this was all, and lets the other end take it in.
  void bid_farewell() {
    if (::shutdown(fd_, SHUT_WR) != 0) return;
    const auto until = steady::now() + of_.bounds().farewell_limit;
    for (std::size_t taken = 0; taken < farewell_bytes_max && wait_until(POLLIN, [&] { return until; });) {
      const auto n = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (n == 0 || (n < 0 && !may_come_again(errno))) return;
      if (n > 0) taken += static_cast<std::size_t>(n);
    }
  }

  // Nothing here asks who it was; and the library's limit on the number of a socket is one of select(2).
  void get_remote_ip_and_port(std::string&, int& port) const override { port = 0; }
  void get_local_ip_and_port(std::string&, int& port) const override { port = 0; }
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  ssize_t fill() {
    const auto& b = of_.bounds();
    if (received_ >= b.bytes_max) return -1;
    for (;;) {
      const auto n = ::recv(fd_, buffer_.data(), std::min(buffer_.size(), b.bytes_max - received_), MSG_DONTWAIT);
      if (n > 0) {
        received_ += static_cast<std::size_t>(n);
        heard_ = steady::now();
        next_ = 0;
        filled_ = static_cast<std::size_t>(n);
        if (heard_ > request_ends()) return -1;
      }
      if (n >= 0) return n;
      if (!may_come_again(errno)) return -1;
      const auto silence = received_ == 0 ? b.first_byte_limit : b.silence_limit;
      if (!wait_until(POLLIN, [&] { return std::min(heard_ + silence, request_ends()); })) return -1;
    }
  }

  steady::time_point request_ends() const {
    return began_ + (of_.crowded() ? of_.bounds().crowded_limit : of_.bounds().request_limit);
  }

  /// Whether the socket became ready before what `end` says, which is asked anew each turn.
  template <class End>
  bool wait_until(short what, End end) const {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end() - steady::now());
      if (left.count() <= 0 || of_.ending()) return false;
      pollfd p{fd_, what, 0};
      const int n = ::poll(&p, 1, static_cast<int>(std::min(left, turn).count()));
      if (n > 0) return true;
      if (n < 0 && errno != EINTR) return false;
    }
  }

  socket_t fd_;
  const bounded_server& of_;
  steady::time_point began_ = steady::now();
  steady::time_point heard_ = began_;
  steady::time_point answer_began_{};
  std::size_t received_ = 0;
  std::array<char, 4096> buffer_{};
  std::size_t next_ = 0;
  std::size_t filled_ = 0;
};

} // namespace

bounded_server::bounded_server() {
  new_task_queue = [this] { return new server_threads{waiting_}; };
}

bool bounded_server::process_and_close_socket(socket_t sock) {
  bounded_stream stream{sock, *this};
  bool closed = false;
  const bool answered = process_request(stream, true, closed, nullptr);
  stream.bid_farewell();
  ::close(sock);
  return answered;
}

} // namespace tripool::service
