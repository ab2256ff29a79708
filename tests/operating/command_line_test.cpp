// Values and options that the command line refuses before anything is done: exit code 2, and a word about it.
#include "tests/operating/served_fixture.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;

TEST_CASE("what is no number is no number of seconds or arrivals", "[commands]") {
  for (const std::string value : {"nan", "-nan", "NAN", "inf", "-inf", "", "1e9"}) {
    for (auto arguments :
         std::vector<std::vector<std::string>>{{"query", "--config", "/nowhere", "select 1", "--timeout"},
                                               {"demo", "--seconds"},
                                               {"bench", "--dsn", "port=1", "--seconds"},
                                               {"bench", "--dsn", "port=1", "--rate"}}) {
      const auto option = arguments.back();
      arguments.push_back(value);
      const auto x = run(arguments);
      INFO(arguments.front() << " " << option << " '" << value << "': " << x.output << x.errors);
      CHECK(x.code == 2);
      CHECK(says(x.errors, option));
    }
  }
}

TEST_CASE("what can only be said of one request is not ignored beside it", "[commands]") {
  for (const auto& more : std::vector<std::vector<std::string>>{
         {"0"}, {"-1"}, {"nan"}, {""}, {"1", "--follow"}, {"1", "--pool", "primary"}}) {
    std::vector<std::string> arguments{"events", "--at", "127.0.0.1:1", "--request"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto x = run(arguments);
    INFO(more.front() << ": " << x.output << x.errors);
    CHECK(x.code == 2);
    CHECK(says(x.errors, "--request"));
  }
}

TEST_CASE("options of the endpoint are not ignored where there is none", "[commands]") {
  const auto refuses = [](std::vector<std::string> more, const char* named) {
    more.insert(more.begin(), {"serve", "--config", "/nowhere"});
    const auto x = run(more);
    INFO(x.output << x.errors);
    CHECK(x.code == 2);
    CHECK(says(x.errors, named));
  };
  refuses({"--http-control"}, "requires --http");
  refuses({"--http-token-file", "/nowhere"}, "requires --http");
  refuses({"--http", ""}, "--http");
  refuses({"--http", "127.0.0.1:0", "--http-token-file", ""}, "--http-token-file");
  refuses({"--listen", ""}, "--listen");
  const auto page = run({"demo", "--http", ""});
  CHECK(page.code == 2);
  CHECK(says(page.errors, "--http"));
}
