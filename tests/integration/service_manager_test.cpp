// What `tripool serve` tells a service manager, heard on a socket of the test's own: ready, alive, stopping. The
// servers of its configuration do not exist: a service is up all the same, and says what it waits for.
#include "tests/integration/pipe_fixture.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// The service manager's end.
class notify_socket {
public:
  explicit notify_socket(std::string path)
    : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    REQUIRE(path_.size() < sizeof at.sun_path);
    std::memcpy(at.sun_path, path_.data(), path_.size());
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  }
  ~notify_socket() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  const std::string& path() const noexcept { return path_; }

  /// Takes messages until one begins with `what`; the empty string when none comes in time.
  std::string wait_for(std::string_view what, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd ready{fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return {};
      char data[512];
      const auto size = ::recv(fd_, data, sizeof data, 0);
      if (size > 0 && std::string_view{data, static_cast<std::size_t>(size)}.starts_with(what))
        return {data, static_cast<std::size_t>(size)};
    }
  }

private:
  std::string path_;
  int fd_;
};

constexpr auto nobody_there = "[tripool.pools.primary]\nhost = \"127.0.0.1\"\nport = 1\ndbname = \"x\"\nuser = \"x\"\n";

} // namespace

TEST_CASE("a service manager is told when serve is ready, that it lives, and when it stops") {
  const pipe_configuration file{nobody_there};
  notify_socket manager{file.path() + ".notify"};
  child_program serving{{TRIPOOL_EXECUTABLE, "serve", "--config", file.path()},
                        {"NOTIFY_SOCKET=" + manager.path(), "WATCHDOG_USEC=400000"}};
  const auto ready = manager.wait_for("READY=1", 30s);
  CHECK(ready.find("STATUS=no pool can serve yet") != std::string::npos);
  CHECK(!manager.wait_for("WATCHDOG=1", 30s).empty());
  CHECK(!manager.wait_for("WATCHDOG=1", 30s).empty());
  serving.signal(SIGTERM);
  CHECK(!manager.wait_for("STOPPING=1", 30s).empty());
  CHECK(serving.wait_for_end(30s) == 0);
}

TEST_CASE("a service manager that cannot be told harms nothing") {
  const pipe_configuration file{nobody_there};
  for (const auto* wrong :
       {"NOTIFY_SOCKET=/nonexistent/socket", "NOTIFY_SOCKET=relative", "NOTIFY_SOCKET=/", "NOTIFY_SOCKET="}) {
    INFO(wrong);
    child_program serving{{TRIPOOL_EXECUTABLE, "serve", "--config", file.path()}, {wrong, "WATCHDOG_USEC=minus"}};
    CHECK(serving.wait_for_error("no pool can serve yet", 30s));
    serving.signal(SIGTERM);
    CHECK(serving.wait_for_end(30s) == 0);
  }
}
