// Signals by signalfd.
#include "service/app/signals.hpp"

#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace tripool::service {

namespace {

sigset_t watched(bool hangup_too) noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (hangup_too) sigaddset(&set, SIGHUP);
  return set;
}

} // namespace

signal_watch::signal_watch(bool hangup_too) : hangup_too_(hangup_too) {
  const auto set = watched(hangup_too_);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

signal_watch::~signal_watch() {
  while (take()) {} // Or they would end the process as soon as they are let through.
  close(fd_);
  const auto set = watched(hangup_too_);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool signal_watch::pending() const noexcept {
  pollfd p{fd_, POLLIN, 0};
  return poll(&p, 1, 0) > 0;
}

std::optional<int> signal_watch::take() noexcept {
  signalfd_siginfo info{};
  if (read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

std::optional<int> signal_watch::wait(std::chrono::milliseconds limit) noexcept {
  pollfd p{fd_, POLLIN, 0};
  poll(&p, 1, static_cast<int>(limit.count()));
  return take();
}

} // namespace tripool::service
