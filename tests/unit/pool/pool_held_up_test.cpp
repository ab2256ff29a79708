// Promises of the pool to those that wait behind somebody else's slow statement: they are asked back when others have
// room, and not before.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// The connections that are asked to give back, from now on for so long, each with the moment.
std::vector<std::pair<connection_id, duration>> asked_back(pool_world& w, duration within) {
  std::vector<std::pair<connection_id, duration>> found;
  const auto begin = w.now;
  for (auto wake = w.pool.next_wake(); wake && *wake <= begin + within; wake = w.pool.next_wake()) {
    w.now = std::max(w.now, *wake);
    w.tick();
    for (const auto& x : w.take_all<give_back_effect>()) found.emplace_back(x.id, w.now - begin);
  }
  w.now = begin + within;
  return found;
}

/// Two connections and no more; the first has two requests in hand, the second one.
struct busy_pair {
  busy_pair() {
    w.start_healthy();
    w.submit_many(3);
    w.pump();
    for (auto& x : w.take_all<dispatch_effect>()) (x.requests.size() == 2 ? two : one) = std::move(x);
  }
  pool_world w{small_pool(2, 2)};
  dispatch_effect two;
  dispatch_effect one;
};

} // namespace

TEST_CASE("pool: who waits behind a slow statement is asked back when another connection has room", "[pool][held-up]") {
  busy_pair x;
  REQUIRE(x.two.requests.size() == 2);
  x.w.progressed(x.one.id, 1);
  const auto found = asked_back(x.w, 30ms);
  REQUIRE(found.size() == 1);
  CHECK(found.front() == std::pair{x.two.id, duration{20ms}});

  x.w.pool.returned(x.two.id, {x.two.requests.back()}, x.w.now);
  x.w.pump();
  const auto given = x.w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  CHECK(given.front().id == x.one.id);
  CHECK(given.front().requests == std::vector{x.two.requests.back()});
  CHECK(asked_back(x.w, 1s).empty()); // Whoever is left waits for nobody but himself.
}

TEST_CASE("pool: while no connection has room nobody is asked back, and at once when one has", "[pool][held-up]") {
  busy_pair x;
  CHECK(asked_back(x.w, 50ms).empty()); // The other one is as slow.
  x.w.progressed(x.one.id, 1);
  const auto found = asked_back(x.w, 100ms);
  REQUIRE_FALSE(found.empty());
  CHECK(found.front() == std::pair{x.two.id, duration{0}});
}

TEST_CASE("pool: a connection that opens later has room", "[pool][held-up]") {
  pool_world w{small_pool(1, 2)};
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  const auto dialled = w.take_all<dial_effect>();
  REQUIRE(dialled.size() == 1);
  CHECK(asked_back(w, 50ms).empty());
  w.opened(dialled.front().id);
  CHECK_FALSE(asked_back(w, 50ms).empty());
}

TEST_CASE("pool: what came back has its full time in the queue", "[pool][held-up]") {
  auto o = small_pool(1, 1);
  o.queue_wait_max = 1s;
  pool_world w{o};
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  w.run_for(3s);
  w.pool.returned(given.front().id, {given.front().requests.back()}, w.now);
  w.take();
  w.run_for(900ms);
  CHECK(w.take_all<fail_effect>().empty());
  w.run_for(200ms);
  CHECK(w.take_all<fail_effect>().size() == 1);
}

TEST_CASE("pool: a pool that drains asks for nothing back", "[pool][held-up]") {
  busy_pair x;
  x.w.progressed(x.one.id, 1);
  x.w.pool.drain(x.w.now, x.w.out);
  CHECK(asked_back(x.w, 100ms).empty());
}

TEST_CASE("pool: a deep pipeline has as much more time", "[pool][held-up]") {
  auto o = small_pool(2, 2);
  o.pipeline_depth = 64;
  o.queue_max = 200;
  pool_world w{o};
  w.start_healthy();
  w.submit_many(128);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 2);
  w.progressed(given.back().id, 64);
  const auto found = asked_back(w, 50ms);
  REQUIRE_FALSE(found.empty());
  CHECK(found.front() == std::pair{given.front().id, duration{40ms}});
}
