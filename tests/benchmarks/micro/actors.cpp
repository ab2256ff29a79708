// Micro benchmarks of the actors: a message's way to an actor of the loop and back, and a whole query with everything
// real but the server, with its allocations.
#include "tests/performance/allocation_count.hpp"
#include "tests/performance/hot_path.hpp"

#include "tripool/actors/loop_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <benchmark/benchmark.h>

namespace tripool {

namespace {

class echo final : public loop_actor {
public:
  using loop_actor::loop_actor;

private:
  caf::behavior make_behavior() override {
    return {[](int x) { return x; }};
  }
};

/// Asks the other one so often, then says that it is done.
class asker final : public loop_actor {
public:
  asker(caf::actor_config& cfg, reactor* loop, caf::actor other) : loop_actor(cfg, loop), other_(std::move(other)) {}

private:
  caf::behavior make_behavior() override {
    return {[this](std::int64_t times) -> caf::result<bool> {
      left_ = times;
      done_ = make_response_promise();
      ask();
      return caf::delegated<bool>{};
    }};
  }
  void ask() {
    if (left_-- == 0) return done_.deliver(true);
    request(other_, caf::infinite, 1).then([this](int) { ask(); });
  }

  caf::actor other_;
  caf::response_promise done_;
  std::int64_t left_ = 0;
};

/// A request to another actor and its answer: on one loop, or between two.
void message_hop(benchmark::State& state) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system{config};
  {
    reactor one{system};
    reactor two{system};
    const auto other = system.spawn<echo>(state.range(0) == 1 ? &one : &two);
    const auto first = system.spawn<asker>(&one, other);
    caf::scoped_actor self{system};
    constexpr std::int64_t hops = 1000;
    for (auto _ : state) self->request(first, caf::infinite, hops).receive([](bool) {}, [](const caf::error&) {});
    state.SetItemsProcessed(state.iterations() * hops);
  }
}
BENCHMARK(message_hop)->ArgName("loops")->Arg(1)->Arg(2)->UseRealTime();

void query(benchmark::State& state) {
  performance::hot_path_options o;
  o.mode = state.range(0) == 0 ? access::read : access::write;
  performance::hot_path path{o};
  constexpr std::uint64_t queries = 1000;
  if (!path.ready() || path.run(queries) != queries) return state.SkipWithError("not every query was answered");
  const auto before = performance::allocations();
  for (auto _ : state)
    if (path.run(queries) != queries) return state.SkipWithError("not every query was answered");
  const auto spent = performance::allocations() - before;
  const auto n = static_cast<double>(state.iterations()) * static_cast<double>(queries);
  state.SetItemsProcessed(static_cast<std::int64_t>(n));
  state.counters["allocations"] = static_cast<double>(spent.calls) / n;
  state.counters["bytes"] = static_cast<double>(spent.bytes) / n;
}
BENCHMARK(query)->ArgName("write")->Arg(0)->Arg(1)->UseRealTime();

/// The same on one loop and on two at a time, each with everything of its own.
void loops(benchmark::State& state) {
  performance::hot_path path{{}};
  constexpr std::uint64_t queries = 10'000;
  if (!path.ready() || path.run(queries) != queries) return state.SkipWithError("not every query was answered");
  for (auto _ : state)
    if (path.run(queries) != queries) return state.SkipWithError("not every query was answered");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(queries));
}
BENCHMARK(loops)->Threads(1)->Threads(2)->UseRealTime();

} // namespace

} // namespace tripool
