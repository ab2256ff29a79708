// docs/examples/rag/stay-up with a program that never gets anywhere: when it is ended, the program ends too.
#include "tests/support/catch.hpp"
#include "tests/support/child_program.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/types.h>

using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Whether `what` is true within 30 s: servers are made meanwhile.
template <class F>
bool soon(F what) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!what()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

/// 0: it has not started.
pid_t started(const std::filesystem::path& file) {
  pid_t out = 0;
  std::ifstream{file} >> out;
  return out;
}

} // namespace

TEST_CASE("the example's stay-up leaves nothing running when it is ended", "[commands]") {
  std::string name = std::filesystem::temp_directory_path() / "tripool-stay-up-XXXXXX";
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder{name};
  std::ofstream{folder / "rag"} << "#!/bin/sh\necho $$ > " << (folder / "pid").string() << "\nexec sleep 600\n";
  std::filesystem::permissions(folder / "rag", std::filesystem::perms::owner_all);
  child_program script{{"/bin/bash", TRIPOOL_SOURCE_DIR "/docs/examples/rag/stay-up", (folder / "rag").string()}};
  const bool runs = soon([&] { return started(folder / "pid") != 0; });
  INFO(script.output() << script.errors());
  REQUIRE(runs);
  const auto program = started(folder / "pid");
  script.signal(SIGTERM);
  CHECK(script.wait_for_end(60s));
  const bool gone = soon([&] { return kill(program, 0) != 0; });
  CHECK(gone);
  if (!gone) kill(program, SIGKILL);
  std::filesystem::remove_all(folder);
}
