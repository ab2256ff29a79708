// Lending out of a pool: who gets a connection to itself, how many may, and what that means for everybody else.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A pool world that knows who was lent what.
struct lending_world : pool_world {
  using pool_world::pool_world;

  void order(duration within = 30s) { pool.submit(make_order(now, within, ++last_request), now, out); }

  /// Pumps; returns the connections that were lent now, and keeps what was handed to the others.
  std::vector<connection_id> lent_now() {
    pump();
    std::vector<connection_id> found;
    for (auto& x : take()) {
      if (auto* d = std::get_if<dial_effect>(&x)) dialled.push_back(d->id);
      auto* d = std::get_if<dispatch_effect>(&x);
      if (d == nullptr) continue;
      if (d->requests.front()->order()) {
        CHECK(d->requests.size() == 1);
        found.push_back(d->id);
      } else {
        busy.push_back(*d);
      }
    }
    return found;
  }

  std::vector<dispatch_effect> busy;
  std::vector<connection_id> dialled;
};

pool_options lending_pool(std::size_t min, std::size_t max, std::size_t leases = 0) {
  auto x = small_pool(min, max);
  x.leases_max = leases;
  return x;
}

} // namespace

TEST_CASE("pool: an order gets an idle connection to itself, and statements go elsewhere", "[pool][lease]") {
  lending_world w{lending_pool(2, 4)};
  w.start_healthy();
  w.order();
  const auto lent = w.lent_now();
  REQUIRE(lent.size() == 1);
  CHECK(w.sizes().lent == 1);
  CHECK(w.sizes().usable() == 1);
  w.submit_many(3);
  w.lent_now();
  REQUIRE(w.busy.size() == 1);
  CHECK(w.busy.front().id != lent.front());
  w.progressed(lent.front(), 1);
  CHECK(w.sizes().lent == 0);
  CHECK(w.sizes().idle == 1);
}

TEST_CASE("pool: no more are lent than leases-max allows, by default all but one", "[pool][lease]") {
  CHECK(lending_pool(1, 1).lent_max() == 1);
  CHECK(lending_pool(1, 4).lent_max() == 3);
  CHECK(lending_pool(1, 4, 2).lent_max() == 2);
  lending_world w{lending_pool(4, 4)};
  w.start_healthy();
  for (int i = 0; i < 5; ++i) w.order();
  auto lent = w.lent_now();
  CHECK(lent.size() == 3);
  CHECK(w.pool.stats(w.now).orders_queued == 2);
  w.submit_many(2);
  w.lent_now();
  CHECK(w.busy.size() == 1); // The last connection is for statements.
  w.progressed(lent.front(), 1);
  CHECK(w.lent_now() == std::vector{lent.front()});
}

TEST_CASE("pool: the pool grows for an order that finds no idle connection", "[pool][lease]") {
  lending_world w{lending_pool(1, 4)};
  w.start_healthy();
  w.submit();
  w.lent_now();
  w.order();
  CHECK(w.lent_now().empty());
  REQUIRE(w.dialled.size() == 1);
  w.opened(w.dialled.front());
  CHECK(w.lent_now() == std::vector{w.dialled.front()});
}

TEST_CASE("pool: an order does not starve behind statements that never cease", "[pool][lease]") {
  lending_world w{lending_pool(2, 2)};
  w.start_healthy();
  w.submit_many(8);
  w.lent_now();
  w.order();
  bool lent = false;
  for (int round = 0; round < 100 && !lent; ++round) {
    for (const auto& d : std::exchange(w.busy, {})) {
      w.now += 1ms;
      w.submit_many(static_cast<int>(d.requests.size())); // As many come as are done.
      w.progressed(d.id, static_cast<std::uint32_t>(d.requests.size()));
      lent = lent || !w.lent_now().empty();
    }
  }
  CHECK(lent);
}

TEST_CASE("pool: an order that waits for too long is told about leases", "[pool][lease]") {
  lending_world w{lending_pool(1, 1)};
  w.start_healthy();
  w.order();
  w.lent_now();
  w.order(500ms);
  w.lent_now();
  w.run_for(1s);
  const auto failed = w.take_all<fail_effect>();
  REQUIRE(failed.size() == 1);
  CHECK(failed.front().why.kind == outcome::not_executed);
  CHECK(failed.front().why.message.find("leases-max") != std::string::npos);
}

TEST_CASE("pool: orders that wait fill no place of statements", "[pool][lease]") {
  lending_world w{lending_pool(2, 2)};
  w.start_healthy();
  for (int i = 0; i < 30; ++i) w.order();
  w.lent_now();
  w.submit_many(4);
  w.lent_now();
  CHECK(w.busy.size() == 1);
  CHECK(w.counters().failed == 0);
}

TEST_CASE("pool: a lent connection is not watched for silence, not idle, and not retired", "[pool][lease]") {
  auto o = lending_pool(1, 2);
  o.lifetime = 1min;
  o.idle_timeout = 1min;
  lending_world w{o};
  w.start_healthy();
  w.order();
  const auto lent = w.lent_now();
  REQUIRE(lent.size() == 1);
  w.run_for(10min);
  for (auto& x : w.take()) {
    CHECK_FALSE(std::holds_alternative<trouble_effect>(x));
    if (auto* c = std::get_if<close_effect>(&x)) CHECK(c->id != lent.front());
    if (auto* d = std::get_if<dial_effect>(&x)) w.opened(d->id);
  }
  CHECK(w.sizes().lent == 1);
  CHECK(w.pool.stats(w.now).longest_lent >= 10min);
  w.progressed(lent.front(), 1);
  w.pump();
  w.run_for(1s);
  const auto closed_now = w.take_all<close_effect>();
  const auto is_it = [&](const close_effect& x) { return x.id == lent.front(); };
  const auto dials = w.sizes().dialling;
  CHECK((dials > 0 || std::any_of(closed_now.begin(), closed_now.end(), is_it))); // Its lifetime is over.
}

TEST_CASE("pool: how long a connection was lent does not count as its server's time", "[pool][lease]") {
  lending_world w{lending_pool(2, 2)};
  w.start_healthy();
  w.submit();
  w.lent_now();
  w.now += 2ms;
  w.progressed(w.busy.front().id, 1);
  const auto before = w.pool.service_average();
  w.order();
  const auto lent = w.lent_now();
  w.now += 1h;
  w.progressed(lent.front(), 1);
  CHECK(w.pool.service_average() == before);
}

TEST_CASE("pool: an evicted connection that was lent is one that is closing", "[pool][lease]") {
  lending_world w{lending_pool(1, 1)};
  w.start_healthy();
  w.order();
  const auto lent = w.lent_now();
  w.pool.evict("test", w.now, w.out);
  const auto closing = w.take_all<close_effect>();
  REQUIRE(closing.size() == 1);
  CHECK(closing.front().id == lent.front());
  CHECK(w.sizes().closing == 1);
  CHECK(w.sizes().lent == 0);
  w.run_for(10s);
  CHECK(w.take_all<dial_effect>().empty()); // The maximum counts it.
  w.ended(lent.front(), closed());
  w.run_for(10s);
  CHECK(w.take_all<dial_effect>().size() == 1);
}

TEST_CASE("pool: an order that comes back unsent waits on, as the first", "[pool][lease]") {
  lending_world w{lending_pool(1, 1)};
  w.start_healthy();
  w.order();
  w.pump();
  auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  w.order();
  w.pool.returned(given.front().id, std::move(given.front().requests), w.now);
  CHECK(w.sizes().lent == 0);
  w.pump();
  given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  CHECK(given.front().requests.front()->id() == 1);
}

TEST_CASE("pool: draining waits for what is lent, and cuts it off at the limit", "[pool][lease]") {
  lending_world w{lending_pool(2, 2)};
  w.start_healthy();
  w.order();
  const auto lent = w.lent_now();
  w.pool.drain(w.now, w.out, 10s);
  auto closing = w.take_all<close_effect>();
  REQUIRE(closing.size() == 1);
  CHECK(closing.front().id != lent.front());
  w.ended(closing.front().id, closed());
  w.run_for(9s);
  CHECK(w.take_all<close_effect>().empty());
  w.run_for(2s);
  closing = w.take_all<close_effect>();
  REQUIRE(closing.size() == 1);
  CHECK(closing.front().id == lent.front());
}

TEST_CASE("pool: a suspended pool lets its orders move", "[pool][lease]") {
  lending_world w{lending_pool(1, 1)};
  w.start_healthy();
  w.order();
  w.lent_now();
  w.order();
  w.lent_now();
  w.pool.suspend({}, w.now, w.out);
  const auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  CHECK(moved.front().requests.size() == 1);
  CHECK(w.sizes().lent == 1);
}
