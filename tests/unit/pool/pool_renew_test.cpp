// A change of what connections are opened with: the old ones go gradually, none with work in hand, and changes that
// cross are told apart by their numbers.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Opens what was dialled, as of this change.
void open_as_of(pool_world& w, std::uint64_t as_of) {
  for (const auto& d : w.take_all<dial_effect>()) w.pool.connection_opened(d.id, w.now, w.out, as_of);
}

void start_as_of(pool_world& w, std::uint64_t as_of) {
  w.start();
  while (w.sizes().usable() < w.pool.stats(w.now).connections_min) open_as_of(w, as_of);
  w.take();
}

} // namespace

TEST_CASE("pool: after a change the old connections are replaced within the spread, one at a time", "[pool][renew]") {
  pool_world w{small_pool(4, 8)};
  start_as_of(w, 1);
  w.pool.renew(2, 1min, w.now, w.out);
  CHECK(w.take_all<close_effect>().empty()); // Nothing goes at once.
  const auto begin = w.now;
  std::vector<time_point> closes;
  while (closes.size() < 4) {
    REQUIRE(w.pool.next_wake());
    w.run_until(*w.pool.next_wake());
    REQUIRE(w.now - begin <= 1min + 1s);
    for (auto effects = w.take(); !effects.empty(); effects = w.take()) {
      for (auto& e : effects) {
        if (auto* d = std::get_if<dial_effect>(&e)) w.pool.connection_opened(d->id, w.now, w.out, 2);
        if (auto* c = std::get_if<close_effect>(&e)) {
          closes.push_back(w.now);
          w.ended(c->id, closed());
        }
      }
    }
    REQUIRE(w.sizes().usable() >= 3);
  }
  CHECK(closes.front() != closes.back());
  w.take();
  w.run_for(5min); // The new ones stay.
  CHECK(w.take_all<close_effect>().empty());
  CHECK(w.sizes().usable() == 4);
}

TEST_CASE("pool: an old connection with work in hand goes when it has none", "[pool][renew]") {
  pool_world w{small_pool(2, 2)};
  start_as_of(w, 1);
  w.submit_many(2);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 2);
  w.pool.renew(2, 0s, w.now, w.out);
  w.run_for(10s);
  CHECK(w.take_all<close_effect>().empty());
  for (const auto& d : given) w.progressed(d.id, 1);
  w.pump();
  CHECK_FALSE(w.take_all<close_effect>().empty());
}

TEST_CASE("pool: a dial that began before the change is replaced as well, one that knew of it is not",
          "[pool][renew]") {
  pool_world w{small_pool(1, 2)};
  w.start();
  const auto dialled = w.take_all<dial_effect>();
  REQUIRE(dialled.size() == 1);
  w.pool.renew(7, 0s, w.now, w.out);
  w.pool.connection_opened(dialled[0].id, w.now, w.out, 6);
  w.run_for(1s);
  const auto again = w.take_all<dial_effect>();
  REQUIRE(again.size() == 1);
  w.pool.connection_opened(again[0].id, w.now, w.out, 7);
  const auto gone = w.take_all<close_effect>();
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].id == dialled[0].id);
}

TEST_CASE("pool: dials that are lent the same old secret again and again are spaced", "[pool][renew]") {
  pool_world w{small_pool(2, 4)};
  start_as_of(w, 1);
  w.pool.renew(2, 0s, w.now, w.out);
  const auto end = w.now + 10s;
  int dials = 0;
  while (w.now < end && dials < 1000) {
    for (auto& e : w.take()) {
      if (auto* d = std::get_if<dial_effect>(&e)) ++dials, w.pool.connection_opened(d->id, w.now, w.out, 1);
      if (auto* c = std::get_if<close_effect>(&e)) w.ended(c->id, closed());
    }
    if (w.out.empty()) w.run_until(std::min(end, w.pool.next_wake().value_or(end)));
  }
  CHECK(dials >= 10);         // They go on being replaced, ...
  CHECK(dials <= 2 * 20 + 2); // ... and each lives for half a second at least.
}

TEST_CASE("pool: a change that comes after a later one changes nothing", "[pool][renew]") {
  pool_world w{small_pool(2, 4)};
  start_as_of(w, 9);
  w.pool.renew(9, 0s, w.now, w.out);
  w.pool.renew(8, 0s, w.now, w.out);
  w.run_for(1min);
  CHECK(w.take_all<close_effect>().empty());
}

TEST_CASE("pool: a change ends the pause between dials", "[pool][renew]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  for (int i = 0; i < 12; ++i) {
    for (const auto& d : w.take_all<dial_effect>()) w.ended(d.id, refused("28P01"));
    w.run_until(w.pool.next_wake().value_or(w.now + 10s));
  }
  for (const auto& d : w.take_all<dial_effect>()) w.ended(d.id, refused("28P01"));
  w.take();
  const auto begin = w.now;
  w.pool.renew(2, 1min, w.now, w.out);
  while (w.take_all<dial_effect>().empty()) w.run_until(w.pool.next_wake().value());
  CHECK(w.now - begin <= 50ms);
}

TEST_CASE("pool: what waits is not moved for the first refused secret, which may be outdated, but for the second",
          "[pool][renew]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  w.take();
  w.submit();
  w.ended(1, refused("28P01"));
  CHECK(w.take_all<move_effect>().empty());
  auto dials = w.take_all<dial_effect>();
  for (; dials.empty(); dials = w.take_all<dial_effect>()) w.run_until(w.pool.next_wake().value());
  SECTION("a better one serves it") {
    w.opened(dials[0].id);
    w.pump();
    CHECK(w.take_all<dispatch_effect>().size() == 1);
    CHECK(w.take_all<move_effect>().empty());
  }
  SECTION("the same one moves it") {
    w.ended(dials[0].id, refused("28P01"));
    CHECK(w.take_all<move_effect>().size() == 1);
  }
}

TEST_CASE("pool: the first refused secret moves nothing either when the server was away before", "[pool][renew]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  w.take();
  const auto dial = [&w] {
    auto dials = w.take_all<dial_effect>();
    for (; dials.empty(); dials = w.take_all<dial_effect>()) w.run_until(w.pool.next_wake().value());
    return dials[0].id;
  };
  w.submit();
  w.ended(1, refused(""));
  CHECK(w.take_all<move_effect>().size() == 1);
  w.submit();
  w.ended(dial(), refused("28P01")); // The server is back, and the secret was changed meanwhile.
  CHECK(w.take_all<move_effect>().empty());
  w.ended(dial(), refused("28P01"));
  CHECK(w.take_all<move_effect>().size() == 1);
}

TEST_CASE("pool: a refused secret of long ago does not make the next refusal the second", "[pool][renew]") {
  pool_world w{small_pool(1, 1)};
  w.start();
  const auto dial = [&w] {
    auto dials = w.take_all<dial_effect>();
    for (; dials.empty(); dials = w.take_all<dial_effect>()) w.run_until(w.pool.next_wake().value());
    return dials[0].id;
  };
  w.ended(dial(), refused("28P01"));
  const auto open = dial();
  w.opened(open);
  w.pump();
  w.pool.evict("its server was thought dead", w.now, w.out);
  w.ended(open, closed());
  w.take();
  w.submit();
  w.ended(dial(), refused("28P01"));
  CHECK(w.take_all<move_effect>().empty());
}
