// Child processes: start one, or run one to its end within a time limit and capture what it says.
// Safe in a process with threads: between fork and exec the child makes system calls only. Knows nothing of PostgreSQL.
// Used by everything here that runs a program.
#pragma once

#include "service/cluster/descriptor.hpp"
#include "service/cluster/identity.hpp"
#include "service/cluster/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tripool::cluster {

/// What becomes of a child when the thread that started it ends without having waited for it.
enum class when_orphaned {
  die,  ///< It gets SIGKILL.
  live, ///< It goes on.
};

/// A program to run. It gets this environment and nothing of ours, and no descriptor but the first three.
struct command {
  std::vector<std::string> arguments;   ///< The first is the program's path.
  std::vector<std::string> environment; ///< "NAME=value".
  std::filesystem::path folder = "/";   ///< Where it runs.
  const identity* user = nullptr;       ///< Whom to become; null: no change. Not owned.
  when_orphaned fate = when_orphaned::die;
};

/// The standard descriptors of a child; -1 stands for /dev/null.
struct child_files {
  int in = -1;
  int out = -1;
  int err = -1;
};

/// Starts a program in a session of its own and returns its process id when the program is running (exec succeeded).
/// The caller must wait for it (`reap`).
result<pid_t> spawn(const command& what, const child_files& files);

/// What a program that ran to its end left.
struct finished {
  int exit_code = 0; ///< As a shell gives it: 128 + number for one that died of a signal.
  std::string output;
  std::string errors;
};

/// Runs a program with `input` as its standard input, and waits for its end. One that is not done within `limit` is
/// killed with its process group: a problem. An exit code other than 0 is not a problem here: see `run_checked`.
result<finished> run(const command& what, std::chrono::milliseconds limit, const std::string& input = {});

/// Runs a program as `run` does, and makes a problem of an exit code other than 0: "`purpose` failed: ...", with the
/// end of what it said. Returns its output.
result<std::string> run_checked(const command& what, std::chrono::milliseconds limit, const std::string& purpose,
                                const std::string& input = {});

/// Takes the exit status of a child that ended. Returns whether it has ended (also when it was no child of ours).
/// Does not block.
bool reap(pid_t child, int* status = nullptr);

/// Waits until the child has ended, at most until `limit` has passed. Returns whether it has.
bool wait_for_end(pid_t child, std::chrono::milliseconds limit, int* status = nullptr);

/// Calls `done` until it returns true, with pauses of a few milliseconds. Returns false when `limit` has passed first.
template <class Predicate>
bool wait_until(std::chrono::milliseconds limit, Predicate done);

/// Sleeps for one pause of `wait_until`.
void pause_briefly();

template <class Predicate>
bool wait_until(std::chrono::milliseconds limit, Predicate done) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    pause_briefly();
  }
  return true;
}

} // namespace tripool::cluster
