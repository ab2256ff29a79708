// Dialling a real server: what an open session knows, and how each refusal is told.
// That a failed connect has an SQLSTATE at all, and a readable message without secrets, is this adapter's work.
#include "tests/integration/postgres_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace tripool;
using namespace tripool::test;

namespace {

/// A port that accepts and hangs up.
class silent_listener {
public:
  silent_listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&at), length) == 0);
    REQUIRE(::listen(fd_, 2) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length) == 0);
    port_ = ntohs(at.sin_port);
  }
  ~silent_listener() { ::close(fd_); }
  std::uint16_t port() const { return port_; }
  /// The next connection, or -1 when none comes in time.
  int accept_one(std::chrono::milliseconds limit) {
    pollfd p{fd_, POLLIN, 0};
    return ::poll(&p, 1, static_cast<int>(limit.count())) > 0 ? ::accept(fd_, nullptr, nullptr) : -1;
  }
  bool accept_and_close() {
    const int peer = ::accept(fd_, nullptr, nullptr);
    return peer >= 0 && ::close(peer) == 0;
  }

private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// Drives a session on by one step.
void step(session& s, session_sink& sink) {
  const auto want = s.interest();
  pollfd p{want.fd, static_cast<short>((want.read ? POLLIN : 0) | (want.write ? POLLOUT : 0)), 0};
  if (::poll(&p, 1, 1000) > 0) s.on_ready((p.revents & POLLIN) != 0, (p.revents & POLLOUT) != 0, sink);
}

/// Lets the next client in as a server would, and reports a parameter on the way.
class letting_in {
public:
  letting_in(silent_listener& at, const std::string& name, const std::string& value)
    : thread_([&at, name, value] { serve(at, name, value); }) {}
  ~letting_in() { thread_.join(); }

private:
  static void serve(silent_listener& at, const std::string& name, const std::string& value) {
    const int peer = at.accept_one(std::chrono::seconds{10});
    if (peer < 0) return;
    std::array<char, 4096> startup{};
    (void)::recv(peer, startup.data(), startup.size(), 0);
    std::string out = message('R', std::string(4, '\0'));
    out += message('S', name + '\0' + value + '\0');
    out += message('K', std::string(8, '\1')) + message('Z', "I");
    (void)::send(peer, out.data(), out.size(), MSG_NOSIGNAL);
    (void)::recv(peer, startup.data(), startup.size(), 0); // Until the client hangs up.
    ::close(peer);
  }
  static std::string message(char type, const std::string& body) {
    const auto length = static_cast<char>(body.size() + 4);
    return std::string{type, '\0', '\0', '\0', length} + body;
  }

  std::thread thread_;
};

} // namespace

TEST_CASE("a server that reports another client encoding than UTF8 is not used", "[postgres]") {
  silent_listener listener;
  postgres::session_factory factory;
  dial_target to;
  to.host = "127.0.0.1";
  to.port = listener.port();
  to.user = "somebody";
  to.options = {{"sslmode", "disable"}, {"gssencmode", "disable"}};
  {
    const letting_in server{listener, "client_encoding", "LATIN1"};
    driven_session s{factory, to, credential{}};
    CHECK(!s.open());
    REQUIRE(s.heard.losses.size() == 1);
    CHECK(s.heard.losses[0].during == session_loss::phase::dialling);
    CHECK(s.heard.losses[0].sqlstate == "22021");
    CHECK(s.heard.losses[0].message.find("client_encoding LATIN1") != std::string::npos);
  }
  const letting_in server{listener, "client_encoding", "UTF8"};
  driven_session s{factory, to, credential{}};
  CHECK(s.open());
}

TEST_CASE("an open session tells what is known of its server", "[postgres]") {
  open_session f;
  const auto& info = *f.session.heard.opened;
  CHECK(info.host == f.server.target().host);
  CHECK(info.port == f.server.target().port);
  CHECK(info.address == info.host + ":" + std::to_string(info.port));
  CHECK(info.version >= 140000);
  CHECK(info.backend_pid == std::stoi(f.session.value("select pg_backend_pid()")));
  CHECK(info.in_hot_standby == false);
  CHECK(info.read_only == false);
  CHECK(f.session.value("show client_encoding") == "UTF8");
  CHECK(f.session.value("show application_name") == f.server.target().application_name);
}

TEST_CASE("the descriptor is registered anew at every step of a dial and then stays", "[postgres]") {
  open_session f;
  const auto epoch_of_dial = f.session.epochs.back();
  CHECK(epoch_of_dial > f.session.epochs.front());
  CHECK(std::is_sorted(f.session.epochs.begin(), f.session.epochs.end()));
  const auto epoch = f.session->interest().epoch;
  CHECK(f.session.value("select 1") == "1");
  CHECK(f.session->interest().epoch == epoch);
}

TEST_CASE("what a log-in reckons for long does not keep its owner", "[postgres]") {
  const auto server = session_server::primary(); // It asks for SCRAM.
  postgres::session_factory factory;
  bool elsewhere = false;
  driven_session x{factory, server.target(), server.password()};
  const bool open = x.run_until([&] {
    std::array<char, 64> name{};
    const auto path = "/proc/self/fd/" + std::to_string(x->interest().fd);
    const auto n = ::readlink(path.c_str(), name.data(), name.size());
    elsewhere = elsewhere
                || std::string_view{name.data(), n > 0 ? static_cast<std::size_t>(n) : 0}.find("eventfd")
                     != std::string_view::npos;
    return x.heard.opened.has_value();
  });
  CHECK(open);
  CHECK(elsewhere);
  CHECK(x.value("select 1") == "1");
}

TEST_CASE("sessions may be dropped at every step of their log-in, while others log in", "[postgres]") {
  const auto server = session_server::primary();
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return std::distance(std::filesystem::begin(all), std::filesystem::end(all));
  };
  const auto before = descriptors();
  for (std::size_t steps = 0; steps < 12; ++steps) {
    std::optional<postgres::session_factory> first{std::in_place}; // Ends with a step under way.
    auto last = first->dial(server.target(), server.password(), [] {});
    postgres::session_factory factory;
    driven_session stays{factory, server.target(), server.password()};
    {
      recording_sink ignored;
      std::vector<std::unique_ptr<session>> dropped;
      for (int i = 0; i < 5; ++i) dropped.push_back(factory.dial(server.target(), server.password(), [] {}));
      for (std::size_t n = 0; n < steps; ++n) {
        for (auto& s : dropped) step(*s, ignored);
      }
    }
    CHECK(stays.open());
    CHECK(stays.value("select 1") == "1");
    recording_sink ignored;
    for (std::size_t n = 0; n < steps; ++n) step(*last, ignored);
    first.reset();
    last.reset();
  }
  CHECK(descriptors() == before);
}

TEST_CASE("a session over a unix socket works alike", "[postgres]") {
  open_session f;
  driven_session s{f.factory, f.server.unix_target(), f.server.password()};
  REQUIRE(s.open());
  CHECK(s.value("select inet_server_addr() is null") == "t");
}

TEST_CASE("a wrong password is refused with its SQLSTATE and a message that people can read", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  credential wrong;
  wrong.password = secret{std::string{"not-the-password"}};
  wrong.has_password = true;
  driven_session s{factory, server.target(), wrong};
  REQUIRE(!s.open());
  REQUIRE(s.heard.losses.size() == 1);
  const auto& loss = s.heard.losses.front();
  CHECK(loss.during == session_loss::phase::dialling);
  CHECK(loss.sqlstate == "28P01");
  CHECK(loss.message.find("password authentication failed for user") != std::string::npos);
  CHECK(loss.message.find("28P01") == std::string::npos);
  CHECK(loss.message.find("LOCATION") == std::string::npos);
  CHECK(loss.message.find("not-the-password") == std::string::npos);
  CHECK(s->interest().fd == -1);
}

TEST_CASE("a missing password is told as what it is", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  driven_session s{factory, server.target(), credential{}};
  REQUIRE(!s.open());
  CHECK(s.heard.losses.front().sqlstate == "28000");
  CHECK(s.heard.losses.front().message.find("none is configured") != std::string::npos);
}

TEST_CASE("an unknown database is refused with its SQLSTATE", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  auto target = server.target();
  target.dbname = "no_such_database";
  driven_session s{factory, target, server.password()};
  REQUIRE(!s.open());
  CHECK(s.heard.losses.front().sqlstate == "3D000");
  CHECK(s.heard.losses.front().message.find("\"no_such_database\" does not exist") != std::string::npos);
}

TEST_CASE("a closed port is a loss without SQLSTATE that names the port", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  auto target = server.target();
  target.port = 1;
  driven_session s{factory, target, server.password()};
  REQUIRE(!s.open());
  REQUIRE(s.heard.losses.size() == 1);
  CHECK(s.heard.losses.front().sqlstate.empty());
  CHECK(s.heard.losses.front().message.find("port 1 failed: Connection refused") != std::string::npos);
}

TEST_CASE("a dial that fails at once wakes its owner and is reported by on_ready", "[postgres]") {
  postgres::session_factory factory;
  dial_target target;
  target.host = "/nonexistent-socket-directory";
  bool woken = false;
  const auto s = factory.dial(target, credential{}, [&] { woken = true; });
  REQUIRE(s);
  CHECK(woken);
  CHECK(s->interest().fd == -1);
  CHECK_FALSE(s->sync());
  test::recording_sink sink;
  s->on_ready(false, false, sink);
  s->on_ready(false, false, sink);
  REQUIRE(sink.losses.size() == 1);
  CHECK(sink.losses.front().message.find("nonexistent-socket-directory") != std::string::npos);
}

TEST_CASE("an unknown libpq keyword fails the dial with its name", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  auto target = server.target();
  target.options.emplace_back("no_such_keyword", "1");
  driven_session s{factory, target, server.password()};
  REQUIRE(!s.open());
  CHECK(s.heard.losses.front().message.find("no_such_keyword") != std::string::npos);
}

TEST_CASE("a role at its connection limit is refused with 53300", "[postgres]") {
  auto& home = shared_cluster();
  must(home.create_role("crowded", "pw", "login connection limit 0"));
  postgres::session_factory factory;
  auto target = session_server::primary().target();
  target.user = "crowded";
  credential with;
  with.password = secret{std::string{"pw"}};
  with.has_password = true;
  driven_session s{factory, target, with};
  REQUIRE(!s.open());
  CHECK(s.heard.losses.front().sqlstate == "53300");
  must(home.sql(0, "drop role crowded"));
}

TEST_CASE("a server that closes the connection while dialling is a loss without SQLSTATE", "[postgres]") {
  silent_listener listener;
  postgres::session_factory factory;
  dial_target target;
  target.host = "127.0.0.1";
  target.port = listener.port();
  target.user = "anyone";
  driven_session s{factory, target, credential{}};
  REQUIRE(s.run_until([&] { return listener.accept_and_close(); }));
  REQUIRE(!s.open());
  CHECK(s.heard.losses.front().sqlstate.empty());
  CHECK(s.heard.losses.front().message.find("server closed the connection unexpectedly") != std::string::npos);
}
