// The libpqxx peer: blocking connections, a thread for each, as its users have it. More callers than connections
// would wait for one; they add nothing to the throughput. Prints the same line as `tripool bench --json`.
#include "service/bench/report.hpp"
#include "tripool/core/util/random.hpp"

#include <pqxx/pqxx>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct share {
  tripool::bench::histogram latencies;
  std::uint64_t errors = 0;
};

bool ask(pqxx::connection& c, const std::string& workload, std::int64_t account) {
  pqxx::nontransaction t{c};
  if (workload == "update") return t.exec_prepared("q", 1, account).affected_rows() == 1;
  const auto r = t.exec_prepared("q", account);
  if (workload != "rows1000") return r.size() == 1 && r[0][0].as<std::int64_t>() == account;
  std::int64_t next = account;
  bool right = r.size() == 1000;
  for (const auto& row : r)
    right = right && row[0].as<std::int64_t>() == next++ && row[1].as<int>() > 0 && row[2].as<int>() > -1000000000
            && row[3].as<std::string>().size() == 84;
  return right;
}

const char* text_of(const std::string& workload) {
  if (workload == "select1") return "select $1::int";
  if (workload == "update") return "update pgbench_accounts set abalance = abalance + $1 where aid = $2";
  if (workload == "rows1000")
    return "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid limit 1000";
  return "select aid, abalance from pgbench_accounts where aid = $1";
}

void work(const std::string& dsn, const std::string& workload, std::uint64_t seed, const std::atomic<int>& phase,
          std::latch& ready, share& out) {
  pqxx::connection c{dsn};
  c.prepare("q", text_of(workload));
  std::uint64_t accounts = 0;
  {
    pqxx::nontransaction t{c};
    accounts = t.exec1("select max(aid) from pgbench_accounts")[0].as<std::uint64_t>();
  }
  tripool::splitmix64 random{seed};
  int warm = 0;
  while (phase < 2) {
    auto account = static_cast<std::int64_t>(random.next() % accounts) + 1;
    if (workload == "rows1000") account = account > 1000 ? account - 1000 : 1;
    const auto began = clock_type::now();
    if (!ask(c, workload, account)) ++out.errors;
    if (++warm == 100) ready.count_down(); // Its plan and its pages are there.
    if (phase == 1) out.latencies.add(clock_type::now() - began);
  }
}

} // namespace

int main(int argc, char** argv) {
  std::string dsn, workload = "point";
  std::size_t connections = 10, callers = 64;
  double seconds = 2;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--dsn") dsn = value;
    if (name == "--workload") workload = value;
    if (name == "--connections") connections = std::stoul(value);
    if (name == "--callers") callers = std::stoul(value);
    if (name == "--seconds") seconds = std::stod(value);
  }
  std::atomic<int> phase{0};
  const auto n = std::min(connections, callers);
  std::vector<share> shares(n);
  std::vector<std::thread> threads;
  std::latch ready{static_cast<std::ptrdiff_t>(n)};
  for (std::size_t i = 0; i < n; ++i)
    threads.emplace_back([&, i] { work(dsn, workload, i + 1, phase, ready, shares[i]); });
  ready.wait();
  tripool::bench::measurement m;
  const auto cpu = tripool::bench::cpu_seconds_so_far();
  const auto began = clock_type::now();
  phase = 1;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  phase = 2;
  m.seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  m.client_cpu_seconds = tripool::bench::cpu_seconds_so_far() - cpu;
  for (auto& t : threads) t.join();
  for (const auto& x : shares) {
    m.latencies.merge(x.latencies);
    m.errors += x.errors;
  }
  m.peer = "libpqxx";
  m.workload = workload;
  m.connections = connections;
  m.callers = callers;
  std::puts(tripool::bench::to_json(m).c_str());
  return m.errors == 0 ? 0 : 1;
}
