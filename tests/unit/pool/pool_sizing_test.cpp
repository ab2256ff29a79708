// Promises of the pool about its connections: how many, when they are dialled, and when they go.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("pool: starts with one dial, and fills to the minimum when it succeeds, two at a time", "[pool][sizing]") {
  pool_world w{small_pool(5, 8)};
  w.start();
  CHECK(w.take_all<dial_effect>().size() == 1);
  w.opened(1);
  CHECK(w.take_all<dial_effect>().size() == 2);
  w.opened(2);
  CHECK(w.take_all<dial_effect>().size() == 1);
  w.opened(3);
  CHECK(w.take_all<dial_effect>().size() == 1);
  w.opened(4);
  w.opened(5);
  CHECK(w.take_all<dial_effect>().empty());
  CHECK(w.sizes().idle == 5);
}

TEST_CASE("pool: to a failing server there is one dial at a time, with pauses that grow", "[pool][sizing]") {
  pool_world w{small_pool(4, 8)};
  w.start();
  std::vector<time_point> dials;
  const auto end = w.now + 60s;
  while (w.now < end) {
    const auto started = w.take_all<dial_effect>();
    REQUIRE(started.size() <= 1);
    if (!started.empty()) {
      dials.push_back(w.now);
      w.now += 1ms;
      w.ended(started[0].id, refused());
      REQUIRE(w.sizes().total() <= 1);
    }
    const auto wake = w.pool.next_wake();
    REQUIRE(wake);
    w.run_until(std::min(*wake, end));
  }
  // At most 5 s apart, 2.5 s on average after the first few.
  CHECK(dials.size() > 12);
  CHECK(dials.size() < 50);
  for (std::size_t i = 1; i < dials.size(); ++i) CHECK(dials[i] - dials[i - 1] <= 5s + 1ms);
}

TEST_CASE("pool: a full server (53300) is dialled at most twice a second, and the live connections stay",
          "[pool][sizing]") {
  pool_world w{small_pool(4, 8)};
  w.start();
  w.take();
  w.opened(1);
  for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused("53300"));
  int dials = 0;
  const auto end = w.now + 10s;
  while (w.now < end) {
    for (const auto& x : w.take_all<dial_effect>()) {
      ++dials;
      w.ended(x.id, refused("53300"));
    }
    w.run_until(std::min(w.pool.next_wake().value_or(end), end));
  }
  CHECK(dials <= 20);
  CHECK(dials >= 1);
  CHECK(w.sizes().idle == 1);
}

TEST_CASE("pool: grows by one dial at a time while every connection is busy, up to the maximum", "[pool][sizing]") {
  pool_world w{small_pool(2, 4)};
  w.start_healthy();
  w.submit_many(8);
  w.pump();
  auto dials = w.take_all<dial_effect>();
  REQUIRE(dials.size() == 1);
  w.pump();
  CHECK(w.take_all<dial_effect>().empty());
  w.opened(dials[0].id);
  w.submit();
  w.pump();
  dials = w.take_all<dial_effect>();
  REQUIRE(dials.size() == 1);
  w.opened(dials[0].id);
  w.submit_many(8);
  w.pump();
  CHECK(w.take_all<dial_effect>().empty());
  CHECK(w.sizes().total() == 4);
}

TEST_CASE("pool: does not grow while a connection is idle", "[pool][sizing]") {
  pool_world w{small_pool(2, 4)};
  w.start_healthy();
  w.submit();
  w.pump();
  CHECK(w.take_all<dial_effect>().empty());
}

TEST_CASE("pool: a minimum of zero dials when the first request comes", "[pool][sizing]") {
  pool_world w{small_pool(0, 2)};
  w.start();
  CHECK(w.take().empty());
  CHECK_FALSE(w.pool.next_wake());
  w.submit();
  w.pump();
  CHECK(w.take_all<dial_effect>().size() == 1);
}

TEST_CASE("pool: the maximum counts connections that are dialling or closing", "[pool][sizing]") {
  pool_world w{small_pool(2, 2)};
  w.start_healthy();
  w.pool.evict("read-only", w.now, w.out);
  CHECK(w.take_all<close_effect>().size() == 2);
  w.run_for(500ms);
  CHECK(w.take_all<dial_effect>().empty());
  w.ended(1, closed());
  w.run_for(500ms);
  CHECK(w.take_all<dial_effect>().size() == 1);
  CHECK(w.sizes().total() == 2);
}

TEST_CASE("pool: a lost connection is replaced at once, those that follow one by one", "[pool][sizing]") {
  pool_world w{small_pool(3, 4)};
  w.start_healthy();
  w.run_for(5s);
  for (connection_id id = 1; id <= 3; ++id) w.ended(id, broken());
  const auto dials = w.take_all<dial_effect>();
  REQUIRE(dials.size() == 1);
  w.opened(dials[0].id);
  CHECK(w.take_all<dial_effect>().size() == 2);
}

TEST_CASE("pool: a server that opens connections only to break them is not dialled in a storm", "[pool][sizing]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  int dials = 0;
  const auto end = w.now + 20s;
  while (w.now < end) {
    for (const auto& x : w.take_all<dial_effect>()) {
      ++dials;
      w.opened(x.id);
      w.ended(x.id, broken());
    }
    w.run_until(std::min(w.pool.next_wake().value_or(end), end));
  }
  CHECK(dials < 30);
}

TEST_CASE("pool: a connection that has done work proves the server, so that its loss is not punished",
          "[pool][sizing]") {
  auto options = small_pool(1, 1);
  options.backoff_max = 1h;
  pool_world w{options};
  w.start();
  for (int i = 0; i < 15; ++i) {
    for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused());
    w.run_until(w.pool.next_wake().value());
  }
  const auto id = w.take_all<dial_effect>().at(0).id;
  w.opened(id);
  w.submit();
  w.pump();
  w.progressed(id, 1);
  w.ended(id, broken());
  const auto dials = w.take_all<dial_effect>();
  REQUIRE(dials.size() == 1); // At once ...
  w.ended(dials[0].id, refused());
  w.run_for(options.backoff_min);
  CHECK(w.take_all<dial_effect>().size() == 1); // ... and then with the shortest pause.
}

TEST_CASE("pool: resume ends the pause between dials", "[pool][sizing]") {
  auto options = small_pool(1, 1);
  options.backoff_max = 1h;
  pool_world w{options};
  w.start();
  for (int i = 0; i < 20; ++i) {
    for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused());
    w.run_until(w.pool.next_wake().value());
  }
  for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused());
  w.pool.suspend({}, w.now, w.out);
  w.pool.resume(w.now, w.out);
  w.take();
  w.run_for(options.backoff_min);
  CHECK(w.take_all<dial_effect>().size() == 1);
}

TEST_CASE("pool: dial failures and broken connections are reported as trouble, once for each burst", "[pool][sizing]") {
  pool_world w{small_pool(3, 4)};
  w.start_healthy();
  for (connection_id id = 1; id <= 3; ++id) w.ended(id, broken());
  auto troubles = w.take_all<trouble_effect>();
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].why == cause::connection_lost);
  CHECK(troubles[0].sqlstate == "57P01");
  w.run_for(1s);
  const auto dials = w.take_all<dial_effect>();
  REQUIRE(dials.size() == 1);
  w.ended(dials[0].id, refused("28P01"));
  troubles = w.take_all<trouble_effect>();
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].why == cause::connection_failed);
  CHECK(troubles[0].sqlstate == "28P01");
}

TEST_CASE("pool: an orderly end is no trouble", "[pool][sizing]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.ended(1, closed());
  CHECK(w.take_all<trouble_effect>().empty());
}

TEST_CASE("pool: a dial whose actor dies counts as a failed dial, whatever is said of it", "[pool][sizing]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  w.take();
  w.submit();
  w.ended(1, broken());
  CHECK(w.counters().dial_failures == 1);
  CHECK(w.take_all<move_effect>().size() == 1);
}

TEST_CASE("pool: evict closes idle, busy and dialling connections and dials anew", "[pool][sizing]") {
  pool_world w{small_pool(3, 5)};
  w.start();
  w.opened(1);
  w.opened(2);
  w.submit();
  w.pump();
  w.take();
  w.pool.evict("the server became read-only", w.now, w.out);
  const auto closes = w.take_all<close_effect>();
  REQUIRE(closes.size() == 3);
  CHECK(closes[0].reason == "the server became read-only");
  CHECK(w.counters().evicted == 2);
  w.ended(3, {false, true, {}, {}}); // The dial that was given up: no failure.
  CHECK(w.counters().dial_failures == 0);
  CHECK(w.take_all<trouble_effect>().empty());
  w.ended(1, closed());
  w.run_for(100ms);
  CHECK(w.take_all<dial_effect>().size() == 1);
}

TEST_CASE("pool: a connection that opens after it was evicted stays on its way out", "[pool][sizing]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  w.pool.evict("read-only", w.now, w.out);
  w.opened(1);
  CHECK(w.sizes().closing == 1);
  CHECK(w.sizes().open() == 0);
}

TEST_CASE("pool: connections go before their lifetime ends, by up to a tenth, one at a time", "[pool][sizing]") {
  auto options = small_pool(3, 3);
  options.lifetime = 30min;
  pool_world w{options};
  w.start_healthy();
  std::vector<time_point> closes;
  const auto begin = w.now;
  while (closes.size() < 3) {
    w.run_until(w.pool.next_wake().value());
    const auto effects = w.take_all<close_effect>();
    REQUIRE(effects.size() <= 1);
    REQUIRE(w.sizes().open() >= 2);
    for (const auto& x : effects) {
      closes.push_back(w.now);
      w.ended(x.id, closed());
      w.open_all();
    }
  }
  for (const auto x : closes) {
    CHECK(x - begin <= 30min);
    CHECK(x - begin >= 27min);
  }
  CHECK(closes[0] != closes[1]);
  CHECK(w.counters().retired == 3);
}

TEST_CASE("pool: at the minimum the replacement is dialled before the old connection goes", "[pool][sizing]") {
  auto options = small_pool(1, 2);
  pool_world w{options};
  w.start_healthy();
  w.run_for(30min);
  auto effects = w.take();
  REQUIRE(effects.size() == 1);
  const auto replacement = std::get<dial_effect>(effects[0]).id;
  w.opened(replacement);
  const auto closes = w.take_all<close_effect>();
  REQUIRE(closes.size() == 1);
  CHECK(closes[0].id == 1);
}

TEST_CASE("pool: while the replacement cannot be dialled, the old connection stays", "[pool][sizing]") {
  pool_world w{small_pool(1, 2)};
  w.start_healthy();
  w.run_for(30min);
  for (int i = 0; i < 10; ++i) {
    for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused());
    w.run_for(5s);
    CHECK(w.sizes().usable() == 1);
  }
  CHECK(w.take_all<close_effect>().empty());
}

TEST_CASE("pool: a busy connection at the end of its life finishes its work and gets no more", "[pool][sizing]") {
  pool_world w{small_pool(1, 2)};
  w.start_healthy();
  w.grow_to(2);
  w.submit_many(4);
  w.pump();
  w.take();
  w.run_for(30min);
  CHECK(w.sizes().retiring == 1);
  CHECK(w.take_all<close_effect>().empty());
  for (connection_id id = 1; id <= 2; ++id) w.progressed(id, 1, 1);
  w.submit();
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
  for (connection_id id = 1; id <= 2; ++id) w.progressed(id, 2);
  REQUIRE(w.pool.next_wake() == w.now);
  w.tick();
  CHECK(w.take_all<close_effect>().size() == 1);
}

TEST_CASE("pool: when its successor cannot be dialled, a retiring connection serves on", "[pool][sizing]") {
  auto options = small_pool(1, 2);
  options.idle_timeout = 0s;
  pool_world w{options};
  w.start_healthy();
  w.run_for(5min);
  w.submit_many(2);
  w.pump();
  const auto growth = w.take_all<dial_effect>();
  REQUIRE(growth.size() == 1);
  w.opened(growth[0].id); // Above the minimum: the first, older one may retire.
  w.run_for(25min);
  REQUIRE(w.sizes().retiring == 1);
  w.ended(growth[0].id, broken());
  REQUIRE(w.sizes().retiring == 1);
  for (const auto& x : w.take_all<dial_effect>()) w.ended(x.id, refused());
  CHECK(w.sizes().retiring == 0);
  CHECK(w.sizes().usable() == 1);
}

TEST_CASE("pool: idle connections above the minimum go one by one, the least recently used first", "[pool][sizing]") {
  pool_world w{small_pool(2, 4)};
  w.start_healthy();
  w.grow_to(4);
  w.now += 1s;
  w.submit(); // Keeps one of them fresh.
  w.pump();
  const auto fresh = w.take_all<dispatch_effect>().at(0).id;
  w.now += 1s;
  w.progressed(fresh, 1);
  std::vector<time_point> closes;
  const auto begin = w.now;
  while (w.now < begin + 20min) {
    w.run_until(std::min(w.pool.next_wake().value(), begin + 20min));
    for (const auto& x : w.take_all<close_effect>()) {
      CHECK(x.id != fresh);
      closes.push_back(w.now);
      w.ended(x.id, closed());
    }
  }
  REQUIRE(closes.size() == 2);
  CHECK(closes[0] - begin >= 10min - 2s);
  CHECK(closes[1] - closes[0] >= 30s);
  CHECK(w.sizes().idle == 2);
}

TEST_CASE("pool: reports about unknown connections are ignored", "[pool][sizing]") {
  pool_world w{small_pool(1, 1)};
  w.start_healthy();
  w.opened(99);
  w.ended(99, broken());
  w.progressed(99, 0);
  w.pool.returned(99, {}, w.now);
  CHECK(w.take().empty());
  CHECK(w.sizes().total() == 1);
}
