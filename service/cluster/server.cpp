// The postmaster is started directly rather than by pg_ctl, so that its end is seen at once. Its readiness is read
// where pg_ctl reads it: in line 8 of postmaster.pid ("ready" also for a standby that answers reads, "standby" for
// one that does not). The configuration file lies outside of the data folder, because pg_rewind overwrites what is
// inside.
#include "service/cluster/server.hpp"

#include "service/cluster/process_table.hpp"
#include "service/cluster/text.hpp"

#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tripool::cluster {

server::server(const workshop& shop, std::string name, settings_map settings)
  : shop_(shop), name_(std::move(name)), settings_(std::move(settings)) {}

server::~server() {
  if (state() == member_state::stopped) return;
  resume();
  ask_to_stop(stop_mode::immediate);
  if (wait_for_end(postmaster_, std::chrono::seconds{5})) forget();
  if (!kill_all()) return; // Nothing more can be done here; the guardian goes on.
}

member_state server::state() noexcept {
  if (postmaster_ != 0 && reap(postmaster_)) forget();
  if (postmaster_ == 0) return member_state::stopped;
  return is_hung_ ? member_state::hung : member_state::running;
}

result<void> server::record_settings() {
  if (auto written = write_configuration(); !written) return written;
  const auto done = run_checked(postgres({"--single"}), shop_.step_limit, "Starting " + name_ + " in single-user mode");
  if (!done) return done.error();
  return {};
}

result<void> server::launch() {
  assert(state() == member_state::stopped);
  if (auto written = write_configuration(); !written) return written;
  const descriptor log{::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!log) return problem{"Cannot write " + log_file().string() + ": " + error_text(errno) + ".", {}};
  if (auto given = give_to(shop_.user, log_file()); !given) return given;
  auto postmaster = postgres({});
  postmaster.fate = when_orphaned::live; // Of this thread, that is: the guardian sees to it after our process's end.
  const auto process = spawn(postmaster, {-1, log.get(), log.get()});
  if (!process) return process.error();
  postmaster_ = *process;
  return {};
}

result<void> server::wait_until_ready() {
  bool has_ended = false;
  const bool reached = wait_until(shop_.step_limit, [&] {
    has_ended = state() == member_state::stopped;
    const std::string status = has_ended ? std::string{} : postmaster_status();
    return has_ended || status == "ready" || status == "standby";
  });
  if (has_ended) return complain(name_ + " ended before it accepted connections.");
  if (!reached) return complain(name_ + " did not accept connections in time.");
  return {};
}

result<void> server::reload() {
  if (auto written = write_configuration(); !written) return written;
  if (state() != member_state::stopped) ::kill(postmaster_, SIGHUP);
  return {};
}

void server::ask_to_stop(stop_mode mode) noexcept {
  if (state() != member_state::stopped) ::kill(postmaster_, mode == stop_mode::fast ? SIGINT : SIGQUIT);
}

result<void> server::stop(stop_mode mode) {
  if (state() == member_state::stopped) return {};
  resume();
  ask_to_stop(mode);
  if (wait_for_end(postmaster_, shop_.step_limit)) {
    forget();
    return {};
  }
  const auto killed = kill_all();
  return complain(name_ + " did not stop in time"
                  + (killed ? " and was killed." : ", and could not be killed either."));
}

result<void> server::kill_all() {
  // The postmaster first: it would start new processes, or restart itself after the loss of some.
  if (postmaster_ != 0) ::kill(postmaster_, SIGKILL);
  const bool gone = wait_until(shop_.step_limit, [this] {
    for (const pid_t process : processes_of(unique_name())) ::kill(process, SIGKILL);
    return (postmaster_ == 0 || reap(postmaster_)) && processes_of(unique_name()).empty();
  });
  if (!gone) return complain("Some processes of " + name_ + " survive SIGKILL.");
  forget();
  return {};
}

result<void> server::hang() {
  if (state() != member_state::running) return problem{name_ + " is not running.", {}};
  is_hung_ = true;
  ::kill(postmaster_, SIGSTOP); // First: after that no process is added.
  const bool still = wait_until(shop_.step_limit, [this] {
    if (!stands_still(postmaster_)) return false;
    bool all_still = true;
    for (const pid_t process : processes_of(unique_name())) {
      if (stands_still(process)) continue;
      ::kill(process, SIGSTOP);
      all_still = false;
    }
    return all_still;
  });
  if (!still) return complain("Some processes of " + name_ + " could not be stopped.");
  return {};
}

void server::resume() noexcept {
  if (!std::exchange(is_hung_, false)) return;
  for (const pid_t process : processes_of(unique_name())) ::kill(process, SIGCONT);
}

problem server::complain(const std::string& message) const {
  return {message, file_tail(log_file())};
}

command server::postgres(std::vector<std::string> mode) const {
  std::vector<std::string> arguments = std::move(mode);
  arguments.insert(arguments.end(), {"-D", data().string(), "-c", "config_file=" + config_file().string(), "-c",
                                     "cluster_name=" + unique_name()});
  if (!arguments.empty() && arguments.front() == "--single") arguments.emplace_back("postgres");
  return shop_.tool("postgres", std::move(arguments));
}

result<void> server::write_configuration() const {
  std::ostringstream text;
  const auto put = [&text](const std::string& parameter, const std::string& value) {
    text << parameter << " = '";
    for (const char c : value) text << (c == '\'' ? "''" : c == '\\' ? "\\\\" : std::string(1, c));
    text << "'\n";
  };
  if (port_ != 0) put("port", std::to_string(port_));
  for (const auto& [parameter, value] : settings_) put(parameter, value);
  const auto fresh = config_file().string() + ".new"; // Renamed when it is whole: the server may read at any moment.
  const descriptor fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  const std::string bytes = text.str();
  if (!fd || ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return problem{"Cannot write " + fresh + ": " + error_text(errno) + ".", {}};
  }
  if (auto given = give_to(shop_.user, fresh); !given) return given;
  if (std::rename(fresh.c_str(), config_file().c_str()) != 0) {
    return problem{"Cannot write " + config_file().string() + ": " + error_text(errno) + ".", {}};
  }
  return {};
}

std::string server::postmaster_status() const {
  std::istringstream text{read_file(data() / "postmaster.pid")};
  std::string line;
  std::getline(text, line);
  if (line != std::to_string(postmaster_)) return {}; // Left by an earlier one.
  for (int number = 2; number <= 8; ++number) {
    if (!std::getline(text, line)) return {};
  }
  return line.substr(0, line.find(' '));
}

void server::forget() noexcept {
  postmaster_ = 0;
  is_hung_ = false;
}

} // namespace tripool::cluster
