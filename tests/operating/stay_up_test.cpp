// docs/examples/rag/stay-up, ended before it is done: what it started ends too, whatever it was doing. Its servers and
// its program are shell scripts here.
#include "service/cluster/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_program.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <sys/types.h>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// Stands in for the example's own `cluster`: its one server is a tail(1) of a file in the cluster's folder.
constexpr const char* fake_cluster = R"sh(#!/bin/bash
folder=$2
case $1 in
  start)
    mkdir "$folder" && touch "$folder/began" && sleep 1
    mkdir -p "$folder" && touch "$folder/log"
    setsid tail -f "$folder/log" >/dev/null 2>&1 &
    echo $! >"$folder/pid"
    ;;
  promote) echo node1 ;;
  stop)
    [ ! -e "$folder/pid" ] || kill "$(cat "$folder/pid")"
    rm -rf "$folder"
    ;;
esac
)sh";

/// Whether `what` is true within a minute.
template <class F>
bool soon(F what) {
  return cluster::wait_until(60s, std::move(what));
}

/// The example's folder as the script needs it, one in which it makes what it makes, and a program for it to run.
struct stage {
  fs::path folder;

  explicit stage(const std::string& program) {
    std::string name = fs::temp_directory_path() / "tripool-stay-up-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    fs::create_directory(made());
    for (const auto* part : {"stay-up", "rag.conf"})
      fs::copy_file(fs::path{TRIPOOL_SOURCE_DIR "/docs/examples/rag"} / part, folder / part);
    write("cluster", fake_cluster);
    write("rag", "#!/bin/sh\necho $$ > " + pid_file().string() + "\n" + program);
  }
  ~stage() { fs::remove_all(folder); }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  fs::path made() const { return folder / "made"; }
  fs::path pid_file() const { return folder / "pid"; }

  void write(const char* name, const std::string& text) const {
    std::ofstream{folder / name} << text;
    fs::permissions(folder / name, fs::perms::owner_all);
  }

  /// Of the program; 0: it has not started.
  pid_t started() const {
    pid_t out = 0;
    std::ifstream{pid_file()} >> out;
    return out;
  }

  /// Whether the script has got as far as to have this in its own folder.
  bool has(const fs::path& what) const {
    for (const auto& x : fs::directory_iterator{made()})
      if (fs::exists(x.path() / what)) return true;
    return false;
  }

  /// Whether some process was started with a name out of the folder.
  bool in_use() const {
    for (const auto& x : fs::directory_iterator{"/proc"}) {
      std::ifstream in{x.path() / "cmdline"};
      const std::string line{std::istreambuf_iterator<char>{in}, {}};
      if (line.find(made().string()) != std::string::npos) return true;
    }
    return false;
  }

  child_program script() const {
    return child_program{{"/bin/bash", (folder / "stay-up").string(), (folder / "rag").string()},
                         {"TMPDIR=" + made().string()}};
  }
};

/// Ends the script when `there` says so, and looks what is left.
template <class F>
void leaves_nothing(const stage& s, int number, F there) {
  auto script = s.script();
  const bool reached = soon([&] { return there() || !script.running(); });
  INFO(script.output() << script.errors());
  REQUIRE(reached);
  REQUIRE(script.running());
  script.signal(number);
  CHECK(script.wait_for_end(60s) == 128 + number);
  INFO(script.output() << script.errors());
  CHECK(soon([&] { return !s.in_use(); })); // Who was sent a signal ends in a moment.
  CHECK(fs::is_empty(s.made()));
  const auto program = s.started();
  const bool gone = program == 0 || kill(program, 0) != 0;
  CHECK(gone);
  if (!gone) kill(program, SIGKILL);
}

} // namespace

TEST_CASE("the example's stay-up leaves nothing running when it is ended", "[commands]") {
  const stage s{"exec sleep 600\n"};
  leaves_nothing(s, SIGTERM, [&] { return s.started() != 0; });
}

TEST_CASE("the example's stay-up leaves no server when it is ended while it makes them", "[commands]") {
  const stage s{"exec sleep 600\n"};
  leaves_nothing(s, SIGTERM, [&] { return s.has("db/began"); });
  CHECK(s.started() == 0);
}

TEST_CASE("the example's stay-up leaves nothing running when it is ended after the failover", "[commands]") {
  // The last argument says what is wanted: the first run is over soon, but seen before.
  const stage s{"for last; do :; done\nif [ \"$last\" = run ]; then echo '(33 %)'; sleep 1; else exec sleep 600; fi\n"};
  pid_t first = 0;
  leaves_nothing(s, SIGHUP, [&] {
    if (first == 0) first = s.started();
    return first != 0 && s.started() != 0 && s.started() != first;
  });
}

TEST_CASE("the example's stay-up leaves nothing running when its program fails", "[commands]") {
  const stage s{"exit 3\n"};
  auto script = s.script();
  const auto code = script.wait_for_end(60s);
  INFO(script.output() << script.errors());
  CHECK(code == 3);
  CHECK(soon([&] { return !s.in_use(); })); // Who was sent a signal ends in a moment.
  CHECK(fs::is_empty(s.made()));
}
