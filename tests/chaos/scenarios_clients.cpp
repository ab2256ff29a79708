// What clients see who want more than single statements: readers of what was just written while the standbys stand
// still, borrowers that die in the middle of a transaction, and listeners whose session is lost.
// Knows no proxy's inside. Used by the runner.
#include "tests/chaos/borrower.hpp"
#include "tests/chaos/hearing.hpp"
#include "tests/chaos/stage.hpp"
#include "tripool/actors/client/blocking_client.hpp"

#include <caf/send.hpp>

#include <csignal>

namespace tripool::chaos {

namespace {

/// Writes a row and reads it on any server that has got so far. Returns whether it was there.
bool reads_own_write(blocking_client& client, std::int64_t key, duration& slowest) {
  auto write = sql("insert into ledger values ($1, 0)", key);
  write.report_position = true;
  const auto written = client.execute(write);
  if (!written) throw stage_error{"A write was not done: " + to_string(written.error())};
  auto read = sql_read("select count(*) from ledger where k = $1", key);
  read.at_least = written->receipt().position;
  if (!read.at_least) throw stage_error{"A write's position was not reported."};
  const auto begin = stage::now();
  const auto found = client.execute(read);
  if (!found) throw stage_error{"A read was not done: " + to_string(found.error())};
  slowest = std::max(slowest, stage::now() - begin);
  const auto n = found->one<std::int64_t>();
  return n && *n == 1;
}

void replication_lag(stage& s) {
  blocking_client client{s.system(), s.db().delegate()};
  std::uint64_t stale = 0;
  duration slowest{0};
  std::int64_t key = 0;
  const auto some = [&](int n) {
    for (int i = 0; i < n; ++i)
      if (!reads_own_write(client, ++key, slowest)) ++stale;
  };
  some(50);
  for (const std::size_t standby : {1, 2}) s.sql(standby, "select pg_wal_replay_pause()");
  s.play(200ms);
  some(200);
  for (const std::size_t standby : {1, 2}) s.sql(standby, "select pg_wal_replay_resume()");
  some(50);
  s.record("stale reads of those that asked", stale, 0);
  s.record("slowest of those reads", slowest, 1s);
  s.account();
}

/// Borrowers that die while they wait for their session, rest in a transaction, or have a statement running.
void borrower_dies(stage& s) {
  duration slowest{0};
  std::int64_t key = 0;
  for (int round = 0; round < 5; ++round) {
    for (const auto at : {moment::ordering, moment::resting, moment::running}) {
      borrower x{s, at, ++key};
      x.wait_until_there();
      x.die();
      const auto died = stage::now();
      s.wait_until("the end of a dead borrower's transaction", 10s, [&] { return borrower::left_behind(s) == 0; });
      slowest = std::max(slowest, stage::now() - died);
    }
  }
  s.wait_until("the return of all connections", 5s, [&] {
    std::size_t lent = 0;
    for (const auto& p : s.status().pools) lent += p.stats.connections.lent;
    return lent == 0;
  });
  s.record("slowest end of a dead borrower's transaction", slowest, 3s);
  s.record("rows of dead borrowers", std::stoull(s.sql(0, "select count(*) from ledger where k < 1000000000")), 0);
  s.record("locks of dead borrowers",
           std::stoull(s.sql(0, "select count(*) from pg_locks where locktype = 'advisory'")), 0);
  s.account();
}

/// A subscriber hears every notification, or is told that it may have missed some: whatever befalls the session.
void listen_lost(stage& s) {
  hearing h{s.system(), s.db().delegate()};
  const auto listening_pid = [&] { return s.status().listener.backend_pid; };
  for (int round = 0; round < 3; ++round) {
    h.notify(20);
    s.proxy(0).reset_all();
    h.until_again("the reset of all links");
    h.notify(20);
    s.sql(0, "select pg_terminate_backend(" + std::to_string(listening_pid()) + ")");
    h.until_again("the end of the listening session's server process");
    h.notify(20);
    caf::anon_send_exit(s.topology().listener, caf::exit_reason::kill);
    h.until_again("the listener's death");
  }
  h.notify(20);
  must(s.servers().crash(0));
  const auto next = s.most_advanced();
  must(s.servers().promote(next));
  h.until_again("a failover");
  h.notify(20);
  s.record("losses that were not told", h.untold(), 0);
  s.record("longest until it heard again", h.longest(), 5s);
  s.account(next);
}

stage_setup synchronously() {
  stage_setup out;
  out.synchronous = true;
  out.load.callers = 4;
  return out;
}

} // namespace

std::vector<scenario> client_scenarios() {
  return {
    {27, "replication-lag", true, {}, replication_lag},
    {28, "borrower-dies", true, {}, borrower_dies},
    {30, "listen-lost", false, synchronously(), listen_lost},
  };
}

} // namespace tripool::chaos
