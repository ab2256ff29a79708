// A process with its output on a pipe. Its standard error goes nowhere: it may hold what must not be logged.
#include "tripool/actors/credentials/run_command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace tripool {

namespace {

using clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& x : texts) out.push_back(x.data());
  out.push_back(nullptr);
  return out;
}

/// The process's environment with these variables instead of those of the same name.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> out;
  for (char** x = environ; x && *x; ++x) {
    const std::string_view entry = *x;
    const auto ours = [&](const auto& v) { return entry.starts_with(v.first + "="); };
    if (std::none_of(variables.begin(), variables.end(), ours)) out.emplace_back(entry);
  }
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  return out;
}

/// Starts the program; returns 0 or the error's number.
int start(const std::vector<std::string>& arguments, const std::vector<std::pair<std::string, std::string>>& variables,
          int output, pid_t& child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&how, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&how, &signals);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  auto argv = arguments;
  auto env = environment_with(variables);
  const int error = posix_spawnp(&child, argv[0].c_str(), &files, &how, pointers(argv).data(), pointers(env).data());
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

enum class reading : std::uint8_t { ended, late, too_much };

/// Reads until the end of the output, the time or the room. `room` is one byte larger than what is allowed.
reading read_all(int fd, std::string& room, std::size_t& n, clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    if (left <= 0) return reading::late;
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) <= 0) continue;
    const auto got = read(fd, room.data() + n, room.size() - n);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return reading::ended;
    n += static_cast<std::size_t>(got);
    if (n == room.size()) return reading::too_much;
  }
}

/// Waits for the end of a program that has closed its output. Returns false when the time is over first.
bool wait_for(pid_t child, int& status, clock::time_point until) {
  for (;;) {
    const auto done = waitpid(child, &status, WNOHANG);
    if (done == child) return true;
    if (done < 0 && errno != EINTR) { // Somebody else waits for all children of this process: how it ended is lost.
      status = 0;
      return true;
    }
    if (clock::now() >= until) return false;
    poll(nullptr, 0, 5);
  }
}

void kill_group(pid_t child) {
  kill(-child, SIGKILL);
  int ignored = 0;
  while (waitpid(child, &ignored, 0) < 0 && errno == EINTR) {}
}

std::string late_text(duration limit) {
  return "it did not end within " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count())
         + " ms (credential-command-timeout) and was killed";
}

} // namespace

command_run run_command(const std::vector<std::string>& arguments,
                        const std::vector<std::pair<std::string, std::string>>& variables, duration limit,
                        std::size_t bytes_max) {
  command_run out;
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    out.problem = std::string{"it cannot be started: "} + std::strerror(errno);
    return out;
  }
  const auto until = clock::now() + limit;
  pid_t child = 0;
  const int error = start(arguments, variables, pipe_ends[1], child);
  close(pipe_ends[1]);
  if (error != 0) {
    close(pipe_ends[0]);
    out.problem = std::string{"it cannot be started: "} + std::strerror(error);
    return out;
  }
  std::string room(bytes_max + 1, '\0');
  std::size_t n = 0;
  const auto how = read_all(pipe_ends[0], room, n, until);
  close(pipe_ends[0]);
  int status = 0;
  if (how == reading::too_much) {
    kill_group(child);
    out.problem = "it printed more than " + std::to_string(bytes_max) + " bytes and was killed";
  } else if (how == reading::late || !wait_for(child, status, until)) {
    kill_group(child);
    out.problem = late_text(limit);
  } else if (WIFSIGNALED(status)) {
    out.problem = "it died of signal " + std::to_string(WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    out.problem = "it ended with exit code " + std::to_string(WEXITSTATUS(status)) + "; run it by hand to see why";
  } else {
    out.output = secret::copy_of({room.data(), n});
  }
  wipe(room);
  return out;
}

} // namespace tripool
