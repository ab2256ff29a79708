// fork and exec with care. Everything that allocates or may take a lock is prepared before the fork, since another
// thread may hold that lock for ever in the child. A pipe that closes at exec tells the parent whether the program
// runs.
#include "service/cluster/process.hpp"

#include "service/cluster/text.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tripool::cluster {

namespace {

/// The step of a child's preparation that failed, sent through the pipe.
enum class step : int { session, orphan, files, user, folder, program };

struct failed_step {
  step where;
  int error;
};

/// All that the child needs, as plain pointers.
struct prepared {
  char* const* arguments;
  char* const* environment;
  const char* folder;
  const identity* user;
  int files[3];
  int report;
  bool dies_with_parent;
  pid_t parent;
};

[[noreturn]] void give_up(int report, step where) noexcept {
  const failed_step text{where, errno};
  [[maybe_unused]] const ssize_t n = ::write(report, &text, sizeof text);
  ::_exit(127);
}

void reset_signals() noexcept {
  for (int number = 1; number < 32; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_at_exec() noexcept {
#ifdef SYS_close_range
  constexpr unsigned cloexec = 4; // CLOSE_RANGE_CLOEXEC, Linux 5.11.
  if (::syscall(SYS_close_range, 3U, ~0U, cloexec) == 0) return;
#endif
  for (int fd = 3; fd < 4096; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// The child between fork and exec: system calls only.
[[noreturn]] void become(const prepared& p) noexcept {
  reset_signals();
  if (::setsid() < 0) give_up(p.report, step::session);
  for (int i = 0; i < 3; ++i) {
    if (::dup2(p.files[i], i) < 0) give_up(p.report, step::files);
  }
  close_at_exec();
  if (p.user != nullptr && p.user->is_switch) {
    if (::setgroups(p.user->groups.size(), p.user->groups.data()) != 0 || ::setgid(p.user->gid) != 0
        || ::setuid(p.user->uid) != 0) {
      give_up(p.report, step::user);
    }
  }
  if (::chdir(p.folder) != 0) give_up(p.report, step::folder);
  if (p.dies_with_parent) { // After the change of user, which would reset it.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(p.report, step::orphan);
    if (::getppid() != p.parent) ::_exit(127);
  }
  ::execve(p.arguments[0], p.arguments, p.environment);
  give_up(p.report, step::program);
}

/// Returns a descriptor above the standard ones, so that dup2 in the child never overwrites one that is still needed.
descriptor above_standard(int fd) {
  descriptor original{fd};
  if (fd < 0 || fd > 2) return original;
  return descriptor{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
}

struct pipe_ends {
  descriptor read;
  descriptor write;
};

pipe_ends make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  return {above_standard(ends[0]), above_standard(ends[1])};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

problem explain(const command& what, failed_step failed) {
  const std::string& program = what.arguments.front();
  const std::string because = ": " + error_text(failed.error) + ".";
  switch (failed.where) {
    case step::user: return {"Cannot run " + program + " as user " + what.user->name + because, {}};
    case step::folder:
      return {"Cannot enter " + what.folder.string() + " to run " + program
                + (what.user != nullptr ? " as user " + what.user->name : "") + because
                + " Every folder above it must be open to that user.",
              {}};
    default: return {"Cannot run " + program + because, {}};
  }
}

int shell_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Returns an anonymous file that holds the text, to be read from its beginning. Programs talk to such files rather
/// than to pipes: no one has to read along, and a program that outlives us is not killed by SIGPIPE.
descriptor memory_file(const std::string& text) {
  descriptor file = above_standard(::memfd_create("tripool", MFD_CLOEXEC));
  std::size_t written = 0;
  while (file && written < text.size()) {
    const ssize_t n = ::write(file.get(), text.data() + written, text.size() - written);
    if (n < 0 && errno != EINTR) return {};
    if (n > 0) written += static_cast<std::size_t>(n);
  }
  if (file) ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::string content(const descriptor& file) {
  return read_file("/proc/self/fd/" + std::to_string(file.get()));
}

std::string in_seconds(std::chrono::milliseconds x) {
  const auto tenths = (x.count() + 50) / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

} // namespace

result<pid_t> spawn(const command& what, const child_files& files) {
  const auto arguments = pointers(what.arguments);
  const auto environment = pointers(what.environment);
  const descriptor nothing = above_standard(::open("/dev/null", O_RDWR | O_CLOEXEC));
  pipe_ends report = make_pipe();
  if (!nothing || !report.read || !report.write) {
    return problem{"Cannot run " + what.arguments.front() + ": " + error_text(errno) + ".", {}};
  }
  const auto or_nothing = [&](int fd) { return fd < 0 ? nothing.get() : fd; };
  const prepared p{arguments.data(),
                   environment.data(),
                   what.folder.c_str(),
                   what.user,
                   {or_nothing(files.in), or_nothing(files.out), or_nothing(files.err)},
                   report.write.get(),
                   what.fate == when_orphaned::die,
                   ::getpid()};
  const pid_t child = ::fork();
  if (child == 0) become(p);
  if (child < 0) return problem{"Cannot start a process: " + error_text(errno) + ".", {}};
  report.write.reset();
  failed_step failed{};
  ssize_t n = 0;
  do {
    n = ::read(report.read.get(), &failed, sizeof failed);
  } while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof failed)) {
    ::waitpid(child, nullptr, 0);
    return explain(what, failed);
  }
  return child;
}

result<finished> run(const command& what, std::chrono::milliseconds limit, const std::string& input) {
  const descriptor in = memory_file(input);
  const descriptor out = memory_file({});
  const descriptor err = memory_file({});
  if (!in || !out || !err) {
    return problem{"Cannot run " + what.arguments.front() + ": " + error_text(errno) + ".", {}};
  }
  const auto child = spawn(what, {in.get(), out.get(), err.get()});
  if (!child) return child.error();
  int status = 0;
  if (!wait_for_end(*child, limit, &status)) {
    ::kill(-*child, SIGKILL);
    ::waitpid(*child, nullptr, 0);
    return problem{what.arguments.front() + " was killed because it took longer than " + in_seconds(limit) + ".",
                   last_lines(content(err) + content(out))};
  }
  return finished{shell_code(status), content(out), content(err)};
}

result<std::string> run_checked(const command& what, std::chrono::milliseconds limit, const std::string& purpose,
                                const std::string& input) {
  auto done = run(what, limit, input);
  if (!done) return problem{purpose + " failed: " + done.error().message, done.error().log};
  if (done->exit_code != 0) {
    const auto program = std::filesystem::path{what.arguments.front()}.filename().string();
    return problem{purpose + " failed: " + program + " ended with code " + std::to_string(done->exit_code) + ".",
                   last_lines(done->errors.empty() ? done->output : done->errors)};
  }
  return std::move(done->output);
}

bool reap(pid_t child, int* status) {
  pid_t ended = 0;
  do {
    ended = ::waitpid(child, status, WNOHANG);
  } while (ended < 0 && errno == EINTR);
  return ended != 0;
}

bool wait_for_end(pid_t child, std::chrono::milliseconds limit, int* status) {
  return wait_until(limit, [&] { return reap(child, status); });
}

void pause_briefly() {
  std::this_thread::sleep_for(std::chrono::milliseconds{2});
}

} // namespace tripool::cluster
