// Notifications when something breaks: the session, its server process, the primary, the actors. Each time the
// subscribers are told of the gap, and hear again.
#include "tests/integration/ear.hpp"
#include "tests/support/catch.hpp"

#include <caf/send.hpp>

#include <csignal>
#include <iostream>
#include <string>
#include <utility>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 10s;

double seconds_of(duration x) {
  return std::chrono::duration<double>(x).count();
}

struct scene {
  test_database home;
  running_instance x;
  ear one{x};
  ear two{x};

  explicit scene(const instance_setup& how = {}) : x(home, how) {
    REQUIRE(x.wait_until_writable(bound));
    REQUIRE_FALSE(one.subscribe({"a", "b"}));
    REQUIRE_FALSE(two.subscribe({"b"}));
  }

  std::int32_t pid() { return x.status().listener.backend_pid; }

  /// Both hear what a server tells from now on.
  void require_heard(std::size_t member, const std::string& payload) {
    home.sql("notify a, '" + payload + "'", member);
    home.sql("notify b, '" + payload + "'", member);
    one.require({"a: " + payload, "b: " + payload});
    two.require({"b: " + payload});
  }

  void require_gap(const std::string& after) {
    one.require({"gap a b"});
    const auto why = one.last_gap.why;
    one.require({"over a b"});
    two.require({"gap b", "over b"});
    std::cout << "  gap of " << seconds_of(one.last_gap.lasted) << " s after " << after << ": " << why << '\n';
  }

  void kill(const caf::actor& who) {
    REQUIRE(who);
    caf::anon_send_exit(who, caf::exit_reason::kill);
  }
};

/// Stops a process, and lets it go on at the end whatever happens.
struct stopped_process {
  explicit stopped_process(std::int32_t x) : pid(x) { REQUIRE(::kill(pid, SIGSTOP) == 0); }
  stopped_process(const stopped_process&) = delete;
  stopped_process& operator=(const stopped_process&) = delete;
  ~stopped_process() { ::kill(pid, SIGCONT); }
  pid_t pid;
};

} // namespace

TEST_CASE("a listening session that is terminated is replaced, and the gap is told", "[listen][loss]") {
  scene s;
  s.require_heard(0, "before");
  const auto pid = s.pid();
  s.home.sql("select pg_terminate_backend(" + std::to_string(pid) + ")");
  s.require_gap("pg_terminate_backend");
  CHECK(s.pid() != pid);
  s.require_heard(0, "after");
}

TEST_CASE("a listening session whose process hangs is found by its check, and replaced", "[listen][loss]") {
  instance_setup how;
  how.adjust = [](options& o) {
    o.monitor.heartbeat_interval = 500ms;
    o.monitor.probe_timeout = 500ms;
  };
  scene s{how};
  const stopped_process hung{s.pid()};
  const auto begin = std::chrono::steady_clock::now();
  s.require_gap("SIGSTOP of the listening process");
  CHECK(std::chrono::steady_clock::now() - begin < bound);
  CHECK(s.pid() != hung.pid);
  s.require_heard(0, "after");
}

TEST_CASE("after a failover the new primary's notifications are heard", "[listen][loss]") {
  scene s;
  for (std::size_t member = 1; member < 3; ++member) must(s.home.home().wait_until_caught_up(member));
  must(s.home.home().crash(0));
  s.one.require({"gap a b"});
  s.two.require({"gap b"});
  must(s.home.home().promote(1));
  s.one.require({"over a b"});
  s.two.require({"over b"});
  std::cout << "  gap of " << seconds_of(s.one.last_gap.lasted) << " s by a failover\n";
  CHECK(s.x.status().listener.pool == "backup");
  s.require_heard(1, "from the new primary");
  // A subscription that is made now goes there, too.
  ear three{s.x};
  REQUIRE_FALSE(three.subscribe({"c"}));
  s.home.sql("notify c, 'new'", 1);
  three.require({"c: new"});
}

TEST_CASE("a primary that hangs while another is promoted is left, and stays left", "[listen][loss]") {
  instance_setup how;
  how.adjust = [](options& o) {
    o.monitor.heartbeat_interval = 1s;
  }; // Nobody asks it anything: the heartbeat finds it.
  scene s{how};
  for (std::size_t member = 1; member < 3; ++member) must(s.home.home().wait_until_caught_up(member));
  must(s.home.home().hang(0));
  must(s.home.home().promote(1));
  s.require_gap("a hang and a promotion");
  s.require_heard(1, "from the new primary");
  must(s.home.home().resume(0));
  s.home.sql("notify a, 'from the ghost'", 0);
  s.require_heard(1, "still");
}

TEST_CASE("a restart of the primary is a gap", "[listen][loss]") {
  scene s;
  must(s.home.home().restart_member(0));
  s.require_gap("a restart");
  s.require_heard(0, "after");
}

TEST_CASE("the deaths of listener, connection and manager lose no subscription", "[listen][loss]") {
  scene s;
  s.kill(s.x.topology().listener);
  s.require_gap("the listener's death");
  s.require_heard(0, "1");
  s.kill(s.x.status().listener.session);
  s.require_gap("its connection's death");
  s.require_heard(0, "2");
  const auto all = s.x.topology();
  s.kill(all.manager);
  s.kill(all.listener);
  s.require_gap("the deaths of manager and listener");
  s.require_heard(0, "3");
  // The manager's alone is none.
  s.kill(s.x.topology().manager);
  s.require_heard(0, "4");
  CHECK(s.x.status().listener.backend_pid != 0);
}

TEST_CASE("what is committed around a loss is heard, or falls into a gap", "[listen][loss]") {
  scene s;
  int expected = -1; // The next number, or -1 after a gap.
  bool certain = true;
  int rounds = 0;
  const auto hear = [&](const std::string& line) {
    if (line == "gap b") {
      certain = false;
    } else if (line == "over b") {
      certain = true;
      expected = -1;
      ++rounds;
    } else {
      const int n = std::stoi(line.substr(3));
      if (certain && expected >= 0) REQUIRE(n == expected);
      expected = n + 1;
    }
  };
  int sent = 0;
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (rounds < 5) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    for (int i = 0; i < 20; ++i) s.home.sql("notify b, '" + std::to_string(sent++) + "'");
    if (certain && expected > 0)
      s.home.sql("select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%' or pid = "
                 + std::to_string(s.pid()));
    while (const auto line = s.two.next(100ms)) hear(*line);
  }
  CHECK(sent > 100);
}
