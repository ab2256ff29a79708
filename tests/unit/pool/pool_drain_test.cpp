// Promises of a draining pool: nothing new, everything old, an end.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// One connection with one request on it and two in the queue.
pool_world busy() {
  auto options = small_pool(1, 1);
  options.pipeline_depth = 1;
  options.codel_target = 0ms;
  options.queue_wait_max = 0ms;
  pool_world w{options};
  w.start_healthy();
  w.submit_many(3);
  w.pump();
  w.take();
  return w;
}

} // namespace

TEST_CASE("drain: an idle pool closes its connections and says so when they are gone", "[pool][drain]") {
  pool_world w{small_pool(2, 4)};
  w.start_healthy();
  w.pool.drain(w.now, w.out);
  CHECK(w.take_all<close_effect>().size() == 2);
  w.ended(1, closed());
  CHECK(w.take_all<drained_effect>().empty());
  w.ended(2, closed());
  CHECK(w.take_all<drained_effect>().size() == 1);
  CHECK(w.pool.state() == pool_state::drained);
  CHECK_FALSE(w.pool.next_wake());
}

TEST_CASE("drain: a pool without connections is drained at once", "[pool][drain]") {
  pool_world w{small_pool(0, 4)};
  w.start();
  w.pool.drain(w.now, w.out);
  CHECK(w.take_all<drained_effect>().size() == 1);
}

TEST_CASE("drain: a dial under way is given up", "[pool][drain]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  w.take();
  w.pool.drain(w.now, w.out);
  CHECK(w.take_all<close_effect>().size() == 1);
  w.ended(1, {false, true, {}, {}});
  CHECK(w.take_all<drained_effect>().size() == 1);
}

TEST_CASE("drain: new requests move, queued ones are still served", "[pool][drain]") {
  auto w = busy();
  w.pool.drain(w.now, w.out);
  CHECK(w.take_all<close_effect>().empty());
  w.submit();
  const auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].requests[0].why.why == cause::shutting_down);
  for (int i = 0; i < 2; ++i) {
    w.progressed(1, 1);
    w.pump();
    CHECK(w.take_all<dispatch_effect>().size() == 1);
  }
  w.progressed(1, 1);
  REQUIRE(w.pool.next_wake() == w.now);
  w.tick();
  CHECK(w.take_all<close_effect>().size() == 1);
  w.ended(1, closed());
  CHECK(w.take_all<drained_effect>().size() == 1);
}

TEST_CASE("drain: queued requests keep their deadlines", "[pool][drain]") {
  auto w = busy();
  w.pool.drain(w.now, w.out);
  w.run_for(30s);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].why.why == cause::deadline);
}

TEST_CASE("drain: at its limit what still waits is answered and everything closes", "[pool][drain]") {
  auto w = busy();
  w.pool.drain(w.now, w.out, 5s);
  w.run_for(5s);
  std::size_t failed = 0;
  std::size_t closes = 0;
  for (const auto& x : w.take()) {
    if (const auto* f = std::get_if<fail_effect>(&x)) {
      ++failed;
      CHECK(f->why.why == cause::shutting_down);
      CHECK(f->why.kind == outcome::not_executed);
    }
    if (std::holds_alternative<close_effect>(x)) ++closes;
  }
  CHECK(failed == 2);
  CHECK(closes == 1);
  CHECK_FALSE(w.pool.next_wake());
  w.ended(1, closed());
  CHECK(w.take_all<drained_effect>().size() == 1);
}

TEST_CASE("drain: when the last connection breaks, a new one serves what is queued", "[pool][drain]") {
  auto w = busy();
  w.now += 2s;
  w.progressed(1, 1);
  w.pump();
  w.pool.drain(w.now, w.out);
  w.take();
  w.ended(1, broken());
  const auto dials = w.take_all<dial_effect>();
  REQUIRE(dials.size() == 1);
  w.opened(dials[0].id);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
}

TEST_CASE("drain: when no connection can be made, queued requests move", "[pool][drain]") {
  auto w = busy();
  w.pool.drain(w.now, w.out);
  w.ended(1, broken());
  w.run_for(50ms);
  for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused());
  const auto effects = w.take();
  const auto moves =
    std::count_if(effects.begin(), effects.end(), [](const auto& x) { return std::holds_alternative<move_effect>(x); });
  CHECK(moves == 1);
  CHECK(w.pool.state() == pool_state::drained);
}

TEST_CASE("drain: what comes back after the end moves", "[pool][drain]") {
  auto w = busy();
  w.pool.suspend({}, w.now, w.out);
  w.pool.drain(w.now, w.out);
  w.ended(1, broken());
  REQUIRE(w.pool.state() == pool_state::drained);
  w.take();
  w.pool.returned(1, {make_request(w.now)}, w.now);
  REQUIRE(w.pool.next_wake() == w.now);
  w.tick();
  CHECK(w.take_all<move_effect>().size() == 1);
  CHECK_FALSE(w.pool.next_wake());
}
