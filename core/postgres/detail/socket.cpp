// The system calls behind cork and meter.
#include "tripool/core/postgres/detail/socket.hpp"

#include <algorithm>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tripool::postgres {

namespace {

/// The room that libpq makes in its buffer before it reads.
constexpr std::size_t libpq_read_min = 8192;

/// Bytes that the kernel received on the connection since it began; 0 when it does not tell.
std::uint64_t received_by_kernel(int fd) noexcept {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) {
    return 0;
  }
  return info.tcpi_bytes_received;
}

std::size_t waiting_in_socket(int fd) noexcept {
  int n = 0;
  return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? static_cast<std::size_t>(n) : 0;
}

} // namespace

bool is_tcp(int fd) noexcept {
  int domain = 0;
  socklen_t length = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && (domain == AF_INET || domain == AF_INET6);
}

std::optional<session_traffic> traffic_of(int fd) noexcept {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (fd < 0 || !is_tcp(fd) || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) {
    return std::nullopt;
  }
  return session_traffic{info.tcpi_bytes_acked, info.tcpi_bytes_received};
}

void cork::set() noexcept {
  if (fd_ >= 0 && !set_) {
    const int on = 1;
    set_ = setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0;
  }
}

void cork::lift() noexcept {
  if (set_) {
    const int off = 0;
    setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    set_ = false;
  }
}

void incoming_meter::watch(int fd) noexcept {
  fd_ = fd;
  tcp_ = is_tcp(fd);
}

void incoming_meter::before_read() noexcept {
  if (counting_ && !tcp_) {
    waiting_ = waiting_in_socket(fd_);
  }
}

void incoming_meter::after_fruitless_read() noexcept {
  if (tcp_) {
    if (reads_++ % reads_a_question != 0) {
      return;
    }
    const auto now = received_by_kernel(fd_);
    base_ = counting_ ? base_ : now;
    bytes_ = static_cast<std::size_t>(now - base_);
  } else if (counting_) {
    // What is still waiting may have come meanwhile; libpq makes room for the least read before each.
    const auto left = waiting_in_socket(fd_);
    bytes_ += std::max(waiting_ - std::min(waiting_, left), std::min(waiting_, libpq_read_min));
  }
  counting_ = true;
}

void incoming_meter::answer_completed() noexcept {
  counting_ = false;
  reads_ = 0;
  waiting_ = 0;
  bytes_ = 0;
}

} // namespace tripool::postgres
