// Running a program with its streams on pipes.
#include "tests/support/child_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace tripool::test {

namespace {

using namespace std::chrono_literals;

void close_fd(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& x : texts) out.push_back(x.data());
  out.push_back(nullptr);
  return out;
}

} // namespace

child_program::child_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  std::signal(SIGPIPE, SIG_IGN); // Writing to a program that has ended is an answer, not the end of the tester.
  std::array<std::array<int, 2>, 3> pipes{};
  for (auto& x : pipes)
    if (pipe2(x.data(), O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[0][0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[1][1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[2][1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  auto argv = arguments;
  std::vector<std::string> env;
  for (char** x = environ; *x != nullptr; ++x) env.emplace_back(*x);
  env.insert(env.end(), environment.begin(), environment.end());
  if (posix_spawn(&pid_, argv[0].c_str(), &actions, &attributes, pointers(argv).data(), pointers(env).data()) != 0) {
    pid_ = -1;
    ended_ = 127;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[0][0]);
  close(pipes[1][1]);
  close(pipes[2][1]);
  in_ = pipes[0][1];
  out_ = pipes[1][0];
  err_ = pipes[2][0];
  for (const int fd : {in_, out_, err_}) fcntl(fd, F_SETFL, O_NONBLOCK);
}

child_program::~child_program() {
  if (running()) {
    signal(SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
  }
  close_fd(in_);
  close_fd(out_);
  close_fd(err_);
}

bool child_program::send(std::string_view text, milliseconds limit) {
  unsent_.erase(0, std::exchange(sent_, 0));
  unsent_ += text;
  const auto until = clock::now() + limit;
  while (sent_ < unsent_.size() && in_ >= 0 && clock::now() < until) pump(until);
  return sent_ == unsent_.size();
}

std::optional<std::string> child_program::next_line(milliseconds limit) {
  const auto until = clock::now() + limit;
  for (;;) {
    const auto end = output_.find('\n', read_);
    if (end != std::string::npos) {
      auto line = output_.substr(read_, end - read_);
      read_ = end + 1;
      return line;
    }
    if (out_ < 0 || clock::now() >= until) return std::nullopt;
    pump(until);
  }
}

void child_program::close_input() {
  close_fd(in_);
}

void child_program::close_output() {
  close_fd(out_);
}

std::optional<int> child_program::wait_for_end(milliseconds limit) {
  const auto until = clock::now() + limit;
  while (running() && clock::now() < until) pump(std::min(until, clock::now() + 10ms));
  if (ended_)
    while (take_in(out_, output_) || take_in(err_, errors_)) {}
  return ended_;
}

void child_program::signal(int number) const {
  if (pid_ > 0 && !ended_) kill(pid_, number);
}

bool child_program::running() {
  reap();
  return pid_ > 0 && !ended_;
}

bool child_program::wait_for_error(std::string_view text, milliseconds limit) {
  const auto until = clock::now() + limit;
  while (errors_.find(text) == std::string::npos) {
    if (err_ < 0 || clock::now() >= until) return false;
    pump(until);
  }
  return true;
}

/// Moves what can be moved, waiting for it until `until` at most.
void child_program::pump(clock::time_point until) {
  std::array<pollfd, 3> p{{{sent_ == unsent_.size() ? -1 : in_, POLLOUT, 0}, {out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  const auto left = std::chrono::duration_cast<milliseconds>(until - clock::now()) + 1ms;
  if (p[0].fd < 0 && p[1].fd < 0 && p[2].fd < 0) return std::this_thread::sleep_for(std::clamp(left, 0ms, 10ms));
  if (poll(p.data(), p.size(), static_cast<int>(std::max(left, 0ms).count())) <= 0) return;
  if (p[0].revents != 0) {
    const auto n = write(in_, unsent_.data() + sent_, unsent_.size() - sent_);
    if (n > 0) {
      sent_ += static_cast<std::size_t>(n);
    } else if (errno != EAGAIN && errno != EINTR) {
      close_fd(in_);
    }
  }
  if (p[1].revents != 0) take_in(out_, output_);
  if (p[2].revents != 0) take_in(err_, errors_);
}

/// Reads what is there; returns whether there may be more.
bool child_program::take_in(int& fd, std::string& to) {
  if (fd < 0) return false;
  std::array<char, 1 << 16> buffer{};
  const auto n = read(fd, buffer.data(), buffer.size());
  if (n > 0) {
    to.append(buffer.data(), static_cast<std::size_t>(n));
    return true;
  }
  if (n == 0 || (errno != EAGAIN && errno != EINTR)) close_fd(fd);
  return false;
}

void child_program::reap() {
  if (pid_ <= 0 || ended_) return;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return;
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace tripool::test
