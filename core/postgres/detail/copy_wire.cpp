// The framing and the system calls.
#include "tripool/core/postgres/detail/copy_wire.hpp"

#include "tripool/core/postgres/detail/copy_refusal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>

namespace tripool::postgres {

namespace {

/// The data of one message. The server refuses one of more than 1 GB; smaller ones keep it answering.
constexpr std::size_t message_max = std::size_t{1} << 20U;

/// What a buffer may keep of its memory once it is empty.
constexpr std::size_t kept_empty_max = std::size_t{1} << 20U;

std::array<std::byte, 5> head_of(std::size_t size) noexcept {
  const auto length = static_cast<std::uint32_t>(size + 4);
  return {std::byte{'d'}, std::byte(length >> 24U), std::byte(length >> 16U), std::byte(length >> 8U),
          std::byte(length)};
}

} // namespace

void copy_wire::begin(int fd) noexcept {
  fd_ = fd;
  kept_.clear();
  written_ = 0;
  error_.clear();
}

bool copy_wire::put(std::span<const std::byte> piece) {
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), message_max));
    if (!put_message(part)) {
      return false;
    }
    piece = piece.subspan(part.size());
  }
  return true;
}

bool copy_wire::put_message(std::span<const std::byte> piece) {
  const auto head = head_of(piece.size());
  std::size_t done = 0;
  if (idle()) {
    const auto sent = send(head, piece);
    if (sent < 0) {
      return false;
    }
    done = static_cast<std::size_t>(sent);
  } else if (written_ >= kept_.size() / 2) {
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(written_));
    written_ = 0;
  }
  const auto head_done = std::min(done, head.size());
  kept_.insert(kept_.end(), head.begin() + static_cast<std::ptrdiff_t>(head_done), head.end());
  kept_.insert(kept_.end(), piece.begin() + static_cast<std::ptrdiff_t>(done - head_done), piece.end());
  return true;
}

bool copy_wire::write() {
  while (!idle()) {
    const auto sent = send(std::span{kept_}.subspan(written_), {});
    if (sent <= 0) {
      return sent == 0;
    }
    written_ += static_cast<std::size_t>(sent);
  }
  kept_.clear();
  written_ = 0;
  if (kept_.capacity() > kept_empty_max) {
    kept_.shrink_to_fit();
  }
  return true;
}

std::ptrdiff_t copy_wire::send(std::span<const std::byte> head, std::span<const std::byte> body) {
  const auto part = [](std::span<const std::byte> x) {
    return iovec{const_cast<std::byte*>(x.data()), x.size()}; // sendmsg only reads it
  };
  std::array<iovec, 2> parts{part(head), part(body)};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  for (;;) {
    const auto sent = sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      return sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return 0;
    }
    if (errno != EINTR) {
      error_ = "could not send data to server: " + std::generic_category().message(errno);
      kept_.clear();
      written_ = 0;
      return -1;
    }
  }
}

copy_wire::incoming copy_wire::look() const noexcept {
  std::array<char, 16384> seen;
  const auto n = recv(fd_, seen.data(), seen.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return incoming::nothing;
  }
  if (n > 0 && tells_refusal({seen.data(), static_cast<std::size_t>(n)})) {
    return incoming::refusal;
  }
  return incoming::something;
}

} // namespace tripool::postgres
