// `tripool pipe` as a black box: a configuration in a folder of its own, the process, requests and answers as JSON.
// Used by the pipe_*_test.cpp beside it.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/child_program.hpp"
#include "tests/support/test_cluster.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

using json = nlohmann::json;

/// Where one pool connects to.
struct pipe_pool {
  std::string name;
  cluster::endpoint at;
  std::string more; ///< Further lines of the configuration.
};

/// A folder with a configuration file, gone at the end.
class pipe_configuration {
public:
  explicit pipe_configuration(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tripool-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream{path()} << text;
  }
  ~pipe_configuration() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  pipe_configuration(const pipe_configuration&) = delete;
  pipe_configuration& operator=(const pipe_configuration&) = delete;

  std::string path() const { return (folder_ / "tripool.conf").string(); }

  /// The text of a configuration with these pools. `more` stands in the group `tripool`.
  static std::string text(const std::vector<pipe_pool>& pools, const std::string& more = {}) {
    std::string out = "[tripool]\n" + more + "\npools {\n";
    for (const auto& p : pools)
      out += p.name + " {\nhost = \"" + p.at.host + "\"\nport = " + std::to_string(p.at.port) + "\ndbname = \""
             + p.at.database + "\"\nuser = \"" + p.at.user + "\"\npassword = \"" + p.at.password
             + "\"\nconnect-timeout = 2s\n" + p.more + "}\n";
    return out + "}\n";
  }

private:
  std::filesystem::path folder_;
};

/// The three pools on the three servers of the cluster.
inline std::vector<pipe_pool> three_pools(const test_database& home, const std::string& more = {}) {
  return {{"primary", home.at(0), more}, {"backup", home.at(1), more}, {"failover", home.at(2), more}};
}

/// A running `tripool pipe`.
class pipe_session {
public:
  explicit pipe_session(const std::string& configuration, std::vector<std::string> more = {})
    : file_(configuration), program(arguments(file_.path(), std::move(more))) {}
  pipe_session(const test_database& home, const std::string& pool_lines = {})
    : pipe_session(pipe_configuration::text(three_pools(home, pool_lines))) {}

  /// Waits for the line that says that it is ready.
  void await_ready() {
    const auto line = program.next_line();
    INFO(program.errors());
    REQUIRE(line);
    REQUIRE(json::parse(*line) == json{{"ready", true}});
  }

  void send(const json& request) { REQUIRE(program.send(request.dump() + "\n")); }
  void send_line(std::string line) { REQUIRE(program.send(line += '\n')); }

  /// The next answer, whatever its id.
  json next(std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    const auto line = program.next_line(limit);
    INFO(program.errors());
    REQUIRE(line);
    auto x = json::parse(*line, nullptr, false);
    INFO(*line);
    REQUIRE(x.is_object());
    return x;
  }

  /// The answer with this id; those that come before it are kept for later calls.
  json answer(const json& id, std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    for (;;) {
      for (auto i = kept_.begin(); i != kept_.end(); ++i) {
        if ((*i)["id"] != id) continue;
        auto x = *i;
        kept_.erase(i);
        return x;
      }
      kept_.push_back(next(limit));
    }
  }

  json ask(const json& request, std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    send(request);
    return answer(request["id"], limit);
  }

  json read(const std::string& sql, json parameters = json::array()) {
    return ask({{"id", ++id_}, {"kind", "read"}, {"sql", sql}, {"params", std::move(parameters)}});
  }
  json write(const std::string& sql, json parameters = json::array()) {
    return ask({{"id", ++id_}, {"kind", "write"}, {"sql", sql}, {"params", std::move(parameters)}});
  }

  /// Requires that it serves as if nothing had happened.
  void require_well() {
    const auto x = read("select 40 + 2");
    INFO(x.dump());
    REQUIRE(x["rows"] == json::parse("[[42]]"));
  }

  /// Ends its input, and requires that it ends by itself with 0.
  void require_orderly_end(std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    program.close_input();
    const auto code = program.wait_for_end(limit);
    INFO(program.errors());
    REQUIRE(code);
    CHECK(*code == 0);
  }

private:
  static std::vector<std::string> arguments(const std::string& file, std::vector<std::string> more) {
    std::vector<std::string> out{TRIPOOL_EXECUTABLE, "pipe", "--config", file};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  pipe_configuration file_;
  std::vector<json> kept_;
  int id_ = 1'000'000;

public:
  child_program program;
};

} // namespace tripool::test
