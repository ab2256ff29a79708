// Promises of the pool to requests: who is served, in which order, and what those hear who are not.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A pool of one connection with a pipeline of one, which is open.
pool_world single(duration codel_target = 0ms) {
  auto options = small_pool(1, 1);
  options.pipeline_depth = 1;
  options.codel_target = codel_target;
  pool_world w{options};
  w.start_healthy();
  return w;
}

} // namespace

TEST_CASE("pool: a request goes to the most recently used idle connection", "[pool]") {
  pool_world w{small_pool()};
  w.start_healthy();
  for (int i = 0; i < 3; ++i) {
    w.submit();
    w.pump();
    const auto given = w.take_all<dispatch_effect>();
    REQUIRE(given.size() == 1);
    CHECK(given[0].id == 2);
    w.progressed(2, 1);
  }
}

TEST_CASE("pool: a pump yields at most one dispatch for each connection", "[pool]") {
  pool_world w{small_pool(2, 2)};
  w.start_healthy();
  w.submit_many(6);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 2);
  CHECK(given[0].requests.size() == 3);
  CHECK(given[1].requests.size() == 3);
  CHECK(ids(given[0].requests) == std::vector<std::uint64_t>{2, 4, 6});
  CHECK(ids(given[1].requests) == std::vector<std::uint64_t>{1, 3, 5});
}

TEST_CASE("pool: queued_at is when the request entered this queue", "[pool]") {
  auto w = single();
  w.now += 5ms;
  CHECK(w.submit()->queued_at == w.now);
}

TEST_CASE("pool: nothing is queued behind a statement slower than slow_statement", "[pool]") {
  auto options = small_pool(1, 1);
  pool_world w{options};
  w.start_healthy();
  w.submit();
  w.pump();
  REQUIRE(w.take_all<dispatch_effect>().size() == 1);
  w.now += options.slow_statement + 1ms;
  w.submit();
  w.pump();
  CHECK(w.take_all<dispatch_effect>().empty());
  w.progressed(1, 1);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
}

TEST_CASE("pool: a connection that was idle for long counts as slow only from its next request on", "[pool]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.run_for(1s);
  for (int i = 0; i < 2; ++i) {
    w.submit();
    w.pump();
    CHECK(w.take_all<dispatch_effect>().size() == 1);
    w.now += 10ms;
  }
}

TEST_CASE("pool: a long pipeline that makes progress is not taken for stuck", "[pool]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.submit_many(4);
  w.pump();
  w.take();
  for (int i = 0; i < 5; ++i) {
    w.now += 15ms;
    w.progressed(1, 1, 3);
    w.submit();
    w.pump();
    CHECK(w.take_all<dispatch_effect>().size() == 1);
  }
}

TEST_CASE("pool: a full queue sends the request on, before it has waited", "[pool]") {
  auto w = single();
  w.submit_many(1);
  w.pump();
  w.submit_many(10);
  w.pump();
  w.take();
  w.submit();
  const auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  const auto& why = moved[0].requests.at(0).why;
  CHECK(why.kind == outcome::not_executed);
  CHECK(why.why == cause::queue_full);
  CHECK(why.pool == "primary");
  CHECK(contains(why.message, "queue-max allows 10"));
  CHECK(contains(why.detail, "10 of 10 queued; 1 of 1 connections: 1 busy"));
  CHECK_FALSE(why.hint.empty());
}

TEST_CASE("pool: several requests that are refused together move together", "[pool]") {
  auto w = single();
  w.submit_many(1);
  w.pump();
  w.submit_many(10);
  w.take();
  w.submit_many(5);
  const auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].requests.size() == 5);
}

TEST_CASE("pool: what connections can take at once does not count as queued", "[pool]") {
  auto options = small_pool(2, 2);
  options.pipeline_depth = 32;
  pool_world w{options};
  w.start_healthy();
  w.submit_many(60); // queue_max is 10; the two pipelines take 64.
  w.pump();
  std::size_t given = 0;
  for (const auto& x : w.take()) {
    REQUIRE(std::holds_alternative<dispatch_effect>(x));
    given += std::get<dispatch_effect>(x).requests.size();
  }
  CHECK(given == 60);
}

TEST_CASE("pool: room that a completion makes counts at once, before the next pump", "[pool]") {
  auto w = single();
  w.submit();
  w.pump();
  w.submit_many(11); // One too many.
  REQUIRE(w.take_all<move_effect>().size() == 1);
  w.progressed(1, 1);
  w.submit();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
  CHECK(w.pool.stats(w.now).queued == 10);
}

TEST_CASE("pool: a request whose deadline has passed is answered, not queued", "[pool]") {
  auto w = single();
  w.submit(0ms);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].why.why == cause::deadline);
  CHECK(failed[0].why.kind == outcome::not_executed);
}

TEST_CASE("pool: a queued request is answered at its deadline, and hears how long it waited", "[pool]") {
  auto w = single();
  w.submit();
  w.pump();
  w.take();
  w.submit(1500ms);
  w.pump();
  w.run_for(1499ms);
  CHECK(w.take_all<fail_effect>().empty());
  REQUIRE(w.pool.next_wake() == w.now + 1ms);
  w.run_for(1ms);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].why.why == cause::deadline);
  CHECK(contains(failed[0].why.message, "deadline of 1.5 s"));
  CHECK(contains(failed[0].why.message, "waited 1.5 s in the queue of pool primary"));
}

TEST_CASE("pool: nobody waits for longer than queue_wait_max", "[pool]") {
  auto w = single();
  w.submit();
  w.pump();
  w.take();
  w.submit(30s);
  w.run_for(9999ms);
  CHECK(w.take_all<fail_effect>().empty());
  w.run_for(1ms);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].why.why == cause::queue_timeout);
  CHECK(contains(failed[0].why.message, "queue-wait-max allows 10 s"));
}

TEST_CASE("pool: a request past its deadline is never dispatched", "[pool]") {
  auto w = single();
  w.submit(10ms);
  w.now += 10ms;
  w.pump();
  auto effects = w.take();
  REQUIRE(effects.size() >= 1);
  CHECK(std::holds_alternative<fail_effect>(effects[0]));
  for (const auto& x : effects) CHECK_FALSE(std::holds_alternative<dispatch_effect>(x));
}

TEST_CASE("pool: unsent requests come back to the front in their order", "[pool]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.submit_many(4);
  w.pump();
  auto given = w.take_all<dispatch_effect>().at(0).requests;
  w.submit_many(2);
  given.erase(given.begin());
  w.pool.returned(1, given, w.now);
  w.progressed(1, 1);
  w.pump();
  CHECK(ids(w.take_all<dispatch_effect>().at(0).requests) == std::vector<std::uint64_t>{2, 3, 4, 5});
}

TEST_CASE("pool: requests come back even when the queue is full or their connection is gone", "[pool]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.submit_many(4);
  w.pump();
  const auto given = w.take_all<dispatch_effect>().at(0).requests;
  w.now += 30ms;
  w.submit_many(10);
  w.ended(1, broken());
  w.pool.returned(1, given, w.now);
  CHECK(w.pool.stats(w.now).queued == 14);
  CHECK(w.take_all<move_effect>().empty());
}

TEST_CASE("pool: a returned request past its deadline is answered at the next tick", "[pool]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.submit(20ms);
  w.pump();
  const auto given = w.take_all<dispatch_effect>().at(0).requests;
  w.now += 50ms;
  w.pool.returned(1, given, w.now);
  REQUIRE(w.pool.next_wake() == w.now);
  w.tick();
  CHECK(w.take_all<fail_effect>().at(0).why.why == cause::deadline);
}

TEST_CASE("pool: a standing queue is shed from its old end, a burst is not", "[pool]") {
  auto w = single(50ms);
  w.submit();
  w.pump();
  w.take();
  w.submit_many(5);
  w.run_for(2049ms); // The connection hangs: nothing leaves the queue.
  CHECK(w.take_all<fail_effect>().empty());
  w.submit();
  w.run_for(1ms);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 5);
  for (const auto& x : failed) {
    CHECK(x.why.why == cause::overload);
    CHECK(x.why.kind == outcome::not_executed);
  }
  CHECK(contains(failed[0].why.message, "shed after 2 s"));
  w.run_for(98ms);
  CHECK(w.take_all<fail_effect>().empty());
  w.run_for(1ms);
  CHECK(w.take_all<fail_effect>().size() == 1);
  CHECK(w.counters().shed == 6);
}

TEST_CASE("pool: one short wait ends the shedding, though the queue is never empty", "[pool]") {
  auto w = single(50ms);
  w.submit_many(3);
  w.pump();
  w.run_for(2030ms);
  w.submit_many(2);
  w.run_for(20ms); // Overloaded: the two that waited from the start are shed.
  CHECK(w.take_all<fail_effect>().size() == 2);
  REQUIRE(w.pool.stats(w.now).overloaded);
  w.progressed(1, 1);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
  w.run_for(500ms);
  CHECK(w.take_all<fail_effect>().empty());
  CHECK_FALSE(w.pool.stats(w.now).overloaded);
}

TEST_CASE("pool: under ten times its capacity waits stay near twice the target", "[pool]") {
  auto w = single(50ms);
  duration longest{0};
  int served = 0;
  for (int i = 0; i < 10'000; ++i) { // 1 ms each; a request takes 10 ms, one comes every millisecond.
    w.run_for(1ms);
    w.submit();
    if (i % 10 == 0) w.progressed(1, w.sizes().busy > 0 ? 1 : 0);
    w.pump();
    for (const auto& x : w.take_all<dispatch_effect>()) {
      ++served;
      if (i > 3000) longest = std::max(longest, w.now - x.requests[0]->queued_at);
    }
  }
  CHECK(served >= 990);
  CHECK(longest <= 110ms);
}

TEST_CASE("pool: its snapshot tells sizes, waits, averages and counts", "[pool]") {
  auto w = single();
  w.submit_many(3);
  w.pump();
  w.take();
  w.now += 8ms;
  w.progressed(1, 1);
  w.pump();
  auto x = w.pool.stats(w.now);
  CHECK(x.name == "primary");
  CHECK(x.connections.busy == 1);
  CHECK(x.outstanding == 1);
  CHECK(x.queued == 1);
  CHECK(x.oldest_wait == 8ms);
  CHECK(x.service_average == 8ms);
  CHECK(x.wait_average == 500us);
  CHECK(x.counters.submitted == 3);
  CHECK(x.counters.dispatched == 2);
  CHECK(x.counters.completed == 1);
  CHECK(x.last_dial_error.empty());
}

TEST_CASE("pool: what comes back between two pumps is not forgotten until some other event", "[pool]") {
  pool_world w{small_pool(2, 2)};
  w.start_healthy();
  w.submit();
  w.pump();
  auto given = w.take_all<dispatch_effect>().at(0);
  w.ended(given.id, broken());
  w.take();
  w.pool.returned(given.id, given.requests, w.now);
  REQUIRE(w.pool.next_wake() == w.now);
  w.tick();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
}

TEST_CASE("Requests in the queue that were taken back fail at once, and the others stay in their order") {
  pool_world w{small_pool()};
  w.start(); // No connection is open yet.
  std::vector<request_ptr> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(w.submit());
    all.back()->cancellation = std::make_shared<cancel_ticket>();
  }
  w.take();
  all[1]->cancellation->want();
  all[4]->cancellation->want();
  w.pool.take_back_cancelled(w.now, w.out);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].what == all[1]);
  CHECK(failed[1].what == all[4]);
  CHECK(failed[0].why.kind == outcome::not_executed);
  CHECK(failed[0].why.why == cause::cancelled);
  CHECK(w.pool.queued() == 3);
  w.pool.suspend({}, w.now, w.out);
  const auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  REQUIRE(moved[0].requests.size() == 3);
  CHECK(moved[0].requests[0].what == all[0]);
  CHECK(moved[0].requests[1].what == all[2]);
  CHECK(moved[0].requests[2].what == all[3]);
}
