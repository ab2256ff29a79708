// The datagrams.
#include "service/app/service_manager.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tripool::service {

namespace {

std::string take(const char* name) {
  const char* x = std::getenv(name);
  std::string out = x ? x : "";
  ::unsetenv(name);
  return out;
}

std::optional<std::uint64_t> number(const std::string& x) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(x.data(), x.data() + x.size(), out);
  if (x.empty() || error != std::errc{} || end != x.data() + x.size()) return std::nullopt;
  return out;
}

} // namespace

service_manager::service_manager() {
  address_ = take("NOTIFY_SOCKET");
  const auto allowed = number(take("WATCHDOG_USEC"));
  const auto whom = take("WATCHDOG_PID");
  const bool usable = address_.size() > 1 && address_.size() < sizeof(sockaddr_un::sun_path)
                      && (address_.front() == '/' || address_.front() == '@');
  if (!usable) {
    address_.clear();
    return;
  }
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  constexpr std::uint64_t longest = 86'400'000'000; // A day.
  if (!allowed || *allowed < 2000 || *allowed > longest) return;
  if (!whom.empty() && number(whom) != static_cast<std::uint64_t>(::getpid())) return;
  pace_ = std::chrono::milliseconds{*allowed / 2000};
}

bool service_manager::ready(std::string_view status) const {
  return send("READY=1\nSTATUS=" + std::string{status});
}

bool service_manager::stopping(std::string_view status) const {
  return send("STOPPING=1\nSTATUS=" + std::string{status});
}

bool service_manager::send(const std::string& text) const {
  if (address_.empty() || !socket_) return false;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') to.sun_path[0] = '\0'; // An abstract name.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const auto sent = ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&to), length);
  return sent == static_cast<ssize_t>(text.size());
}

} // namespace tripool::service
