// The data of a COPY FROM, written to the socket beside libpq. libpq reads whenever it cannot write all, and keeps what
// it read until the data has ended: an error in the middle would go unseen. While this writes, libpq neither writes nor
// reads, so that whatever the server says can be looked at in the socket first.
// Not for encrypted connections. Plain system calls on a descriptor that libpq owns. Used by the session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tripool::postgres {

class copy_wire {
public:
  /// What waits to be read.
  enum class incoming : std::uint8_t {
    nothing,
    something, ///< Notices, notifications, or the connection's end: to be read.
    refusal,   ///< The server takes no more data.
  };

  /// Begins with an empty buffer. Nothing may be put before libpq has written out everything.
  void begin(int fd) noexcept;
  /// Writes a piece as CopyData messages as far as the socket takes it, and keeps the rest. False when the connection
  /// is broken: `error` says how, and nothing is kept.
  bool put(std::span<const std::byte> piece);
  /// Writes what was kept, as far as the socket takes it. False as above.
  bool write();
  /// Whether nothing is kept: a message of libpq may follow.
  bool idle() const noexcept { return written_ == kept_.size(); }
  const std::string& error() const noexcept { return error_; }

  /// Looks without reading. What it has not seen should not be read.
  incoming look() const noexcept;

private:
  bool put_message(std::span<const std::byte> piece);
  /// Bytes written of up to two parts; -1 when the connection is broken.
  std::ptrdiff_t send(std::span<const std::byte> head, std::span<const std::byte> body);

  int fd_ = -1;
  std::vector<std::byte> kept_;
  std::size_t written_ = 0; ///< Of what was kept.
  std::string error_;
};

} // namespace tripool::postgres
