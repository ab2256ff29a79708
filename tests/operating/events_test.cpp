// The command `events` and a service that is started anew meanwhile.
#include "tests/operating/served_fixture.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Reads lines until one says something. Whether one did.
bool tells(child_program& p, std::string_view what) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < until) {
    const auto line = p.next_line(5s);
    if (line && says(*line, what)) return true;
    if (!line && !p.running()) return false;
  }
  return false;
}

} // namespace

TEST_CASE("events --follow shows what a service that was started anew says, from its beginning", "[commands]") {
  test_database home;
  const pipe_configuration file{pipe_configuration::text(three_pools(home))};
  std::optional<served> s{std::in_place, file.path(), std::vector<std::string>{"--http-control"}};
  const auto at = s->at;
  // More events than the next one will have.
  for (int i = 10; i < 25; ++i)
    CHECK(run({"control", "resize", "primary", "1", std::to_string(i), "--at", at}).code == 0);
  child_program follows{{TRIPOOL_EXECUTABLE, "events", "--follow", "--at", at}};
  REQUIRE(tells(follows, "keeps 1 to 24 connections"));
  s->program().signal(SIGTERM);
  REQUIRE(s->program().wait_for_end(30s) == 0);
  s.reset();
  s.emplace(file.path(), std::vector<std::string>{"--http-control"}, at.substr(std::string_view{"http://"}.size()));
  CHECK(run({"control", "resize", "primary", "1", "5", "--at", at}).code == 0);
  REQUIRE(tells(follows, "keeps 1 to 5 connections"));
  CHECK(follows.wait_for_error("the service was started anew"));
  // And one that has as many as that one had: its number alone says nothing.
  s->program().signal(SIGTERM);
  REQUIRE(s->program().wait_for_end(30s) == 0);
  s.reset();
  s.emplace(file.path(), std::vector<std::string>{"--http-control"}, at.substr(std::string_view{"http://"}.size()));
  for (int i = 10; i < 40; ++i)
    CHECK(run({"control", "resize", "primary", "1", std::to_string(i), "--at", at}).code == 0);
  CHECK(tells(follows, "keeps 1 to 10 connections"));
  CHECK(tells(follows, "keeps 1 to 39 connections"));
  follows.signal(SIGINT);
  CHECK(follows.wait_for_end() == 0);
}
