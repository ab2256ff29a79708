// The command `bench`: callers in a closed or an open loop against one pool; every answer is checked.
#include "service/app/readiness.hpp"
#include "service/app/standard_streams.hpp"
#include "service/app/system.hpp"
#include "service/bench/callers.hpp"
#include "service/bench/report.hpp"
#include "service/commands/commands.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/core/postgres/conninfo.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

namespace tripool::service {

namespace {

using bench::course;

/// For the last answers to come: longer than any request's deadline.
constexpr std::chrono::seconds answers_wait_max{35};

/// What the course of a measurement must not be disturbed by: the bare pool asks its server nothing by itself.
constexpr std::chrono::hours no_heartbeat{1};
constexpr std::chrono::seconds quick_heartbeat{1};

pool_options one_pool(const bench_options& o, const postgres::conninfo& c, const char* name) {
  pool_options p;
  p.name = name;
  p.connections_min = p.connections_max = o.connections / o.loops;
  p.queue_max = std::max<std::size_t>(p.queue_max, o.callers * 2);
  p.pipeline_depth = o.pipeline_depth;
  p.frame_max = std::min(o.frame_max, o.pipeline_depth);
  p.target.host = c.host;
  p.target.address = c.hostaddr;
  p.target.port = c.port.value_or(5432);
  p.target.dbname = c.dbname;
  p.target.user = c.user;
  p.target.options = c.options;
  return p;
}

/// The options of each instance: one pool to the server of the connection string, or three with all that watches them.
options options_of(const bench_options& o, const postgres::conninfo& c) {
  options out;
  out.pools.push_back(one_pool(o, c, "primary"));
  out.monitor.heartbeat_interval = no_heartbeat;
  if (!o.resilient) return out;
  out.monitor.heartbeat_interval = quick_heartbeat;
  for (const char* name : {"backup", "failover"}) {
    out.pools.push_back(one_pool(o, c, name));
    out.pools.back().connections_min = 1;
  }
  return out;
}

std::optional<postgres::conninfo> read_dsn(const std::string& dsn) {
  auto parsed = postgres::parse_conninfo(std::string{dsn});
  if (auto* c = std::get_if<postgres::conninfo>(&parsed)) return std::move(*c);
  std::fprintf(stderr, "tripool: --dsn: %s\n", std::get<postgres::conninfo_error>(parsed).message.c_str());
  return std::nullopt;
}

/// What one option alone cannot tell.
bool fits(const bench_options& o) {
  if (o.connections % o.loops == 0 && o.callers % o.loops == 0) return true;
  std::fprintf(stderr, "tripool: --loops %zu divides neither %zu connections nor %zu callers evenly\n", o.loops,
               o.connections, o.callers);
  return false;
}

std::int64_t count_accounts(caf::actor_system& sys, const instance& db) {
  caf::scoped_actor self{sys};
  std::int64_t out = 0;
  statement s;
  s.text = "select max(aid) from pgbench_accounts";
  s.mode = access::read;
  self->request(db.delegate(), caf::infinite, std::move(s))
    .receive([&](const result& x) { out = x.one<std::int64_t>() ? *x.one<std::int64_t>() : 0; },
             [](const caf::error& e) { std::fprintf(stderr, "tripool: %s\n", to_string(failure_of(e)).c_str()); });
  return out;
}

/// Lets the callers run for the time of the measurement, and waits until all of them have ended.
bench::measurement measure(const bench_options& o, course& c) {
  bench::measurement m;
  m.peer = "tripool-" + o.callers_on;
  m.workload = o.workload;
  m.mode = o.write ? "write" : "read";
  m.connections = o.connections;
  m.callers = o.callers;
  m.loops = o.loops;
  m.resilient = o.resilient;
  m.rate = o.rate;
  std::this_thread::sleep_for(std::chrono::milliseconds{500}); // Connections and prepared statements settle.
  const auto cpu = bench::cpu_seconds_so_far();
  const auto began = course::clock::now();
  c.measuring = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(o.seconds));
  c.measuring = false;
  m.seconds = std::chrono::duration<double>(course::clock::now() - began).count();
  m.client_cpu_seconds = bench::cpu_seconds_so_far() - cpu;
  c.stopping = true;
  const auto until = course::clock::now() + answers_wait_max;
  while (c.running > 0 && course::clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  m.latencies = c.latencies();
  m.errors = c.errors;
  m.unanswered = static_cast<std::uint64_t>(c.outstanding.load());
  m.first_error = c.first_error();
  return m;
}

using instances = std::vector<std::unique_ptr<instance>>;

void start_callers(const bench_options& o, const std::shared_ptr<course>& c, caf::actor_system& sys, instances& all) {
  const bool on_loop = o.callers_on == "loop";
  const auto rate = o.rate / static_cast<double>(o.callers);
  for (std::size_t i = 0; i < o.callers; ++i) {
    const std::uint64_t seed = i + 1;
    auto& db = *all[i % all.size()];
    const auto& to = db.delegate();
    caf::actor x;
    if (o.rate > 0)
      x = on_loop ? db.spawn_on_loop<bench::open_caller>(c, to, seed, rate)
                  : sys.spawn<bench::open_caller>(nullptr, c, to, seed, rate);
    else
      x = on_loop ? db.spawn_on_loop<bench::closed_caller>(c, to, seed)
                  : sys.spawn<bench::closed_caller>(nullptr, c, to, seed);
    caf::anon_send(x, tick_msg{});
  }
}

/// Starts an instance for each loop. Empty when the server does not answer.
instances start_instances(const bench_options& o, const postgres::conninfo& c, caf::actor_system& sys) {
  instances out;
  for (std::size_t i = 0; i < o.loops; ++i) {
    auto config = options_of(o, c);
    instance_parts parts;
    parts.log = make_log("error");
    if (c.has_password)
      for (const auto& p : config.pools) parts.passwords.emplace(p.name, c.password.duplicate());
    out.push_back(std::make_unique<instance>(sys, std::move(config), std::move(parts)));
  }
  for (const auto& db : out) {
    if (wait_until_probed(sys, *db, std::chrono::seconds{10})) continue;
    std::fprintf(stderr, "tripool: the server of --dsn does not answer\n");
    return {};
  }
  return out;
}

} // namespace

int run_bench(const bench_options& o) {
  if (!fits(o)) return 2;
  const auto target = read_dsn(o.dsn);
  if (!target) return 2;
  auto c = std::make_shared<course>();
  c->work = *bench::workload_from(o.workload);
  c->mode = o.write ? access::write : access::read;
  system_config cfg;
  caf::actor_system sys{cfg};
  auto all = start_instances(o, *target, sys);
  if (all.empty()) return 1;
  c->accounts = o.workload == "select1" ? 1'000'000 : count_accounts(sys, *all.front());
  if (c->accounts < 1) {
    std::fprintf(stderr, "tripool: the tables of `pgbench -i` are missing or empty; only select1 needs none\n");
    return 1;
  }
  c->running = o.callers;
  start_callers(o, c, sys, all);
  const auto m = measure(o, *c);
  std::fputs((o.json ? bench::to_json(m) + "\n" : bench::to_text(m)).c_str(), stdout);
  return finish_output(c->errors == 0 && c->running == 0 ? 0 : 1);
}

} // namespace tripool::service
