// Nodes and callers that are processes of their own: `tripool serve --listen`, and tests/remote_caller, which can be
// killed and stopped like any other.
// Used by the tests beside it.
#pragma once

#include "service/cluster/ports.hpp"
#include "tests/remote/nodes.hpp"

#include <csignal>
#include <memory>

namespace tripool::test {

/// A service in a process of its own.
class service_process {
public:
  service_process(const std::string& config, remote_node at, const std::vector<std::string>& more = {})
    : at_(std::move(at)) {
    arguments_ = {
      TRIPOOL_EXECUTABLE, "serve", "--config", config, "--listen", at_.host + ':' + std::to_string(at_.port)};
    arguments_.insert(arguments_.end(), more.begin(), more.end());
    start();
  }
  void start() {
    program_ = std::make_unique<child_program>(arguments_);
    if (!program_->wait_for_error("listening for other nodes")) FAIL(program_->errors());
  }
  void kill() {
    program_->signal(SIGKILL);
    REQUIRE(program_->wait_for_end());
  }
  std::optional<int> stop() {
    program_->signal(SIGTERM);
    return program_->wait_for_end(std::chrono::seconds{90});
  }
  const remote_node& at() const noexcept { return at_; }
  child_program& program() noexcept { return *program_; }

private:
  remote_node at_;
  std::vector<std::string> arguments_;
  std::unique_ptr<child_program> program_;
};

/// Writes a configuration with one pool, and returns its path.
inline std::string config_for(test_database& home, const remote_folder& in) {
  const auto path = in / "tripool.conf";
  std::ofstream{path} << "[tripool]\nlog-level = \"info\"\n[tripool.pools.primary]\nconnection = \""
                      << home.connection_string() << "\"\nconnections-max = 5\n";
  return path;
}

/// A caller in a process of its own; see tests/remote_caller for what it can be told.
class caller_process {
public:
  explicit caller_process(const remote_node& to, const remote_tls_files& files = {}) : program_(arguments(to, files)) {
    const auto line = program_.next_line();
    if (line != "ready") FAIL(line.value_or("") << program_.errors());
  }
  void say(const std::string& line) { REQUIRE(program_.send(line + '\n')); }
  std::string hear(std::chrono::seconds limit = std::chrono::seconds{40}) {
    return program_.next_line(limit).value_or("nothing: " + program_.errors());
  }
  std::string ask(const std::string& line) {
    say(line);
    return hear();
  }
  void signal(int number) const { program_.signal(number); }
  child_program& program() noexcept { return program_; }

private:
  static std::vector<std::string> arguments(const remote_node& to, const remote_tls_files& files) {
    std::vector<std::string> out{TRIPOOL_REMOTE_CALLER, to.host + ':' + std::to_string(to.port)};
    if (!files.empty()) out.insert(out.end(), {files.certificate, files.key, files.authority});
    return out;
  }

  child_program program_;
};

/// Several services of one database, each on an address of its own.
struct service_group {
  service_group(test_database& home, std::size_t count) {
    const auto config = config_for(home, folder);
    const auto ports = must(cluster::find_free_ports(count));
    for (std::size_t i = 0; i < count; ++i) {
      places.push_back({"127.0.0." + std::to_string(i + 2), ports[i]});
      nodes.push_back(std::make_unique<service_process>(config, places.back()));
    }
  }

  remote_folder folder;
  std::vector<remote_node> places;
  std::vector<std::unique_ptr<service_process>> nodes;
};

} // namespace tripool::test
