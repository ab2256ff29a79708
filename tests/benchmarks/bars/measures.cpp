// Memory, rest and COPY. The crash stands in a file of its own.
#include "tests/benchmarks/bars/measures.hpp"

#include "service/app/readiness.hpp"
#include "service/app/system.hpp"
#include "service/bench/report.hpp"
#include "service/cluster/process.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/core/postgres/conninfo.hpp"

#include <caf/event_based_actor.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include <malloc.h>

namespace tripool::bars {

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using json = nlohmann::ordered_json;

int complain(const std::string& what) {
  std::fprintf(stderr, "tripool-bench-bars: %s\n", what.c_str());
  return 1;
}

int print(const json& x) {
  std::puts(x.dump().c_str());
  return 0;
}

std::size_t resident_bytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

struct running {
  explicit running(options o) : db(sys, std::move(o), {{}, service::make_log("error"), {}, 0}) {
    ready = service::wait_until_probed(sys, db, 10s);
  }
  service::system_config cfg;
  caf::actor_system sys{cfg};
  instance db;
  bool ready = false;
};

std::size_t queued_in(running& x) {
  const auto s = service::ask_status(x.sys, x.db, 5s);
  std::size_t n = 0;
  if (s)
    for (const auto& p : s->pools) n += p.stats.queued;
  return n;
}

} // namespace

options pools_to(const std::string& dsn, std::size_t pools, std::size_t connections) {
  auto parsed = postgres::parse_conninfo(std::string{dsn});
  const auto* c = std::get_if<postgres::conninfo>(&parsed);
  options out = default_options();
  out.pools.resize(pools);
  for (auto& p : out.pools) {
    if (c) {
      p.target.host = c->host;
      p.target.address = c->hostaddr;
      p.target.port = c->port.value_or(5432);
      p.target.dbname = c->dbname;
      p.target.user = c->user;
    }
    if (connections > 0) p.connections_min = p.connections_max = connections;
  }
  return out;
}

int memory(const std::string& dsn, std::size_t connections, std::size_t requests) {
  auto o = pools_to(dsn, 1, connections);
  o.pools[0].queue_max = requests + connections;
  o.pools[0].codel_target = 0s;
  o.pools[0].queue_wait_max = 1h;
  running x{std::move(o)};
  if (!x.ready) return complain("the server does not answer");
  const auto connected = resident_bytes();
  caf::scoped_actor self{x.sys};
  // A text that has not proved to be quick has its connection to itself: these hold all of them.
  for (std::size_t i = 0; i < connections; ++i) {
    statement s;
    s.text = "select pg_sleep(60)";
    self->send(x.db.delegate(), std::move(s));
  }
  if (!cluster::wait_until(10s, [&] { return queued_in(x) == 0; }))
    return complain("the connections do not become busy");
  malloc_trim(0);
  const auto before = resident_bytes();
  for (std::size_t i = 0; i < requests; ++i) {
    statement s;
    s.text = "select aid, abalance from pgbench_accounts where aid = $1";
    s.parameters.emplace_back(static_cast<std::int64_t>(i + 1));
    s.mode = access::read;
    self->send(x.db.delegate(), std::move(s));
    // Not all at once: what waits in the delegate's mailbox would be measured, too.
    if ((i + 1) % 100 == 0 && !cluster::wait_until(10s, [&] { return queued_in(x) == i + 1; }))
      return complain("the requests are not in the queue");
  }
  if (!cluster::wait_until(10s, [&] { return queued_in(x) == requests; }))
    return complain("the requests are not in the queue");
  const auto full = resident_bytes();
  return print({{"connections", connections},
                {"queued", requests},
                {"resident_mb_connected", static_cast<double>(connected) / 1048576.0},
                {"resident_mb_queued", static_cast<double>(full) / 1048576.0},
                {"bytes_per_queued_request", static_cast<double>(full - before) / static_cast<double>(requests)}});
}

int idle(const std::string& dsn, double seconds) {
  running x{pools_to(dsn, 3, 0)};
  if (!x.ready) return complain("the server does not answer");
  if (!service::wait_until_dialled(x.sys, x.db, 30s)) return complain("not all is dialled");
  const auto cpu = bench::cpu_seconds_so_far();
  const auto wakeups = x.db.loop().stats().wakeups;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto spent = bench::cpu_seconds_so_far() - cpu;
  return print({{"seconds", seconds},
                {"cpu_percent", spent / seconds * 100},
                {"loop_wakeups_per_second", static_cast<double>(x.db.loop().stats().wakeups - wakeups) / seconds}});
}

int copy_in(const std::string& dsn, const std::string& file, const std::string& table) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return complain("cannot read " + file);
  running x{pools_to(dsn, 1, 1)};
  if (!x.ready) return complain("the server does not answer");
  blocking_client client{x.sys, x.db.delegate()};
  if (auto r = client.execute("truncate " + table); !r) return complain(to_string(r.error()));
  const auto began = clock_type::now();
  const auto cpu = bench::cpu_seconds_so_far();
  tripool::copy_in order;
  order.text = "copy " + table + " from stdin";
  auto to = client.ask<copy_writer_handle>(client.delegate(), std::move(order));
  if (!to) return complain(to_string(to.error()));
  constexpr std::size_t piece = 256u << 10;
  for (bool more = true; more;) {
    copy_chunk chunk;
    chunk.data.resize(piece);
    in.read(reinterpret_cast<char*>(chunk.data.data()), static_cast<std::streamsize>(piece));
    chunk.data.resize(static_cast<std::size_t>(in.gcount()));
    more = !chunk.data.empty();
    if (!more) break;
    if (auto f = client.tell(to->to, std::move(chunk))) return complain(to_string(*f));
  }
  auto done = client.ask<result>(to->to, copy_end{});
  if (!done) return complain(to_string(done.error()));
  const std::chrono::duration<double> took = clock_type::now() - began;
  return print({{"rows", done->affected_rows()},
                {"seconds", took.count()},
                {"client_cpu_seconds", bench::cpu_seconds_so_far() - cpu}});
}

} // namespace tripool::bars
