// The handbook's examples, each run as its reader runs it, against a real PostgreSQL: each must print what its last
// comment says, and end with 0. What the guide quotes must stand in them, word for word.
#include "tests/integration/pipe_fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file};
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> out;
  for (const auto& x : std::filesystem::directory_iterator{TRIPOOL_SOURCE_DIR "/docs/examples"})
    if (x.path().extension() == ".cpp") out.push_back(x.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// What stands behind "// Prints:" at the end of an example.
std::string promised_output(const std::string& source) {
  const auto at = source.find("\n// Prints:\n");
  REQUIRE(at != std::string::npos);
  std::istringstream lines{source.substr(at + 12)};
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    REQUIRE(line.rfind("//", 0) == 0);
    out += line.substr(std::min<std::size_t>(3, line.size())) + "\n";
  }
  return out;
}

} // namespace

TEST_CASE("each example prints what it promises") {
  test_database home;
  const pipe_configuration file{pipe_configuration::text(three_pools(home))};
  for (const auto& source : examples()) {
    INFO(source);
    child_program program{{std::string{TRIPOOL_EXAMPLES_DIR "/"} + source.stem().string(), file.path()}};
    program.close_input();
    const auto code = program.wait_for_end(60s);
    INFO(program.errors());
    INFO(program.output());
    REQUIRE(code);
    CHECK(*code == 0);
    CHECK(program.output() == promised_output(contents(source)));
  }
}

TEST_CASE("the handbook quotes its examples word for word") {
  std::string all;
  for (const auto& source : examples()) all += contents(source) + "\n";
  for (const auto& x : std::filesystem::directory_iterator{TRIPOOL_SOURCE_DIR "/docs/examples/rag/rag"})
    all += contents(x.path()) + "\n";
  int quoted = 0;
  for (const auto* page :
       {"/docs/guide.md", "/docs/failure-semantics.md", "/docs/tutorial-rag.md", "/docs/migration.md", "/README.md"}) {
    std::istringstream lines{contents(std::string{TRIPOOL_SOURCE_DIR} + page)};
    std::string before, line;
    while (std::getline(lines, line)) {
      if (line == "```cpp" && before.rfind("<!-- example -->", 0) == 0) {
        std::string block;
        while (std::getline(lines, line) && line != "```") block += line + "\n";
        INFO(page << " quotes:\n" << block);
        CHECK(all.find(block) != std::string::npos);
        ++quoted;
      }
      before = line;
    }
  }
  CHECK(quoted >= 10);
}
