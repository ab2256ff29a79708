// What goes wrong between statements: a lock that all writes pile up behind, and prepared statements whose plans a
// change of schema has made wrong.
// Knows nothing of the network. Used by the runner.
#include "tests/chaos/stage.hpp"

#include <algorithm>
#include <thread>

namespace tripool::chaos {

namespace {

using test::task;

duration percentile_of_reads(const std::vector<test::entry>& book, time_point from, time_point to, double part) {
  std::vector<duration> all;
  for (const auto& e : book)
    if (!e.writes() && e.kind == outcome::done && e.sent >= from && e.sent < to) all.push_back(e.answered - e.sent);
  if (all.empty()) throw stage_error{"No read was answered."};
  std::sort(all.begin(), all.end());
  return all[static_cast<std::size_t>(static_cast<double>(all.size() - 1) * part)];
}

/// Somebody locks the table against writers for longer than they may wait; who reads it is in nobody's way.
void lock_pile_up(stage& s) {
  const auto begin = stage::now();
  // The cluster is used by this thread alone meanwhile.
  std::thread locker{
    [&s] { s.sql(0, "do $$ begin lock table ledger in exclusive mode; perform pg_sleep(4); end $$"); }};
  s.play(3800ms);
  const auto end = stage::now();
  locker.join();
  s.record("first write after the lock", s.first_write(stage::now()), 1s);
  s.account();
  std::uint64_t failed_reads = 0;
  for (const auto& e : s.book())
    if (!e.writes() && e.kind != outcome::done) ++failed_reads;
  s.record("99 % of reads within", percentile_of_reads(s.book(), begin, end, 0.99), 100ms);
  s.record("reads that failed", failed_reads, 0);
}

/// The table that prepared statements read and write changes its shape under them.
void plan_changed(stage& s) {
  for (int i = 0; i < 6; ++i) {
    s.sql(0, "alter table ledger add column extra_" + std::to_string(i) + " int not null default 0");
    s.play(250ms);
    s.sql(0, i % 2 == 0 ? "alter table ledger alter column part type bigint"
                        : "alter table ledger alter column part type int");
    s.play(250ms);
  }
  s.account();
  const auto& a = s.result().account;
  s.record("requests that failed", a.total() - a.of(outcome::done), 0);
}

stage_setup with(std::vector<task> mix, std::size_t callers) {
  stage_setup out;
  out.load.mix = std::move(mix);
  out.load.callers = callers;
  return out;
}

} // namespace

std::vector<scenario> statement_scenarios() {
  return {
    {25, "lock-pile-up", false, with({task::read, task::write, task::read, task::batch}, 32), lock_pile_up},
    {26, "plan-changed", false, with({task::row, task::write, task::row, task::batch}, 8), plan_changed},
  };
}

} // namespace tripool::chaos
