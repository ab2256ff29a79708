// Promises of the routing table: writes only to the primary of the highest timeline, reads only where they are fresh.
#include "tests/support/catch.hpp"
#include "tests/unit/routing/routing_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("table: the primary takes writes and reads, standbys take reads", "[routing]") {
  const auto t = table_of({primary_of("primary"), standby_of("backup"), standby_of("failover")});
  CHECK(t.routes[0].usable_for_writes);
  CHECK(t.routes[0].usable_for_reads);
  CHECK_FALSE(t.routes[1].usable_for_writes);
  CHECK(t.routes[1].usable_for_reads);
  CHECK(t.has_writer());
  CHECK(t.has_reader());
  CHECK(t.find("failover") == &t.routes[2]);
  CHECK(t.find("nobody") == nullptr);
}

TEST_CASE("table: a promoted standby takes the writes when the primary is gone", "[routing]") {
  const auto t = table_of({down(primary_of("primary")), primary_of("backup", 2), standby_of("failover")});
  CHECK_FALSE(t.routes[0].usable_for_writes);
  CHECK(t.routes[1].usable_for_writes);
}

TEST_CASE("table: a ghost of a lower timeline serves nothing, whichever answered first", "[routing][fence]") {
  for (const bool ghost_first : {true, false}) {
    const auto ghost = primary_of("old", 1);
    const auto heir = primary_of("new", 2);
    const auto t = ghost_first ? table_of({ghost, heir}) : table_of({heir, ghost});
    const auto* old = t.find("old");
    CHECK_FALSE(old->usable_for_writes);
    CHECK_FALSE(old->usable_for_reads);
    CHECK(old->ghost);
    CHECK(contains(old->reason, "timeline 2 exists"));
    CHECK(t.find("new")->usable_for_writes);
  }
}

TEST_CASE("table: a standby that follows a higher timeline fences a primary of a lower one", "[routing][fence]") {
  const auto t = table_of({primary_of("primary", 1), standby_of("backup", 2)});
  CHECK_FALSE(t.has_writer());
  CHECK(t.routes[0].ghost);
}

TEST_CASE("table: the fence remembers a timeline whose server is gone", "[routing][fence]") {
  timeline_fence fence;
  const std::vector<health_snapshot> before{down(primary_of("primary", 1)), primary_of("backup", 2)};
  CHECK(build_table(before, fence, {}, 1).has_writer());
  auto unknown = health_snapshot{};
  unknown.pool = "backup";
  unknown.state = health_state::unhealthy;
  unknown.probes_failed = 2;
  const std::vector<health_snapshot> after{primary_of("primary", 1), unknown};
  const auto t = build_table(after, fence, {}, 2);
  CHECK_FALSE(t.has_writer());
  CHECK(t.routes[0].ghost);
}

TEST_CASE("table: who becomes a ghost is told once", "[routing][fence]") {
  const auto before = table_of({primary_of("primary", 1), standby_of("backup", 1)});
  const auto after = table_of({primary_of("primary", 1), primary_of("backup", 2)});
  CHECK(new_ghosts(before, after) == std::vector<std::size_t>{0});
  CHECK(new_ghosts(after, after).empty());
  CHECK(new_ghosts({}, after) == std::vector<std::size_t>{0});
}

TEST_CASE("table: no write before every pool's first probe has ended", "[routing][fence]") {
  health_snapshot unheard{};
  unheard.pool = "backup";
  const auto t = table_of({primary_of("primary"), unheard});
  CHECK_FALSE(t.has_writer());
  CHECK(t.routes[0].usable_for_reads);
  CHECK(contains(t.routes[0].reason, "first probe of backup"));
  unheard.probes_failed = 1;
  CHECK(table_of({primary_of("primary"), unheard}).has_writer());
}

TEST_CASE("table: a fenced or read-only primary takes reads only", "[routing][fence]") {
  auto fenced = primary_of("primary");
  fenced.fenced = true;
  CHECK_FALSE(table_of({fenced}).has_writer());
  CHECK(table_of({fenced}).has_reader());
  auto read_only = primary_of("primary");
  read_only.facts.read_only = true;
  CHECK_FALSE(table_of({read_only}).has_writer());
  CHECK(contains(table_of({read_only}).routes[0].reason, "read-only"));
}

TEST_CASE("table: several pools of one server all take writes", "[routing]") {
  const auto t = table_of({primary_of("primary"), primary_of("backup")});
  CHECK(t.routes[0].usable_for_writes);
  CHECK(t.routes[1].usable_for_writes);
}

TEST_CASE("table: a pool of another cluster serves only who names it", "[routing]") {
  auto other = primary_of("other", 9);
  other.facts.system_identifier = 78;
  const auto t = table_of({down(primary_of("primary")), other});
  CHECK(t.routes[1].foreign);
  CHECK_FALSE(t.has_writer());
  CHECK_FALSE(choose(t, {}, {.mode = access::write}));
  CHECK(choose(t, {}, {.mode = access::write, .wanted_pool = "other"}) == 1u);
  // Its timeline says nothing about the first cluster's.
  CHECK_FALSE(table_of({primary_of("primary"), other}).routes[0].ghost);
}

TEST_CASE("table: servers that hide their identifier are compared all the same", "[routing][fence]") {
  auto a = primary_of("a", 1);
  auto b = primary_of("b", 2);
  a.facts.system_identifier.reset();
  b.facts.system_identifier.reset();
  CHECK(table_of({a, b}).routes[0].ghost);
  b.facts.system_identifier = one_cluster;
  CHECK(table_of({a, b}).routes[0].ghost);
}

TEST_CASE("table: states decide who is usable; the last that is alive is never banned", "[routing]") {
  for (const auto s : {health_state::healthy, health_state::degraded, health_state::recovering}) {
    CHECK(table_of({in_state(s, primary_of("primary"))}).has_writer());
  }
  CHECK_FALSE(table_of({in_state(health_state::unknown, primary_of("primary"))}).has_writer());
  CHECK(table_of({in_state(health_state::unhealthy, primary_of("primary"))}).has_writer());
  CHECK_FALSE(table_of({down(primary_of("primary"))}).has_writer());
  CHECK_FALSE(table_of({down(primary_of("primary"))}).has_reader());
}

TEST_CASE("table: a standby serves reads only within its lag limit", "[routing][lag]") {
  auto late = standby_of("backup");
  late.facts.replay_lag = 61s;
  CHECK_FALSE(table_of({primary_of("primary"), late}).routes[1].usable_for_reads);
  late.facts.replay_lag = 60s;
  CHECK(table_of({primary_of("primary"), late}).routes[1].usable_for_reads);
}

TEST_CASE("table: a standby that receives nothing is measured by bytes, against an older position only",
          "[routing][lag]") {
  auto detached = standby_of("backup");
  detached.facts.receiving = false;
  detached.facts.wal_position = 1'000'000'000 - (17u << 20);
  detached.facts_at = table_time + 1s;
  const auto t = table_of({primary_of("primary"), detached});
  CHECK(t.routes[1].lag_bytes == 17u << 20);
  CHECK_FALSE(t.routes[1].usable_for_reads);
  CHECK(contains(t.routes[1].reason, "17 MiB behind"));
  // A position that the primary reached after the standby was asked proves nothing.
  detached.facts_at = table_time - 1s;
  CHECK(table_of({primary_of("primary"), detached}).routes[1].usable_for_reads);
  // Without a writer there is nothing to be behind of: reads go on.
  detached.facts_at = table_time + 1s;
  CHECK(table_of({down(primary_of("primary")), detached}).routes[1].usable_for_reads);
}

TEST_CASE("table: the explanation names each pool, its state, since when and why", "[routing]") {
  const auto t = table_of({down(primary_of("primary")), standby_of("backup")});
  const auto text = explain(t, access::write, table_time + 2500ms);
  CHECK(contains(text, "primary: unhealthy for 2500 ms (refused)"));
  CHECK(contains(text, "backup: healthy for 2500 ms (answered in 1 ms; a standby)"));
  CHECK(explain({}, access::read, table_time) == "no pool is configured");
}
