// Cancels that race with the statements that they are meant for, on a real PostgreSQL: nobody else's statement fails or
// runs twice, and a cancelled one that was told to have no effect has none.
#include "tests/integration/flood.hpp"
#include "tests/integration/instance_fixture.hpp"

#include "service/cluster/process.hpp"

#include "tripool/actors/client/blocking_client.hpp"

#include <map>
#include <random>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// One pool with few connections, on which cancels are sent soon: much stands behind what they are aimed at.
void crowd(options& o) {
  o.pools.resize(1);
  auto& p = o.pools[0];
  p.connections_min = p.connections_max = 3;
  p.slow_statement = 1ms;
  p.queue_max = 1000;
  p.codel_interval = 1h;
}

std::vector<flood_statement> mixture(std::size_t count, std::uint32_t seed) {
  std::mt19937 random{seed};
  std::vector<flood_statement> out;
  for (std::size_t i = 0; i < count; ++i) {
    flood_statement x;
    const auto number = std::to_string(i);
    if (i % 3 == 0) {
      // Takes about as long as its cancel takes to come: some are queued, some run, some are done by then. A tenth are
      // cancelled so late that they are done, also where all is slow.
      auto ms = std::to_string(1 + random() % 12);
      x.what.text = "insert into victims select $1::int from pg_sleep($2::int / 1000.0)";
      x.cancel_after = std::chrono::microseconds{random() % 12'000};
      if (i % 30 == 0) *x.cancel_after += 2s;
      // And the last ones, behind which nothing waits, run until they are cancelled.
      if (i + 9 >= count) ms = "20000", x.cancel_after = 3s;
      x.what.parameters = {static_cast<std::int64_t>(i), std::move(ms)};
    } else if (i % 3 == 1) {
      x.what.text = "insert into innocents values ($1::int)";
      x.what.parameters = {static_cast<std::int64_t>(i)};
    } else {
      x.what.text = "select count(*) from innocents where n = $1::int";
      x.what.parameters = {static_cast<std::int64_t>(i)};
      x.what.mode = access::read;
    }
    out.push_back(std::move(x));
  }
  return out;
}

} // namespace

TEST_CASE("thousands of racing cancels harm no innocent statement", "[cancel]") {
  test_database home;
  home.sql("create table innocents (n int); create table victims (n int)"); // No key: what ran twice shows.
  running_instance on{home, {.adjust = crowd}};
  REQUIRE(on.wait_until_writable(10s));
  constexpr std::size_t count = 9000;
  const auto ends = run_flood(on.system(), on.delegate(), mixture(count, 20), 48, 90s);
  REQUIRE(ends);
  std::map<std::string, int> victims;
  std::size_t harmed = 0, victims_done = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& x = (*ends)[i];
    if (i % 3 == 0) {
      ++victims[end_text(x)];
      victims_done += x ? 1 : 0;
    } else if (!x) {
      ++harmed;
      UNSCOPED_INFO(to_string(x.error()));
    }
  }
  CHECK(harmed == 0);
  CHECK(home.value("select count(*) || ' ' || count(distinct n) from innocents") == "3000 3000");
  CHECK(home.value("select count(*) = count(distinct n) from victims") == "t");
  CHECK(home.value("select count(*) from victims") == std::to_string(victims_done));
  // Every kind of end was met: in the queue, while it ran, too late.
  CHECK(victims["not_executed  cancelled"] > 20);
  CHECK(victims["rejected 57014 cancelled"] > 0);
  CHECK(victims["done"] > 20);
  CHECK(victims.size() == 3);
  for (const auto& [how, n] : victims) UNSCOPED_INFO(how << ": " << n);
  CHECK(on.status().delegate.cancels > 1000);
}

TEST_CASE("a running statement ends with its caller", "[cancel]") {
  test_database home;
  home.sql("create table t (n int)");
  running_instance on{home, {.adjust = [](options& o) { o.pools.resize(1); }}};
  REQUIRE(on.wait_until_writable(10s));
  const auto sleepers = [&] {
    return home.value(
      "select count(*) from pg_stat_activity where query like '%from pg_sleep(20)' and state = 'active' "
      "and pid <> pg_backend_pid()");
  };
  {
    caf::scoped_actor caller{on.system()};
    statement s;
    s.text = "insert into t select 1 from pg_sleep(20)";
    s.cancel_with_caller = true;
    caller->send(on.delegate(), s);
    REQUIRE(cluster::wait_until(5s, [&] { return sleepers() == "1"; }));
  }
  CHECK(cluster::wait_until(5s, [&] { return sleepers() == "0"; }));
  CHECK(home.value("select count(*) from t") == "0");
}

TEST_CASE("a statement that commits by itself is not struck by the cancel of another", "[cancel]") {
  test_database home;
  home.sql(
    "create table t (n int); create procedure twice(x int) language plpgsql as $$ begin insert into t values (x); "
    "commit; perform pg_sleep(0.002); insert into t values (x); end $$");
  running_instance on{home, {.adjust = [](options& o) {
                        crowd(o);
                        o.pools[0].connections_min = o.pools[0].connections_max = 1;
                      }}};
  REQUIRE(on.wait_until_writable(10s));
  std::vector<flood_statement> all;
  for (std::size_t i = 0; i < 120; ++i) {
    flood_statement x;
    if (i % 2 == 0) {
      x.what.text = "select pg_sleep(0.003)";
      x.cancel_after = std::chrono::microseconds{(i * 97) % 9000};
    } else {
      x.what.text = "call twice(" + std::to_string(i) + ")";
    }
    all.push_back(std::move(x));
  }
  const auto ends = run_flood(on.system(), on.delegate(), std::move(all), 8, 120s);
  REQUIRE(ends);
  for (std::size_t i = 1; i < 120; i += 2) {
    CAPTURE(i, end_text((*ends)[i]));
    CHECK((*ends)[i].has_value());
  }
  CHECK(home.value("select count(*) || ' ' || count(distinct n) from t") == "120 60");
}
