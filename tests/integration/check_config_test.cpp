// `tripool check-config` as its user meets it: every error with file, line, key, value and what is allowed, exit code
// 2; a valid file with what it means, exit code 0.
#include "tests/integration/pipe_fixture.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;

namespace {

struct outcome_of_check {
  int code = -1;
  std::string output;
  std::string errors;
};

outcome_of_check check(const std::string& path, const char* command = "check-config") {
  std::vector<std::string> arguments{TRIPOOL_EXECUTABLE, command};
  if (std::string{command} != "check-config") arguments.emplace_back("--config");
  arguments.push_back(path);
  child_program p{arguments};
  p.close_input();
  const auto code = p.wait_for_end();
  REQUIRE(code);
  return {*code, p.output(), p.errors()};
}

} // namespace

TEST_CASE("each mistake in a configuration is told with its place, key, value and bounds", "[check-config]") {
  struct mistake {
    std::string text;
    std::vector<std::string> says;
  };
  const std::string open = "[tripool]\npools {\nprimary {\n"; // What follows is line 4.
  const std::vector<mistake> all{
    {open + "connections-max = 0\n}\n}\n", {":4:", "pools.primary.connections-max", "0", "1 to"}},
    {open + "connections-min = 5\nconnections-max = 3\n}\n}\n", {"connections-min", "5", "connections-max", "3"}},
    {open + "connect-timeout = -1s\n}\n}\n", {":4:", "connect-timeout", "-1s"}},
    {open + "connect-timeout = 5\n}\n}\n", {":4:", "connect-timeout", "5"}},
    {open + "connect-timeout = 99999h\n}\n}\n", {":4:", "connect-timeout"}},
    {open + "port = 70000\n}\n}\n", {":4:", "port", "70000", "65535"}},
    {open + "port = \"five\"\n}\n}\n", {":4:", "port", "five"}},
    {open + "conections-max = 5\n}\n}\n", {":4:", "conections-max", "connections-max"}},
    {open + "host = 5\n}\n}\n", {":4:", "host", "5"}},
    {open + "connection = \"host=localhost prt=5\"\n}\n}\n", {":4:", "connection"}},
    {open + "queue-max = many\n}\n}\n", {":4"}},
    {open + "}\n", {"conf"}},
    {"[tripool]\nlog-level = \"loud\"\npools { primary { port = 5432 } }\n", {":2:", "log-level", "loud", "trace"}},
    {"[tripool]\nmonitor {\nheartbeat-interval = 0s\n}\npools {\nprimary {\nport = 1\n}\n}\n",
     {":3:", "heartbeat-interval", "0"}},
    {"[tripool]\npools {\n}\n", {"pool"}},
    {"[tripool]\n", {"pool"}},
    {"", {"tripool"}},
  };
  for (const auto& x : all) {
    pipe_configuration file{x.text};
    const auto found = check(file.path());
    INFO(x.text << "---\n" << found.output << found.errors);
    CHECK(found.code == 2);
    CHECK(found.errors.find(file.path()) != std::string::npos);
    for (const auto& part : x.says) {
      INFO(part);
      CHECK(found.errors.find(part) != std::string::npos);
    }
  }
}

TEST_CASE("all mistakes of a file are told at once, and no password among them", "[check-config]") {
  pipe_configuration file{"[tripool]\npools {\nprimary {\nport = 0\nconnections-max = 5000000\npassword = 12345678\n}\n"
                          "backup {\nconnection = \"host=x password=a-secret-password bad=1\"\n}\n}\n"};
  const auto found = check(file.path());
  INFO(found.errors);
  CHECK(found.code == 2);
  for (const auto* line : {":4:", ":5:", ":6:", ":9:"}) CHECK(found.errors.find(line) != std::string::npos);
  CHECK(found.errors.find("a-secret-password") == std::string::npos);
  CHECK(found.errors.find("12345678") == std::string::npos);
}

TEST_CASE("a file that cannot be read is named", "[check-config]") {
  for (const auto* path : {"/nonexistent/tripool.conf", "/"}) {
    const auto found = check(path);
    INFO(found.errors);
    CHECK(found.code == 2);
    CHECK(found.errors.find(path) != std::string::npos);
  }
}

TEST_CASE("the commands that run refuse a wrong file in the same way", "[check-config]") {
  pipe_configuration file{"[tripool]\npools {\nprimary {\nport = 0\n}\n}\n"};
  for (const auto* command : {"pipe", "serve"}) {
    const auto found = check(file.path(), command);
    INFO(found.errors);
    CHECK(found.code == 2);
    CHECK(found.errors.find(":4:") != std::string::npos);
    CHECK(found.output.empty());
  }
}

TEST_CASE("a valid file is described", "[check-config]") {
  pipe_configuration file{"[tripool]\npools {\nprimary {\nhost = \"db.example\"\nport = 6543\ndbname = \"app\"\n"
                          "user = \"me\"\npassword = \"a-secret-password\"\n}\n}\n"};
  const auto found = check(file.path());
  INFO(found.output << found.errors);
  CHECK(found.code == 0);
  CHECK(found.output.find("db.example:6543/app as me, 2 to 10 connections") != std::string::npos);
  CHECK((found.output + found.errors).find("a-secret-password") == std::string::npos);
}
