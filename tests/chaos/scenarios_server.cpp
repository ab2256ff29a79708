// What goes wrong in the servers and in Tripool itself: hung, crashed, restarted, promoted, demoted; sessions ended;
// actors killed. Each scenario measures what its row promises and takes the account from the server that survives.
// Knows nothing of the network. Used by the runner.
#include "tests/chaos/stage.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <csignal>

namespace tripool::chaos {

namespace {

constexpr auto sessions = "from pg_stat_activity where application_name = 'tripool chaos'";

/// Records how long after `since` the monitor took the primary out of service for writes.
void out_of_service(stage& s, time_point since, std::chrono::milliseconds bar) {
  s.wait_until("the monitor to find out", 10s, [&] {
    const auto t = s.status().monitor.table;
    return t && !t->routes[0].usable_for_writes;
  });
  s.record("found out after", stage::now() - since, bar);
}

void hung(stage& s) {
  const auto begin = stage::now();
  must(s.servers().hang(0));
  s.record("first read elsewhere", s.first_read(begin), 3s);
  out_of_service(s, begin, 3s);
  must(s.servers().resume(0));
  s.first_write(stage::now());
  s.account();
}

void backend_killed(stage& s) {
  std::string pid;
  s.wait_until("a server process at work", 5s, [&] {
    pid = s.sql(0, std::string{"select pid "} + sessions + " and state = 'active' limit 1");
    return !pid.empty();
  });
  if (::kill(std::stoi(pid), SIGKILL) != 0) throw stage_error{"The server process could not be killed."};
  s.wait_until("the server's recovery", 10s,
               [&] { return static_cast<bool>(s.servers().value(0, "select pg_is_in_recovery()")); });
  s.record("first write after recovery", s.first_write(stage::now()), 1s);
  s.account();
}

void crash_and_restart(stage& s) {
  const auto dials = [&] {
    const auto x = s.status();
    const auto* p = s.primary_pool(x);
    return p == nullptr ? std::uint64_t{0} : p->counters.dials;
  };
  const auto before = dials();
  must(s.servers().crash(0));
  s.play(1s);
  must(s.servers().start_member(0));
  s.record("first write after start", s.first_write(stage::now()), 1s);
  s.record("dials", dials() - before, 3 * default_options().pools[0].connections_max);
  s.account();
}

void fast_restart(stage& s) {
  must(s.servers().restart_member(0, cluster::stop_mode::fast));
  s.record("first write after restart", s.first_write(stage::now()), 1s);
  s.account();
}

void terminate_storm(stage& s) {
  for (int i = 0; i < 10; ++i) {
    must(s.servers().sql(0, std::string{"select pg_terminate_backend(pid) "} + sessions));
    s.play(200ms);
  }
  s.account();
  s.record("longest gap without a write", s.result().account.longest_gap, 300ms);
}

void failover(stage& s) {
  must(s.servers().crash(0));
  const auto next = s.most_advanced();
  must(s.servers().promote(next));
  s.record("first write after promotion", s.first_write(stage::now()), 1s);
  s.play(500ms);
  s.account(next);
}

/// The old primary hangs, another is promoted, and the old one comes back as a ghost.
void split_brain(stage& s, bool synchronous) {
  must(s.servers().hang(0));
  const auto next = s.most_advanced(); // Either standby may be the one that confirmed a commit.
  must(s.servers().promote(next));
  const auto promoted = stage::now();
  const auto served = s.first_write(promoted);
  if (synchronous) s.record("first write after promotion", served, 3s);
  const auto fenced = stage::now();
  must(s.servers().resume(0));
  s.play(1500ms);
  s.first_write(stage::now());
  if (synchronous)
    s.account(next);
  else
    s.account(next, [fenced](const test::entry& e) { return e.sent > fenced; });
}

void demoted(stage& s) {
  const auto begin = stage::now();
  must(s.servers().configure(0, "default_transaction_read_only", "on"));
  out_of_service(s, begin, 1s);
  must(s.servers().wait_until_caught_up(1));
  must(s.servers().promote(1));
  s.record("first write after promotion", s.first_write(stage::now()), 1s);
  s.account(1);
}

/// Commits wait for standbys that hang; their wait is cancelled, and the primary is lost.
void sync_wait_cancelled(stage& s) {
  must(s.servers().hang(1));
  must(s.servers().hang(2));
  s.play(300ms);
  must(s.servers().sql(0, std::string{"select pg_cancel_backend(pid) "} + sessions + " and wait_event = 'SyncRep'"));
  s.play(200ms);
  must(s.servers().crash(0));
  must(s.servers().resume(1));
  must(s.servers().resume(2));
  const auto next = s.most_advanced();
  must(s.servers().promote(next));
  s.first_write(stage::now());
  s.account(next);
  s.record("done without a standby", s.result().account.lost, 0);
}

void actors_killed(stage& s) {
  const auto kill = [&](const char* what, const caf::actor& who) {
    if (!who) throw stage_error{std::string{"There is no "} + what + " to kill."};
    caf::anon_send_exit(who, caf::exit_reason::kill);
    s.record(std::string{"first write after the death of the "} + what, s.first_write(stage::now()), 2s);
    s.wait_until("all actors", 10s, [&] {
      const auto t = s.topology();
      return t.manager && t.monitor && t.pools.size() == 3 && t.absent() == 0;
    });
  };
  kill("monitor", s.topology().monitor);
  kill("pool", s.topology().pools.at(0));
  kill("manager", s.topology().manager);
  s.account();
}

/// A queue that holds little, and many more callers than a small pool serves.
stage_setup overload_setup() {
  stage_setup out;
  out.load.callers = 400;
  out.load.mix = {test::task::slow};
  out.adjust = [](options& o) {
    for (auto& p : o.pools) {
      p.connections_max = p.connections_min;
      p.queue_max = 20;
    }
  };
  return out;
}

void overload(stage& s) {
  s.play(3s);
  s.account();
  std::vector<duration> shed;
  for (const auto& e : s.book())
    if (e.kind == outcome::not_executed && e.why.spent < 1s) shed.push_back(e.answered - e.sent);
  if (shed.empty()) throw stage_error{"Nothing was shed."};
  std::sort(shed.begin(), shed.end());
  s.record("median time to shed", shed[shed.size() / 2], 10ms);
}

stage_setup synchronously() {
  stage_setup out;
  out.synchronous = true;
  return out;
}

} // namespace

std::vector<scenario> server_scenarios() {
  return {
    {13, "server-hung", false, {}, hung},
    {14, "backend-killed", true, {}, backend_killed},
    {15, "crash-and-restart", false, {}, crash_and_restart},
    {16, "fast-restart", false, {}, fast_restart},
    {17, "terminate-storm", false, {}, terminate_storm},
    {18, "failover", true, synchronously(), failover},
    {19, "split-brain-async", false, {}, [](stage& s) { split_brain(s, false); }},
    {20, "split-brain-sync", false, synchronously(), [](stage& s) { split_brain(s, true); }},
    {21, "sync-wait-cancelled", false, synchronously(), sync_wait_cancelled},
    {22, "demoted", false, {}, demoted},
    {29, "overload", false, overload_setup(), overload},
    {31, "actors-killed", true, {}, actors_killed},
  };
}

} // namespace tripool::chaos
