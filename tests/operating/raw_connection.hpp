// A plain connection to the endpoint, for bytes that no client would send. Never waits without a bound. Used by the
// endpoint_*_test.cpp beside it.
#pragma once

#include "tests/support/catch.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tripool::test {

/// A plain connection.
class raw_connection {
public:
  explicit raw_connection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~raw_connection() { close(fd_); }
  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;

  /// Returns whether all of it was taken.
  bool send(std::string_view bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// What comes until the other end closes, at most `most` bytes.
  std::string read(std::size_t most = 100'000) const {
    std::string out;
    std::array<char, 4096> part{};
    ssize_t n = 0;
    while (out.size() < most && (n = recv(fd_, part.data(), part.size(), 0)) > 0)
      out.append(part.data(), static_cast<std::size_t>(n));
    return out;
  }
  void finish() const { shutdown(fd_, SHUT_WR); }

private:
  int fd_;
};

} // namespace tripool::test
