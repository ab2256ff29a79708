// What the service remembers of itself and tells as it happens: health, failovers, fences, overload, deaths, doubts,
// and what became of a request.
#include "tests/actors/event_watcher.hpp"

#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

std::vector<service_event> events(actor_world& w, event_filter f = {}) {
  const auto told = w.query<events_reply>(w.delegate, get_events{std::move(f)});
  REQUIRE(told);
  return told->events;
}

const service_event* first_of(const std::vector<service_event>& all, event_kind kind, const std::string& pool = {}) {
  const auto i = std::find_if(
    all.begin(), all.end(), [&](const service_event& x) { return x.kind == kind && (pool.empty() || x.pool == pool); });
  return i == all.end() ? nullptr : &*i;
}

} // namespace

TEST_CASE("A failover is an event with both pools, and the crash before it has its causes") {
  actor_world w;
  w.advance(2s);
  w.db[primary].crash();
  w.write("insert a 1", 20'000ms);
  w.advance(2s);
  w.db[backup].promote();
  w.advance(5s);
  const auto all = events(w);
  const auto* first = first_of(all, event_kind::failover, "primary");
  REQUIRE(first);
  CHECK(first->other.empty());
  const auto* next = first_of(all, event_kind::failover, "backup");
  REQUIRE(next);
  CHECK(next->text.find("timeline 2") != std::string::npos);
  CHECK(next->serial > first->serial);
  const auto* fall = first_of(all, event_kind::health, "primary");
  REQUIRE(fall);
  const auto why = w.query<events_reply>(w.delegate, get_causes{"primary"});
  REQUIRE(why);
  REQUIRE(why->events.size() >= 2);
  CHECK(why->events.back().kind == event_kind::health);
  CHECK(why->events.back().text.find("unhealthy") != std::string::npos);
  const auto lost = std::any_of(why->events.begin(), why->events.end(), [](const service_event& x) {
    return x.kind == event_kind::connection_lost || x.kind == event_kind::dial_failed || x.kind == event_kind::trouble;
  });
  CHECK(lost);
  CHECK(w.query<events_reply>(w.delegate, get_causes{"nonsense"})->events.empty());
}

TEST_CASE("A demoted primary is an event of a fence") {
  actor_world w;
  w.advance(2s);
  w.db[primary].set_read_only(true);
  w.write("insert a 1", 1000ms);
  w.advance(3s);
  const auto all = events(w);
  const auto* fence = first_of(all, event_kind::fence, "primary");
  REQUIRE(fence);
  CHECK(fence->weight == severity::error);
}

TEST_CASE("What became of a request is told by its number: its moves, its doubt and its answer") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert a 1", fault_point::after_commit, fault_kind::lose});
  const auto lost = w.write("insert a 1", 3000ms);
  w.advance(2s);
  REQUIRE(lost->is(outcome::in_doubt));
  const auto story = w.query<request_story>(w.delegate, get_request{lost->failed->request});
  REQUIRE(story);
  REQUIRE(story->answers.size() == 1);
  CHECK(story->answers[0].what.kind == outcome::in_doubt);
  CHECK(story->answers[0].at <= story->now);
  REQUIRE(story->events.size() == 1);
  CHECK(story->events[0].kind == event_kind::in_doubt);
  const auto none = w.query<request_story>(w.delegate, get_request{0});
  REQUIRE(none);
  CHECK(none->moves.empty());
  CHECK(none->events.empty());
}

TEST_CASE("Requests are counted by their ends and causes") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 5; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.write("");
  w.run();
  const auto x = w.status().delegate.answers;
  CHECK(x.done == 5);
  CHECK(x.rejected + x.not_executed == 1);
  CHECK(x.by_cause[static_cast<std::size_t>(cause::invalid_request)] == 1);
  CHECK(x.in_doubt == 0);
}

TEST_CASE("A pool measures how long its requests wait and take, and how they end") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  w.write("insert slow v", 500ms);
  for (int i = 0; i < 5; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.advance(3s);
  const auto m = w.pool(primary).measures;
  CHECK(m.answered[static_cast<std::size_t>(outcome::done)] >= 5);
  CHECK(m.wait.count() >= 6);
  CHECK(m.service.count() >= 6);
  CHECK(m.recent_service.count() == m.service.count());
  w.advance(5min);
  const auto later = w.pool(primary).measures;
  CHECK(later.recent_service.count() == 0);
  CHECK(later.service.count() == m.service.count());
}

TEST_CASE("Subscribers hear the kinds of events that they asked for, as they happen, and no more when they are gone") {
  actor_world w;
  w.advance(2s);
  auto all = std::make_shared<std::vector<service_event>>();
  auto some = std::make_shared<std::vector<service_event>>();
  auto a = w.spawn<watcher>(w.delegate, all_events, all);
  auto b = w.spawn<watcher>(w.delegate, mask_of(event_kind::died), some);
  w.run();
  w.strike(w.topology().pools[backup], death::kill);
  w.advance(1s);
  REQUIRE(some->size() == 1);
  CHECK(some->front().pool == "backup");
  CHECK(some->front().serial > 0);
  const auto restarted = std::any_of(
    all->begin(), all->end(), [](const auto& x) { return x.kind == event_kind::restarted && x.pool == "backup"; });
  CHECK(restarted);
  caf::anon_send_exit(b, caf::exit_reason::kill);
  b = nullptr;
  w.run();
  w.strike(w.topology().monitor, death::kill);
  w.advance(1s);
  CHECK(some->size() == 1);
  CHECK(first_of(*all, event_kind::died, "") != nullptr);
  caf::anon_send_exit(a, caf::exit_reason::kill);
  a = nullptr;
  w.run();
}

TEST_CASE("A standing queue is one event of overload and one of relief") {
  auto o = world_options();
  o.pools.resize(1);
  o.pools[0].connections_min = o.pools[0].connections_max = 1;
  o.pools[0].pipeline_depth = 1;
  actor_world w{std::move(o)};
  w.advance(2s);
  for (int i = 0; i < 60; ++i) {
    const auto text = "insert k" + std::to_string(i) + " v";
    w.db[primary].script().add({text, fault_point::before, fault_kind::delay});
    w.write(text, 30'000ms);
  }
  for (int i = 0; i < 100; ++i) { // One answer each 200 ms.
    w.advance(200ms);
    w.db[primary].release_delays();
  }
  w.advance(1min);
  const auto all = events(w);
  const auto count = [&](event_kind k) {
    return std::count_if(all.begin(), all.end(), [&](const auto& x) { return x.kind == k; });
  };
  CHECK(count(event_kind::overload) == 1);
  CHECK(count(event_kind::relief) == 1);
  CHECK(w.broken_promises().empty());
}
