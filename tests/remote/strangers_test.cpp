// What a stranger may do is nothing: no certificate, the wrong authority, plain text, garbage, lengths that are lies,
// silence, and very many connections. Whoever belongs is served all the while.
#include "tests/remote/nodes.hpp"

#include <array>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A plain connection of somebody who is no CAF program.
class stranger {
public:
  explicit stranger(const remote_node& to) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(to.port);
    inet_pton(AF_INET, to.host.c_str(), &at.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    const timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~stranger() { close(fd_); }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  bool connected() const noexcept { return connected_; }
  void say(std::string_view text) { (void)send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  /// Whether the other side ends the connection, whatever it says before.
  bool is_shown_out() {
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto n = recv(fd_, buffer.data(), buffer.size(), 0);
      if (n == 0 || (n < 0 && errno == ECONNRESET)) return true;
      if (n < 0) return false;
    }
  }

private:
  int fd_;
  bool connected_ = false;
};

void require_served(remote_caller& caller) {
  auto out = caller.client().execute(asking("select 41 + 1", access::read));
  if (!out) FAIL(to_string(out.error()));
  REQUIRE(out->raw(0, 0) == "42");
}

/// The most memory that this process has had, in bytes.
std::size_t peak_memory() {
  rusage x{};
  getrusage(RUSAGE_SELF, &x);
  return static_cast<std::size_t>(x.ru_maxrss) * 1024;
}

std::string header(int kind, std::uint32_t length) {
  std::string out(32, '\0');
  out[0] = static_cast<char>(kind);
  for (std::size_t i = 0; i < 4; ++i) out[4 + i] = static_cast<char>(length >> (24 - 8 * i) & 0xffU);
  return out;
}

} // namespace

TEST_CASE("garbage, lengths that are lies and silence end the stranger's connection, and nobody else's", "[remote]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  require_served(caller);
  const auto before = peak_memory();
  for (const auto& words :
       {std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n and more than a header's length"}, std::string(100'000, '\xff'),
        std::string(64, '\0'), header(1, 0xffff'ffffU), header(2, 0x7fff'ffffU)}) {
    stranger s{node.at()};
    REQUIRE(s.connected());
    s.say(words);
    CHECK(s.is_shown_out());
    require_served(caller);
  }
  stranger silent{node.at()};
  CHECK(silent.is_shown_out()); // After five seconds.
  require_served(caller);
  CHECK(peak_memory() - before < std::size_t{200} << 20U);
  CHECK(node.gate().guests == 1);
}

TEST_CASE("a thousand connections are held, and a caller is served among them", "[remote]") {
  // Both ends, and the guard's two, are in this process.
  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  if (files.rlim_max != RLIM_INFINITY && files.rlim_max < 5000) {
    WARN("this process may have " << files.rlim_max << " descriptors only: too few for a thousand connections");
    return;
  }
  files.rlim_cur = files.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  require_served(caller);
  std::vector<std::unique_ptr<stranger>> crowd;
  for (int i = 0; i < 1000; ++i) crowd.push_back(std::make_unique<stranger>(node.at()));
  std::size_t connected = 0;
  for (const auto& s : crowd) connected += s->connected() ? 1 : 0;
  CHECK(connected == 1000);
  require_served(caller);
  crowd.clear();
  require_served(caller);
}

TEST_CASE("with TLS only a certificate of the right authority gets in", "[remote][tls]") {
  test_database home;
  remote_certificates certs;
  const auto node_files = certs.issue("node", "ca", "ca");
  const auto good = certs.issue("caller", "ca", "ca");
  const auto wrong = certs.issue("stranger", "other-ca", "ca");
  const auto deceived = certs.issue("deceived", "ca", "other-ca");
  local_node node{home, "127.0.0.1", {}, node_files};
  remote_caller caller{{node.at()}, good};
  require_served(caller);
  remote_limits quick;
  quick.dial_timeout = 1500ms;
  const auto refused = [&](const remote_tls_files& files) {
    remote_caller other{{node.at()}, files, quick};
    auto out = other.client().execute(asking("select 1", access::read, 3000ms));
    REQUIRE_FALSE(out);
    CHECK(out.error().kind == outcome::not_executed);
    CHECK(out.error().proved == proof::never_sent);
  };
  SECTION("another authority's certificate") {
    refused(wrong);
  }
  SECTION("a caller that trusts another authority does not talk to the node") {
    refused(deceived);
  }
  SECTION("no TLS at all") {
    refused({});
  }
  SECTION("garbage") {
    stranger s{node.at()};
    s.say(std::string(1000, 'x'));
    CHECK(s.is_shown_out());
  }
  require_served(caller);
  CHECK(node.gate().guests == 1);
}

TEST_CASE("off loopback nothing is published without TLS, unless somebody insists", "[remote]") {
  test_database home;
  service::system_config cfg;
  CHECK(configure_remote(cfg).empty());
  caf::actor_system sys{cfg};
  instance db{sys, default_options()};
  listen_options how;
  how.host = "0.0.0.0";
  const auto out = publish_delegate(sys, db, how);
  REQUIRE_FALSE(out);
  CHECK(out.error().find("without TLS") != std::string::npos);
  how.tls = true;
  const auto no_files = publish_delegate(sys, db, how);
  REQUIRE_FALSE(no_files);
  CHECK(no_files.error().find("certificate") != std::string::npos);
  CHECK(is_loopback("127.8.9.10"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("10.0.0.1"));
  CHECK_FALSE(is_loopback("128.0.0.1"));
  CHECK_FALSE(is_loopback("localhost"));
  for (const auto* wrong : {"127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "localhost:1", ":1", ""})
    CHECK_FALSE(read_listen_address(wrong));
  CHECK(read_listen_address("[::1]:4711")->host == "::1");
  service::system_config other;
  CHECK(configure_remote(other, {"/nowhere.crt", "/nowhere.key", "/nowhere.ca"}).find("/nowhere.crt")
        != std::string::npos);
}
