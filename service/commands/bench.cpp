// The command `bench`: closed-loop callers against one pool; every answer is checked.
#include "service/app/readiness.hpp"
#include "service/app/standard_streams.hpp"
#include "service/app/system.hpp"
#include "service/bench/histogram.hpp"
#include "service/bench/workload.hpp"
#include "service/commands/commands.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/core/postgres/conninfo.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include <sys/resource.h>

namespace tripool::service {

namespace {

using clock = std::chrono::steady_clock;

/// What the callers share.
struct course {
  caf::actor delegate;
  bench::workload work{};
  access mode = access::read;
  std::int64_t accounts = 0;
  std::atomic<bool> measuring{false};
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> total{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::size_t> running{0};
  std::mutex mutex;
  bench::histogram all;
  std::string first_error;
};

/// One caller: asks, checks, asks again.
class caller final : public loop_actor {
public:
  caller(caf::actor_config& cfg, reactor* loop, std::shared_ptr<course> c, std::uint64_t seed)
    : loop_actor(cfg, loop), course_(std::move(c)), random_(seed) {}

private:
  caf::behavior make_behavior() override {
    return {[this](tick_msg) { ask(); }};
  }

  void ask() {
    if (course_->stopping.load(std::memory_order_relaxed)) return finish();
    question_ = bench::next_question(course_->work, random_, course_->accounts, course_->mode);
    began_ = clock::now();
    if (auto* s = std::get_if<statement>(&question_.what)) return send_one<result>(std::move(*s));
    send_one<reply>(std::move(std::get<batch>(question_.what)));
  }

  template <class Answer, class Question>
  void send_one(Question q) {
    request(course_->delegate, caf::infinite, std::move(q))
      .then([this](const Answer& x) { answered(bench::is_right(question_, x), "a wrong answer"); },
            [this](const caf::error& e) { answered(false, to_string(failure_of(e))); });
  }

  void answered(bool right, const std::string& problem) {
    if (course_->measuring.load(std::memory_order_relaxed)) {
      latencies_.add(clock::now() - began_);
      course_->total.fetch_add(1, std::memory_order_relaxed);
    }
    if (!right) {
      course_->errors.fetch_add(1, std::memory_order_relaxed);
      std::lock_guard<std::mutex> guard{course_->mutex};
      if (course_->first_error.empty()) course_->first_error = problem;
    }
    ask();
  }

  void finish() {
    {
      std::lock_guard<std::mutex> guard{course_->mutex};
      course_->all.merge(latencies_);
    }
    course_->running.fetch_sub(1);
    quit();
  }

  std::shared_ptr<course> course_;
  splitmix64 random_;
  bench::question question_;
  clock::time_point began_{};
  bench::histogram latencies_;
};

double cpu_seconds(const rusage& r) {
  return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec)
         + static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

rusage usage() {
  rusage r{};
  getrusage(RUSAGE_SELF, &r);
  return r;
}

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

void report(const bench_options& o, const course& c, double seconds, double cpu) {
  const auto n = static_cast<double>(c.total.load());
  nlohmann::ordered_json j;
  j["peer"] = "tripool-" + o.callers_on;
  j["workload"] = o.workload;
  j["mode"] = o.write ? "write" : "read";
  j["C"] = o.connections;
  j["N"] = o.callers;
  j["qps"] = n / seconds;
  j["p50_us"] = c.all.percentile_us(0.5);
  j["p99_us"] = c.all.percentile_us(0.99);
  j["p999_us"] = c.all.percentile_us(0.999);
  j["errors"] = c.errors.load();
  j["client_cpu_us_per_query"] = n > 0 ? cpu * 1e6 / n : 0.0;
  j["peak_rss_mb"] = static_cast<double>(usage().ru_maxrss) / 1024.0;
  j["total"] = c.total.load();
  if (!c.first_error.empty()) j["first_error"] = c.first_error;
  if (o.json) {
    std::printf("%s\n", j.dump().c_str());
    return;
  }
  for (const auto& [key, value] : j.items()) std::printf("%-24s %s\n", key.c_str(), value.dump().c_str());
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
  const bool on_loop = o.callers_on == "loop";
  for (std::size_t i = 0; i < o.callers; ++i) {
    const std::uint64_t seed = i + 1;
    auto x = on_loop ? db.spawn_on_loop<caller>(c, seed) : sys.spawn<caller>(nullptr, c, seed);
    caf::anon_send(x, tick_msg{});
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{500}); // Connections and prepared statements settle.
  const auto cpu = cpu_seconds(usage());
  const auto began = clock::now();
  c->measuring = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(o.seconds));
  c->measuring = false;
  const auto seconds = std::chrono::duration<double>(clock::now() - began).count();
  const auto spent = cpu_seconds(usage()) - cpu;
  c->stopping = true;
  const auto until = clock::now() + std::chrono::seconds{35};
  while (c->running > 0 && clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  report(o, *c, seconds, spent);
  c->delegate = nullptr;
  return finish_output(c->errors == 0 && c->running == 0 ? 0 : 1);
}

} // namespace tripool::service
