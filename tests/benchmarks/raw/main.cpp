// The raw libpq peer: one thread, epoll, closed-loop callers, every answer checked. Prints the same line as
// `tripool bench --json`.
#include "service/bench/report.hpp"
#include "service/commands/validators.hpp"
#include "tests/benchmarks/raw/raw_connection.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <map>

#include <sys/epoll.h>
#include <unistd.h>

namespace {

using namespace tripool;
using clock_type = std::chrono::steady_clock;

struct settings {
  std::string dsn;
  std::string workload = "point";
  std::string policy = "plain";
  std::size_t connections = 10;
  std::size_t callers = 64;
  double seconds = 5;
};

const std::map<std::string, raw::policy> policies{{"single", raw::policy::single},
                                                  {"plain", raw::policy::plain},
                                                  {"cork", raw::policy::cork},
                                                  {"framed", raw::policy::framed},
                                                  {"shared", raw::policy::shared}};

std::int64_t count_accounts(const std::string& dsn) {
  auto* c = PQconnectdb(dsn.c_str());
  auto* r = PQexec(c, "select max(aid) from pgbench_accounts");
  const auto n = PQresultStatus(r) == PGRES_TUPLES_OK ? std::atoll(PQgetvalue(r, 0, 0)) : 0;
  if (n == 0) std::fprintf(stderr, "raw: no pgbench_accounts: %s\n", PQerrorMessage(c));
  PQclear(r);
  PQfinish(c);
  return n;
}

/// Half a second to settle, then the measurement.
bench::measurement run(const settings& x, const raw::plan& work) {
  std::vector<std::unique_ptr<raw::raw_connection>> connections;
  const int poll = epoll_create1(0);
  for (std::size_t i = 0; i < x.connections; ++i) {
    connections.push_back(std::make_unique<raw::raw_connection>(x.dsn, policies.at(x.policy), work));
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, connections.back()->socket(), &e);
  }
  std::vector<raw::caller> callers;
  for (std::size_t i = 0; i < x.callers; ++i) callers.emplace_back(i + 1);

  bench::measurement m;
  double cpu = 0;
  const auto start = clock_type::now() + std::chrono::milliseconds{500};
  const auto end = start + std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(x.seconds));
  auto t = clock_type::now();
  bool measuring = false;
  for (std::size_t i = 0; i < callers.size(); ++i) {
    callers[i].began = t;
    connections[i % connections.size()]->ask(callers[i]);
  }
  for (auto& c : connections) c->flush();
  while (t < end) {
    std::array<epoll_event, 64> events{};
    const int n = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 1000);
    t = clock_type::now();
    if (!measuring && t >= start) {
      measuring = true;
      cpu = bench::cpu_seconds_so_far();
    }
    for (int i = 0; i < n; ++i) {
      const auto index = events[static_cast<std::size_t>(i)].data.u64;
      auto& c = *connections[index];
      const bool wanted = c.wants_to_write();
      c.read([&](raw::caller& who) {
        const auto answered = clock_type::now();
        if (measuring) m.latencies.add(answered - who.began);
        if (!who.right) ++m.errors;
        who.began = answered;
        c.ask(who);
      });
      c.flush();
      if (c.wants_to_write() == wanted) continue;
      epoll_event e{};
      e.events = EPOLLIN | (wanted ? 0U : static_cast<unsigned>(EPOLLOUT));
      e.data.u64 = index;
      epoll_ctl(poll, EPOLL_CTL_MOD, c.socket(), &e);
    }
  }
  m.client_cpu_seconds = bench::cpu_seconds_so_far() - cpu;
  m.seconds = std::chrono::duration<double>(clock_type::now() - start).count();
  close(poll);
  return m;
}

} // namespace

int main(int argc, char** argv) {
  settings x;
  CLI::App app{"Raw libpq in pipeline mode, the yardstick of the benchmarks"};
  app.add_option("--dsn", x.dsn)->required();
  app.add_option("--workload", x.workload);
  app.add_option("--policy", x.policy)->check(CLI::IsMember(policies));
  app.add_option("--connections", x.connections)->check(CLI::Range(1, 1000));
  app.add_option("--callers", x.callers)->check(CLI::Range(1, 100000));
  app.add_option("--seconds", x.seconds)->check(tripool::service::number_within(0.1, 3600));
  CLI11_PARSE(app, argc, argv);
  auto work = raw::plan_for(x.workload);
  if (!work) return std::fprintf(stderr, "raw: no workload %s here\n", x.workload.c_str()), 2;
  if (work->accounts == 0) work->accounts = count_accounts(x.dsn);
  if (work->accounts == 0) return 1;
  auto m = run(x, *work);
  m.peer = "raw-" + x.policy;
  m.workload = x.workload;
  m.connections = x.connections;
  m.callers = x.callers;
  std::puts(bench::to_json(m).c_str());
  return m.errors == 0 ? 0 : 1;
}
