// The ladder on real servers under load: the resilient part, the simple pool, nobody, and back. On every rung each
// request is answered once and in time, and the answers agree with the table.
#include "service/cluster/process.hpp"
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tripool/actors/client/blocking_client.hpp"

#include <caf/send.hpp>

#include <atomic>
#include <iostream>
#include <thread>
#include <utility>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

/// Kills the manager and the simple pool whenever they live, as long as it is told to.
class reaper {
public:
  explicit reaper(running_instance& on) : on_(on), worker_([this] { run(); }) {}
  reaper(const reaper&) = delete;
  reaper& operator=(const reaper&) = delete;
  ~reaper() {
    over_ = true;
    worker_.join();
  }
  std::atomic<bool> manager{false};
  std::atomic<bool> simple{false};

private:
  void run() {
    while (!cluster::wait_until(5ms, [this] { return over_.load(); })) {
      const auto t = on_.topology();
      if (manager && t.manager) caf::anon_send_exit(t.manager, caf::exit_reason::kill);
      if (simple && t.simple) caf::anon_send_exit(t.simple, caf::exit_reason::kill);
    }
  }

  running_instance& on_;
  std::atomic<bool> over_{false};
  std::thread worker_;
};

fallback_status fallback(running_instance& x) {
  return x.status().delegate.fallback;
}

/// Waits for a mode and returns how long that took; fails the test after the limit.
duration wait_for(running_instance& x, service_mode mode, std::chrono::milliseconds limit = 20s) {
  const auto began = steady::now();
  if (cluster::wait_until(limit, [&] { return fallback(x).mode == mode; })) return steady::now() - began;
  FAIL("the mode is " << to_string(fallback(x).mode) << ", not " << to_string(mode) << ": " << fallback(x).why);
  return {};
}

void require_served(workload& load) {
  const auto since = steady::now();
  for (const auto kind : {task::read, task::write, task::batch})
    REQUIRE(load.wait_until_done(since, 30, 10s, [&](const entry& e) { return e.what == kind; }));
}

long ms(duration x) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(x).count());
}

} // namespace

TEST_CASE("the ladder under load: resilient, simple, nobody, simple, resilient, and every request is accounted for",
          "[instance][fallback]") {
  test_database home;
  home.sql(workload::table);
  instance_setup how;
  how.adjust = [](options& o) {
    o.supervision.restarts_max = 2;
    o.supervision.restarts_window = 3s;
  };
  running_instance x{home, how};
  REQUIRE(x.wait_until_writable(10s));
  REQUIRE(fallback(x).mode == service_mode::resilient);
  const workload_options o;
  workload load{x.system(), x.delegate(), o};
  require_served(load);

  reaper death{x};
  death.manager = true;
  const auto to_simple = wait_for(x, service_mode::simple);
  require_served(load);
  CHECK(fallback(x).accepted > 0);
  const auto pools = x.status().pools;
  CHECK(std::any_of(pools.begin(), pools.end(), [](const auto& p) {
    return p.stats.name == "simple-pool" && p.stats.connections.open() >= 1 && p.stats.connections.total() <= 10;
  }));

  death.simple = true;
  const auto to_none = wait_for(x, service_mode::none);
  const auto refused = x.ask("select 1", access::read);
  // Nobody serves for as long as the simple pool rests; the load goes on all the time.
  if (fallback(x).mode == service_mode::none) {
    REQUIRE(refused.why_not);
    CHECK(refused.why_not->kind == outcome::not_executed);
    CHECK(refused.why_not->proved == proof::never_sent);
    CHECK(refused.why_not->message.find("nobody can serve it") != std::string::npos);
  }
  death.simple = false;
  const auto to_simple_again = wait_for(x, service_mode::simple);
  require_served(load);

  death.manager = false;
  const auto to_resilient = wait_for(x, service_mode::resilient);
  require_served(load);

  const auto v = judge(load, home.home(), 0, home.name(), o);
  std::cout << "ladder: simple after " << ms(to_simple) << " ms, nobody after " << ms(to_none) << " ms, simple after "
            << ms(to_simple_again) << " ms, resilient after " << ms(to_resilient) << " ms; " << to_string(v) << '\n';
  require_honest(v);
  CHECK(v.of(outcome::rejected) == 0);
  CHECK(v.of(outcome::not_executed) > 0);
  CHECK(v.failures.size() > 0);
}

TEST_CASE("with resilience switched off the caller's code is the same: statements, transactions, sessions, a stopped "
          "server",
          "[instance][fallback]") {
  test_database home;
  home.sql(workload::table);
  instance_setup how;
  how.adjust = [](options& o) { o.resilience = false; };
  running_instance x{home, how};
  REQUIRE(x.wait_until_writable(10s));
  const auto s = x.status();
  CHECK(s.delegate.fallback.mode == service_mode::simple);
  REQUIRE(s.pools.size() == 1);
  CHECK(s.pools.front().stats.connections.total() <= 10);
  REQUIRE(s.carrier.credentials.size() == 1); // The simple pool's own carrier lent it.
  CHECK(s.carrier.credentials.front().leases > 0);
  workload load{x.system(), x.delegate()};
  require_served(load);
  // The server is away for a moment: every request is answered, and it goes on by itself.
  must(home.home().crash(0));
  std::optional<failure> away;
  for (const auto until = steady::now() + 10s; !away && steady::now() < until;) {
    const auto a = x.ask("select 1", access::read, 1000ms);
    if (a.why_not && a.why_not->kind == outcome::not_executed) away = a.why_not;
  }
  REQUIRE(away);
  CHECK(away->pool == "simple-pool");
  must(home.home().start_member(0));
  REQUIRE(x.wait_until_writable(20s));
  require_served(load);
  const auto v = judge(load, home.home(), 0, home.name());
  std::cout << "simple pool alone: " << to_string(v) << '\n';
  require_honest(v);
}
