// The log when its reader reads, reads late, never reads, or has gone.
#include "tests/support/catch.hpp"

#include "service/app/log.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tripool::service;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t talk = 1000; ///< Lines, more than a small pipe and a short queue hold.

/// A pipe of so many pages.
struct log_pipe {
  std::array<int, 2> ends{-1, -1};

  explicit log_pipe(int pages = 1) {
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    REQUIRE(fcntl(ends[1], F_SETPIPE_SZ, pages * 4096) >= 4096);
  }
  ~log_pipe() {
    shut(0);
    shut(1);
  }
  log_pipe(const log_pipe&) = delete;
  log_pipe& operator=(const log_pipe&) = delete;

  void shut(std::size_t end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
  log_outlet outlet() const { return {ends[1], 16, 100ms}; }

  /// What is there within a moment.
  std::string take() const {
    pollfd p{ends[0], POLLIN, 0};
    std::array<char, 4096> buffer{};
    if (poll(&p, 1, 20) <= 0) return {};
    const auto n = read(ends[0], buffer.data(), buffer.size());
    return {buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  }
};

void talk_to(const service_log& x) {
  for (std::uint64_t i = 0; i < talk; ++i) x.log->info("line {} {}", i, std::string(60, 'x'));
}

/// How many lines are missing, by what the log says itself.
std::uint64_t said_dropped(const std::string& text) {
  const std::string_view before = " warning tripool ";
  std::uint64_t out = 0;
  for (auto i = text.find(before); i != std::string::npos; i = text.find(before, i + 1))
    out += std::stoull(text.substr(i + before.size()));
  return out;
}

/// Talks until nothing more was written for a while.
void fill(const service_log& x) {
  using steady = std::chrono::steady_clock;
  const auto until = steady::now() + 30s;
  std::uint64_t said = 0;
  std::uint64_t written = 0;
  for (auto since = steady::now(); steady::now() - since < 300ms; talk_to(x), said += talk) {
    REQUIRE(steady::now() < until);
    if (said - x.dropped() == written) continue;
    written = said - x.dropped();
    since = steady::now();
  }
}

} // namespace

TEST_CASE("a log that is read writes every line, in order, before it ends", "[log]") {
  const log_pipe to{16};
  auto out = to.outlet();
  out.last_words = 20s;
  auto x = make_service_log("info", true, out);
  for (int i = 0; i < 10; ++i) x.log->info("line {}", i);
  x.log->debug("unheard");
  x.log.reset();
  const auto text = to.take();
  std::size_t from = 0;
  for (int i = 0; i < 10; ++i) {
    from =
      text.find("\"level\":\"info\",\"logger\":\"tripool\",\"message\":\"line " + std::to_string(i) + "\"}\n", from);
    REQUIRE(from != std::string::npos);
  }
  CHECK(text.find("unheard") == std::string::npos);
  CHECK(x.dropped() == 0);
}

TEST_CASE("a log that nobody reads holds up neither who writes to it nor the end", "[log]") {
  const log_pipe to;
  auto x = make_service_log("info", false, to.outlet());
  const auto began = std::chrono::steady_clock::now();
  talk_to(x);
  CHECK(x.dropped() > talk / 2);
  x.log.reset();
  CHECK(std::chrono::steady_clock::now() - began < 30s);
}

TEST_CASE("a log that is read late says how much of it was dropped", "[log]") {
  const log_pipe to;
  const auto x = make_service_log("info", false, to.outlet());
  talk_to(x);
  const auto dropped = x.dropped();
  REQUIRE(dropped > 0);
  std::string text;
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (text.find("line " + std::to_string(talk - 1)) == std::string::npos) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    text += to.take();
  }
  CHECK(said_dropped(text) == dropped);
  CHECK(x.dropped() == dropped);
}

TEST_CASE("a reader that goes away costs the log's lines and nothing else", "[log]") {
  log_pipe to;
  auto x = make_service_log("info", false, to.outlet());
  to.shut(0);
  talk_to(x);
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (x.dropped() < talk) REQUIRE(std::chrono::steady_clock::now() < until);
  x.log.reset();
}

TEST_CASE("a terminal or a socket that takes nothing more holds up neither who writes to it nor the end", "[log]") {
  std::array<int, 2> ends{-1, -1};
  SECTION("a terminal") {
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(ends[0] >= 0);
    REQUIRE(unlockpt(ends[0]) == 0);
    ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  SECTION("a socket, as the journal's") {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  }
  REQUIRE(ends[1] >= 0);
  auto x = make_service_log("info", false, {ends[1], 16, 100ms});
  fill(x);
  const auto began = std::chrono::steady_clock::now();
  x.log.reset();
  CHECK(std::chrono::steady_clock::now() - began < 30s);
  for (const int fd : ends) close(fd);
}

TEST_CASE("a long message is cut between two characters, and the log says how much is missing", "[log]") {
  const log_pipe to{16};
  auto out = to.outlet();
  out.last_words = 20s;
  auto x = make_service_log("info", true, out);
  x.log->info(std::string(16384, 'a'));
  x.log->info("a" + std::string(8191, 'b') + "\xc3\xa4" + std::string(8189, 'c') + "\xc3\xa4" + "d");
  x.log.reset();
  std::string text;
  for (auto part = to.take(); !part.empty(); part = to.take()) text += part;
  CHECK(text.find(std::string(16384, 'a') + "\"}\n") != std::string::npos);
  CHECK(text.ends_with(std::string(8189, 'c') + " [3 bytes left out]\"}\n"));
}

TEST_CASE("after a line that stopped in its middle the next begins on a line of its own", "[log]") {
  const int file = memfd_create("log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  REQUIRE(file >= 0);
  REQUIRE(ftruncate(file, 4096) == 0);
  REQUIRE(fcntl(file, F_ADD_SEALS, F_SEAL_GROW) == 0);
  auto x = make_service_log("info", false, {file, 16, 20s});
  x.log->info(std::string(8192, 'x'));
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (x.dropped() == 0) REQUIRE(std::chrono::steady_clock::now() < until);
  REQUIRE(lseek(file, 0, SEEK_SET) == 0);
  x.log->info("whole");
  x.log->info("next");
  x.log.reset();
  std::string text(4096, ' ');
  CHECK(pread(file, text.data(), text.size(), 0) == 4096);
  CHECK(text.starts_with("\n2"));
  CHECK(text.find(" whole\n2") != std::string::npos);
  close(file);
}

TEST_CASE("a log that is closed has written its lines while somebody still holds it", "[log]") {
  const log_pipe to;
  auto out = to.outlet();
  out.last_words = 20s;
  const auto x = make_service_log("info", false, out);
  {
    const log_end last{x};
    x.log->info("ended");
  }
  CHECK(to.take().ends_with(" ended\n"));
  x.log->info("too late");
  x.close();
  CHECK(x.dropped() == 1);
  CHECK(to.take().empty());
}

TEST_CASE("a critical line is written before its author goes on, or the limit passes", "[log]") {
  const log_pipe to;
  auto out = to.outlet();
  SECTION("it is read") {
    out.last_words = 20s;
    const auto x = make_service_log("info", false, out);
    x.log->critical("now");
    pollfd p{to.ends[0], POLLIN, 0};
    REQUIRE(poll(&p, 1, 0) == 1);
    CHECK(to.take().ends_with(" now\n"));
  }
  SECTION("it is not read") {
    const auto x = make_service_log("info", false, out);
    fill(x);
    const auto began = std::chrono::steady_clock::now();
    x.log->critical("now");
    CHECK(std::chrono::steady_clock::now() - began < 30s);
  }
}

TEST_CASE("a line that cannot be formatted is counted and not complained of", "[log]") {
  const log_pipe errors;
  const log_pipe to;
  const auto x = make_service_log("info", false, to.outlet());
  const int before = dup(2);
  REQUIRE(before >= 0);
  REQUIRE(dup2(errors.ends[1], 2) == 2);
  x.log->info(fmt::runtime("{}"), 1, 2);
  x.log->info(fmt::runtime("{"));
  REQUIRE(dup2(before, 2) == 2);
  close(before);
  CHECK(errors.take().empty());
  CHECK(x.dropped() == 1);
}
