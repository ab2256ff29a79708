// A running `tripool serve` with its endpoint, and the commands that ask it, as their user meets them. Used by the
// tests of operating beside it.
#pragma once

#include "tests/integration/pipe_fixture.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool::test {

/// How a command ended, and what it wrote.
struct ended {
  int code = -1;
  std::string output;
  std::string errors;
};

/// Runs `tripool` with these arguments to its end.
inline ended run(std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) {
  arguments.insert(arguments.begin(), TRIPOOL_EXECUTABLE);
  child_program p{arguments, environment};
  p.close_input();
  const auto code = p.wait_for_end(std::chrono::seconds{40});
  INFO(p.output() << p.errors());
  REQUIRE(code);
  return {*code, p.output(), p.errors()};
}

inline bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Runs a command until its output says something; its last run. A look is shared for 300 ms, and a standby is probed
/// a moment after the primary.
template <class F>
ended run_until(const std::vector<std::string>& arguments, F says_it) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    auto x = run(arguments);
    if (says_it(x.output) || std::chrono::steady_clock::now() > until) return x;
  }
}

/// A running `tripool serve` with an endpoint on a free port, or at the given address.
class served {
public:
  explicit served(const std::string& configuration, std::vector<std::string> more = {},
                  const std::string& address = "127.0.0.1:0")
    : program_(arguments(configuration, std::move(more), address)) {
    INFO(program_.errors());
    REQUIRE(program_.wait_for_error("the status page is at "));
    REQUIRE(program_.wait_for_error("serving; end with"));
    const auto& text = program_.errors();
    const auto from = text.find("http://");
    at = text.substr(from, text.find('/', from + std::string_view{"http://"}.size()) - from);
  }

  child_program& program() noexcept { return program_; }
  std::string at;

private:
  static std::vector<std::string> arguments(const std::string& configuration, std::vector<std::string> more,
                                            const std::string& address) {
    std::vector<std::string> out{TRIPOOL_EXECUTABLE, "serve", "--config", configuration, "--http", address};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  child_program program_;
};

} // namespace tripool::test
