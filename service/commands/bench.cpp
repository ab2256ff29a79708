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

/// One pool to the server of the connection string.
std::optional<options> one_pool(const bench_options& o, instance_parts& parts) {
  auto parsed = postgres::parse_conninfo(std::string{o.dsn});
  if (const auto* e = std::get_if<postgres::conninfo_error>(&parsed)) {
    std::fprintf(stderr, "tripool: --dsn: %s\n", e->message.c_str());
    return std::nullopt;
  }
  auto& c = std::get<postgres::conninfo>(parsed);
  options out;
  pool_options p;
  p.name = "primary";
  p.connections_min = p.connections_max = o.connections;
  p.queue_max = std::max<std::size_t>(p.queue_max, o.callers * 2);
  p.target.host = c.host;
  p.target.address = c.hostaddr;
  p.target.port = c.port.value_or(5432);
  p.target.dbname = c.dbname;
  p.target.user = c.user;
  p.target.options = c.options;
  if (c.has_password) parts.passwords.emplace(p.name, std::move(c.password));
  out.pools.push_back(std::move(p));
  return out;
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

void start_callers(const bench_options& o, const std::shared_ptr<course>& c, caf::actor_system& sys, instance& db) {
  const bool on_loop = o.callers_on == "loop";
  const auto rate = o.rate / static_cast<double>(o.callers);
  for (std::size_t i = 0; i < o.callers; ++i) {
    const std::uint64_t seed = i + 1;
    caf::actor x;
    if (o.rate > 0)
      x = on_loop ? db.spawn_on_loop<bench::open_caller>(c, seed, rate)
                  : sys.spawn<bench::open_caller>(nullptr, c, seed, rate);
    else
      x = on_loop ? db.spawn_on_loop<bench::closed_caller>(c, seed) : sys.spawn<bench::closed_caller>(nullptr, c, seed);
    caf::anon_send(x, tick_msg{});
  }
}

} // namespace

int run_bench(const bench_options& o) {
  auto c = std::make_shared<course>();
  c->work = *bench::workload_from(o.workload);
  c->mode = o.write ? access::write : access::read;
  instance_parts parts;
  auto config = one_pool(o, parts);
  if (!config) return 2;
  system_config cfg;
  caf::actor_system sys{cfg};
  parts.log = make_log("error");
  instance db{sys, std::move(*config), std::move(parts)};
  if (!wait_until_probed(sys, db, std::chrono::seconds{10})) {
    std::fprintf(stderr, "tripool: the server of --dsn does not answer\n");
    return 1;
  }
  c->delegate = db.delegate();
  c->accounts = o.workload == "select1" ? 1'000'000 : count_accounts(sys, db);
  if (c->accounts < 1) return 1;
  c->running = o.callers;
  start_callers(o, c, sys, db);
  const auto m = measure(o, *c);
  std::fputs((o.json ? bench::to_json(m) + "\n" : bench::to_text(m)).c_str(), stdout);
  c->delegate = nullptr;
  return finish_output(c->errors == 0 && c->running == 0 ? 0 : 1);
}

} // namespace tripool::service
