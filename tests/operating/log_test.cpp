// `tripool serve` whose log nobody reads: it goes on serving, counts what it could not say, and ends.
#include "service/http/http_client.hpp"
#include "tests/operating/served_fixture.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A pipe with a name and room for one page, which is read only when the test wants.
class named_pipe {
public:
  explicit named_pipe(std::string path) : path_(std::move(path)) {
    REQUIRE(mkfifo(path_.c_str(), 0600) == 0);
    fd_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd_ >= 0);
    REQUIRE(fcntl(fd_, F_SETPIPE_SZ, 4096) >= 4096);
  }
  ~named_pipe() {
    close(fd_);
    unlink(path_.c_str());
  }
  named_pipe(const named_pipe&) = delete;
  named_pipe& operator=(const named_pipe&) = delete;

  const std::string& path() const noexcept { return path_; }

  /// Reads until `what` was there; everything so far.
  const std::string& read_until(std::string_view what) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (text_.find(what) == std::string::npos) {
      INFO("waiting for \"" << what << "\" in " << text_);
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::array<char, 4096> buffer{};
      pollfd p{fd_, POLLIN, 0};
      poll(&p, 1, 50);
      const auto n = read(fd_, buffer.data(), buffer.size());
      if (n > 0) text_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text_;
  }

private:
  std::string path_;
  std::string text_;
  int fd_ = -1;
};

/// What follows `before` up to white space.
std::string word_after(const std::string& text, const std::string& before) {
  const auto from = text.find(before) + before.size();
  return text.substr(from, text.find_first_of(" \n", from) - from);
}

} // namespace

TEST_CASE("a service whose standard error nobody reads goes on serving, and ends when it is told to", "[commands]") {
  test_database home;
  const pipe_configuration file{pipe_configuration::text(three_pools(home))};
  named_pipe errors{file.path() + ".errors"};
  child_program serve{{"/bin/sh", "-c", R"(exec "$@" 2>"$0")", errors.path(), TRIPOOL_EXECUTABLE, "serve", "--config",
                       file.path(), "--log-level", "trace", "--http", "127.0.0.1:0", "--http-control", "--listen",
                       "127.0.0.1:0"}};
  const auto begun = errors.read_until("serving; end with");
  const auto at = word_after(begun, "the status page is at ");
  const auto node = word_after(begun, "listening for other nodes at ");
  std::string problem;
  const auto client = service::http_client::make(at.substr(0, at.size() - 1), {}, problem);
  REQUIRE(client);
  // Each order is a line of about 100 bytes: far more than the pipe holds, and fewer than wait for it.
  for (int i = 0; i < 200; ++i)
    REQUIRE(
      client->post("/control/resize", R"({"pool":"backup","min":1,"max":)" + std::to_string(4 + i % 2) + "}").ok());
  CHECK(client->get("/healthz").ok());
  CHECK(says(client->get("/metrics").body, "\ntripool_log_lines_dropped_total 0"));
  CHECK(says(run({"query", "--node", node, "--format", "csv", "select 6 * 7 as n"}).output, "42"));
  SECTION("and nobody comes") {
    serve.signal(SIGTERM);
    CHECK(serve.wait_for_end(30s) == 0);
  }
  SECTION("and somebody reads on at last") {
    REQUIRE(client->post("/control/resize", R"({"pool":"backup","min":1,"max":7})").ok());
    errors.read_until("keeps 1 to 7 connections");
    serve.signal(SIGTERM);
    errors.read_until("tripool ended");
    CHECK(serve.wait_for_end(30s) == 0);
  }
}
