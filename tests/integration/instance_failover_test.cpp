// What the service does when its primary goes: crashes, hangs and comes back as a ghost, restarts, throws everybody out
// or turns read-only. The gaps are printed; the bounds are generous, since they only tell working from not working.
#include "service/cluster/process.hpp"
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"

#include <iostream>
#include <string>
#include <utility>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 10s;

time_point now() {
  return std::chrono::steady_clock::now();
}

double seconds_of(duration x) {
  return std::chrono::duration<double>(x).count();
}

bool writes(const entry& e) {
  return e.writes();
}

/// An instance under load on the shared cluster.
struct scene {
  test_database home;
  running_instance x;
  workload_options options;
  std::unique_ptr<workload> load;

  explicit scene(workload_options o = {}) : x((home.sql(workload::table), home)), options(std::move(o)) {
    for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
    REQUIRE(x.wait_until_writable(bound));
    load = std::make_unique<workload>(x.system(), x.delegate(), options);
    REQUIRE(load->wait_until_done(now(), 200, bound));
  }

  cluster::private_cluster& servers() { return home.home(); }

  /// Waits for new writes that are done, and prints how long it took.
  void require_writes(time_point since, const std::string& after) {
    const auto took = load->wait_until_done(since, 20, bound, writes);
    INFO("waiting for writes after " << after);
    REQUIRE(took);
    std::cout << "  first write " << seconds_of(*took) << " s after " << after << '\n';
  }

  /// Waits until writes are refused, as they must be: not executed.
  void require_no_writes() {
    const auto begin = now();
    for (;;) {
      const auto a = x.ask("insert into ledger values (-1, 0)", access::write, 500ms);
      if (a.why_not) {
        INFO(to_string(*a.why_not));
        CHECK(a.why_not->kind == outcome::not_executed);
        return;
      }
      REQUIRE(now() - begin < bound);
    }
  }

  /// Waits until the monitor has found that a server serves nobody.
  void require_out(std::size_t member) {
    INFO("waiting for the monitor to find out");
    REQUIRE(cluster::wait_until(6s, [&] {
      const auto t = x.status().monitor.table;
      return t && !t->routes[member].usable_for_reads && !t->routes[member].usable_for_writes;
    }));
  }

  verdict account(std::size_t member, const std::string& of,
                  const std::function<bool(const entry&)>& counts = nullptr) {
    auto v = judge(*load, servers(), member, home.name(), options, counts);
    std::cout << of << ": " << to_string(v) << '\n';
    return v;
  }
};

/// The standby that has received most: the one to promote.
std::size_t most_advanced(cluster::private_cluster& servers) {
  const auto received = [&](std::size_t member) {
    return must(servers.value(member, "select pg_last_wal_receive_lsn() - '0/0'::pg_lsn"));
  };
  return std::stoull(received(2)) > std::stoull(received(1)) ? 2 : 1;
}

} // namespace

TEST_CASE("the primary crashes and a standby is promoted: no acknowledged row is lost and writes go on",
          "[instance][failover]") {
  scene s;
  must(s.servers().configure(0, "synchronous_standby_names", "ANY 1 (node1, node2)"));
  // From here on every commit waits for a standby.
  while (must(s.servers().value(0, "show synchronous_standby_names")).empty()) {}
  s.require_writes(now(), "switching to synchronous replication");
  const auto asynchronous_until = now();
  REQUIRE(s.load->wait_until_done(asynchronous_until, 100, bound, writes));

  must(s.servers().crash(0));
  const auto next = most_advanced(s.servers());
  must(s.servers().promote(next));
  s.require_writes(now(), "the promotion");

  // Reads never needed the primary.
  const auto v = s.account(next, "crash and promotion");
  require_honest(v);
  CHECK(v.of(outcome::rejected) == 0);
  const auto t = s.x.status().monitor.table;
  REQUIRE(t);
  CHECK(t->routes[next].usable_for_writes);
  CHECK_FALSE(t->routes[0].usable_for_writes);
}

TEST_CASE("a primary that hangs while another is promoted takes no write after it comes back", "[instance][failover]") {
  workload_options patient;
  patient.deadline = 8s; // The hang is not found out by deadlines.
  scene s{patient};
  must(s.servers().hang(0));
  const auto hung_at = now();
  s.require_out(0);
  std::cout << "  out " << seconds_of(now() - hung_at) << " s after the hang\n";
  CHECK(s.x.ask("select 1", access::read).value); // The standbys serve on.
  must(s.servers().promote(1));
  const auto promoted_at = now();
  const auto taken = s.x.wait_until_writable(bound);
  REQUIRE(taken);
  std::cout << "  a new caller's write " << seconds_of(*taken) << " s after the promotion\n";
  s.require_writes(promoted_at, "the promotion");
  must(s.servers().resume(0));
  const auto resumed_at = now();
  s.require_writes(resumed_at, "the return of the old primary");
  // The monitor has looked at it again and found it to be a ghost, or has thrown it out for good.
  bool seen = false;
  while (!seen && now() - resumed_at < bound) {
    const auto status = s.x.status();
    seen = status.monitor.table->routes[0].ghost;
  }
  CHECK(seen);
  REQUIRE(s.load->wait_until_done(now(), 100, bound, writes));
  // Replication is asynchronous here: what the old primary had acknowledged before it hung may be on it alone. What
  // was sent after the promotion may not.
  const auto v =
    s.account(1, "hang, promotion, return", [promoted_at](const entry& e) { return e.sent > promoted_at; });
  CHECK(v.unanswered == 0);
  CHECK(v.late == 0);
  CHECK(v.lost == 0);
  CHECK(v.duplicate == 0);
  CHECK(v.torn == 0);
  CHECK(v.phantom == 0);
  // Nor has the ghost taken any of them: what was done or answered as not executed is not on it.
  const auto on_ghost = judge(*s.load, s.servers(), 0, s.home.name(), s.options, [](const entry&) { return false; });
  CHECK(on_ghost.phantom == 0);
  CHECK(on_ghost.duplicate == 0);
}

TEST_CASE("the primary restarts quickly: writes go on where they were", "[instance][failover]") {
  scene s;
  const auto begin = now();
  must(s.servers().restart_member(0, cluster::stop_mode::fast));
  s.require_writes(now(), "the restart (which took " + std::to_string(seconds_of(now() - begin)) + " s)");
  require_honest(s.account(0, "fast restart"));
}

TEST_CASE("all sessions are thrown out at once: every request is answered and writes go on", "[instance][failover]") {
  scene s;
  for (int i = 0; i < 3; ++i) {
    const auto n = s.home.value("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                "where application_name = 'tripool instance test'");
    CHECK(std::stoi(n) > 0);
    s.require_writes(now(), "terminating " + n + " sessions");
  }
  require_honest(s.account(0, "terminated sessions"));
}

TEST_CASE("the primary turns read-only: writes are refused honestly, and go on where they can",
          "[instance][failover]") {
  scene s;
  must(s.servers().configure(0, "default_transaction_read_only", "on"));
  s.require_no_writes();
  // Reads are undisturbed.
  CHECK(s.load->wait_until_done(now(), 10, bound, [](const entry& e) { return !e.writes(); }));
  must(s.servers().configure(0, "default_transaction_read_only", std::nullopt));
  s.require_writes(now(), "the end of read-only");

  must(s.servers().configure(0, "default_transaction_read_only", "on"));
  s.require_no_writes();
  must(s.servers().wait_until_caught_up(1));
  must(s.servers().promote(1));
  s.require_writes(now(), "the promotion of another");
  const auto v = s.account(1, "read-only");
  require_honest(v);
  CHECK(v.of(outcome::rejected) == 0);
}
