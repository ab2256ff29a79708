// What libpq does not offer of a session's socket: holding small packets back while a drain is handed over, and a rough
// count of what has arrived. Plain system calls on a descriptor that libpq owns. Used by the session.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tripool::postgres {

/// Whether the descriptor is a TCP socket.
bool is_tcp(int fd) noexcept;

/// What the kernel counted on a TCP connection; nothing on others.
std::optional<session_traffic> traffic_of(int fd) noexcept;

/// Holds partial packets back on a TCP socket until it is lifted: libpq 15 sends with every Sync, and a drain of many
/// statements would become as many packets. Does nothing on other sockets.
class cork {
public:
  /// `fd` must be a TCP socket, or -1 for a cork that does nothing.
  void watch(int fd) noexcept { fd_ = fd; }
  void set() noexcept;
  void lift() noexcept;

private:
  int fd_ = -1;
  bool set_ = false;
};

/// Approximate bytes received for an answer that takes more than one read. Costs nothing for answers that do not.
/// On TCP the kernel's own count of the connection, up to three reads late; else what each read took at least, which
/// misses what arrived during the read (about a fifth of a fast stream). The first read of an answer (one socket buffer
/// at most) is not counted.
class incoming_meter {
public:
  void watch(int fd) noexcept;
  void before_read() noexcept;
  /// A read that ended without a complete answer.
  void after_fruitless_read() noexcept;
  void answer_completed() noexcept;
  std::size_t bytes() const noexcept { return bytes_; }

private:
  /// Of TCP: each question is a system call, and an answer of 1,000 rows takes six reads.
  static constexpr std::size_t reads_a_question = 4;

  int fd_ = -1;
  bool tcp_ = false;
  bool counting_ = false;
  std::size_t reads_ = 0;
  std::uint64_t base_ = 0;
  std::size_t waiting_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace tripool::postgres
