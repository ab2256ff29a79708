// Micro benchmarks of what core does for each request: the check, the choice of a pool, the queue, the pool's turn, and
// the timer wheel.
#include "tripool/core/pool/pool_machine.hpp"
#include "tripool/core/pool/request_queue.hpp"
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/statement/check.hpp"
#include "tripool/core/util/random.hpp"
#include "tripool/core/util/timer_wheel.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <vector>

namespace tripool {

namespace {

using namespace std::chrono_literals;

constexpr const char* point = "select aid, abalance from pgbench_accounts where aid = $1";

statement make_statement() {
  statement s;
  s.text = point;
  s.parameters.emplace_back(std::int64_t{42});
  s.mode = access::read;
  return s;
}

/// Answers nobody.
class quiet final : public responder {
public:
  void done(reply) override {}
  void failed(failure) override {}
};

request_ptr make_request(time_point now) {
  return std::make_shared<request>(make_statement(), std::make_unique<quiet>(), now, now + 30s);
}

void check_new_text(benchmark::State& state) {
  const auto s = make_statement();
  for (auto _ : state) benchmark::DoNotOptimize(check(s));
}
BENCHMARK(check_new_text);

void check_known_text(benchmark::State& state) {
  const auto s = make_statement();
  traits_cache known;
  for (auto _ : state) benchmark::DoNotOptimize(check(s, known));
}
BENCHMARK(check_known_text);

void routing_decision(benchmark::State& state) {
  routing_table table;
  std::vector<pool_load> loads(3);
  for (std::size_t i = 0; i < 3; ++i) {
    pool_route r;
    r.index = i;
    r.name = "pool";
    r.usable_for_reads = true;
    r.usable_for_writes = i == 0;
    r.state = health_state::healthy;
    table.routes.push_back(r);
  }
  splitmix64 random{1};
  route_query q;
  q.mode = state.range(0) == 0 ? access::read : access::write;
  for (auto _ : state) {
    q.random = random.next();
    benchmark::DoNotOptimize(choose(table, loads, q));
  }
}
BENCHMARK(routing_decision)->ArgName("write")->Arg(0)->Arg(1);

/// A request enters at the end and the oldest leaves, with so many between them.
void queue_turn(benchmark::State& state) {
  const time_point now{};
  request_queue queue{10s};
  for (std::int64_t i = 0; i < state.range(0); ++i) queue.push_back(make_request(now));
  for (auto _ : state) {
    auto r = queue.pop_front();
    r->queued_at += 1us;
    queue.push_back(std::move(r));
  }
}
BENCHMARK(queue_turn)->Arg(1)->Arg(64)->Arg(10'000);

/// What the pool does for a drain of so many requests: takes them, hands them out, and hears that they are done.
void pool_drain(benchmark::State& state) {
  pool_options o;
  o.connections_min = o.connections_max = 10;
  pool_machine pool{o, 1};
  std::vector<pool_effect> out;
  time_point now{};
  pool.start(now, out);
  for (std::size_t k = 0; k < out.size() && k < 100; ++k)
    if (const auto* dial = std::get_if<dial_effect>(&out[k])) pool.connection_opened(dial->id, now, out);
  std::vector<request_ptr> requests;
  for (std::int64_t i = 0; i < state.range(0); ++i) requests.push_back(make_request(now));
  for (auto _ : state) {
    now += 100us;
    out.clear();
    for (auto& r : requests) pool.submit(std::move(r), now, out);
    pool.pump(now, out);
    benchmark::DoNotOptimize(pool.next_wake());
    requests.clear();
    for (auto& e : out) {
      auto* x = std::get_if<dispatch_effect>(&e);
      if (!x) continue;
      const auto n = static_cast<std::uint32_t>(x->requests.size());
      for (auto& r : x->requests) requests.push_back(std::move(r));
      pool.progressed(x->id, n, 0, now);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(pool_drain)->Arg(1)->Arg(16)->Arg(64);

class idle_timer final : public wheel_timer {
  void expired() override {}
};

/// A timer is moved, as every turn of an actor does.
void timer_moved(benchmark::State& state) {
  time_point now{};
  timer_wheel wheel{now};
  std::array<idle_timer, 64> all;
  std::size_t k = 0;
  for (auto _ : state) {
    now += 1us;
    wheel.arm(all[k++ % all.size()], now + 30s);
  }
  for (auto& t : all) wheel.disarm(t);
}
BENCHMARK(timer_moved);

void timer_advance(benchmark::State& state) {
  time_point now{};
  timer_wheel wheel{now};
  idle_timer t;
  for (auto _ : state) {
    now += 1ms;
    if (!t.armed()) wheel.arm(t, now + 10ms);
    benchmark::DoNotOptimize(wheel.advance(now));
  }
  if (t.armed()) wheel.disarm(t);
}
BENCHMARK(timer_advance);

} // namespace

} // namespace tripool
