// Promises of the fence: a server that takes no writes is barred before the next write, and let in again only on proof.
#include "tests/support/catch.hpp"
#include "tests/unit/health/health_fixture.hpp"

using namespace tripool;
using namespace std::chrono_literals;
using tripool::test::contains;
using tripool::test::health_fixture;

TEST_CASE("fence: 25006 bars writes at once, evicts, and asks on a new session", "[health][fence]") {
  health_fixture x;
  x.answer();
  const auto e = x.m.trouble(cause::server_error, "25006", "cannot execute INSERT in a read-only transaction", x.now);
  CHECK_FALSE(x.m.snapshot().writable());
  CHECK_FALSE(e.evict.empty());
  CHECK(e.table_changed);
  CHECK(e.probe_now);
  CHECK(e.fresh_session);
}

TEST_CASE("fence: an old session's word does not lift it, a new one's does", "[health][fence]") {
  health_fixture x;
  x.answer();
  x.now += 1s;
  x.m.trouble(cause::server_error, "25006", "", x.now);
  x.answer_on_old_session();
  CHECK(x.m.snapshot().fenced);
  CHECK(x.until_next() <= 100ms);
  CHECK(x.m.wants_fresh_session());
  const auto e = x.answer();
  CHECK_FALSE(x.m.snapshot().fenced);
  CHECK(x.m.snapshot().writable());
  CHECK(e.table_changed);
}

TEST_CASE("fence: a probe that was on its way before the fence is followed at once by another", "[health][fence]") {
  health_fixture x;
  x.answer();
  x.wait_for_probe();
  x.m.probe_sent(x.now);
  CHECK_FALSE(x.m.trouble(cause::server_error, "25006", "", x.now + 1ms).probe_now);
  x.now += 2ms;
  const auto e = x.m.probe_answered({health_fixture::primary(), 2ms, x.start}, x.now);
  CHECK(e.probe_now);
  CHECK(e.fresh_session);
  CHECK(x.m.snapshot().fenced);
}

TEST_CASE("fence: a server that is a standby now stays without writes, and is no longer fenced", "[health][fence]") {
  health_fixture x;
  x.answer();
  x.m.trouble(cause::server_error, "25006", "", x.now);
  x.answer(5ms, health_fixture::standby());
  CHECK_FALSE(x.m.snapshot().fenced);
  CHECK_FALSE(x.m.snapshot().writable());
  CHECK(x.state() == health_state::healthy);
}

TEST_CASE("fence: who makes only his own transactions read-only cannot keep a pool evicted", "[health][fence]") {
  health_fixture x;
  x.answer();
  int evictions = 0;
  const auto begin = x.now;
  for (; x.now - begin < 10s; x.now += 10ms) {
    if (!x.m.trouble(cause::server_error, "25006", "", x.now).evict.empty()) ++evictions;
    if (x.m.next_probe() > x.now) continue;
    x.m.probe_sent(x.now);
    x.m.probe_answered({health_fixture::primary(), 1ms, x.now}, x.now);
  }
  CHECK(evictions >= 1);
  CHECK(evictions <= 10);
}

TEST_CASE("fence: what a session reports is enough", "[health][fence]") {
  health_fixture x;
  x.answer();
  CHECK_FALSE(x.m.reported(false, false, x.now).table_changed);
  CHECK_FALSE(x.m.reported(true, std::nullopt, x.now).evict.empty());
  CHECK_FALSE(x.m.snapshot().writable());

  health_fixture y;
  y.answer();
  CHECK_FALSE(y.m.reported(std::nullopt, true, y.now).evict.empty());
  CHECK_FALSE(y.m.snapshot().writable());
}

TEST_CASE("fence: a standby's session that reports a promotion brings a probe at once", "[health][fence]") {
  health_fixture x;
  x.answer(5ms, health_fixture::standby());
  x.now += 5s;
  CHECK_FALSE(x.m.reported(true, true, x.now).probe_now);
  CHECK(x.m.reported(false, false, x.now).probe_now);
  x.answer(5ms, health_fixture::primary(2));
  CHECK(x.m.snapshot().writable());
}

TEST_CASE("fence: a session that opens while the server counts as down brings a probe, once the shortest pause is over",
          "[health][fence]") {
  for (const bool standby : {false, true}) {
    health_fixture x;
    x.answer(5ms, standby ? health_fixture::standby() : health_fixture::primary());
    for (int i = 0; i < 8; ++i) x.refuse("57P03");
    REQUIRE(x.state() == health_state::unhealthy);
    REQUIRE(x.until_next() > 2 * x.o.trouble_interval_min);
    x.m.reported(standby, false, x.now);
    CHECK(x.until_next() == x.o.trouble_interval_min);
    x.now = x.m.next_probe() + 50ms;
    CHECK(x.m.reported(standby, false, x.now).fresh_session);
  }
}

TEST_CASE("fence: sessions that open while a fenced server is down bring no storm of probes", "[health][fence]") {
  health_fixture x;
  x.answer();
  x.m.trouble(cause::server_error, "25006", "", x.now);
  for (int i = 0; i < 8; ++i) x.refuse("53300");
  REQUIRE(x.state() == health_state::unhealthy);
  REQUIRE(x.m.snapshot().fenced);
  x.now += 1ms;
  CHECK_FALSE(x.m.reported(false, false, x.now).probe_now);
  CHECK(x.m.snapshot().fenced);
}

TEST_CASE("fence: a demotion that a heartbeat finds evicts the pool", "[health][fence]") {
  health_fixture x;
  x.answer();
  CHECK(contains(x.answer(5ms, health_fixture::standby()).evict, "standby"));
  CHECK(x.answer(5ms, health_fixture::standby()).evict.empty());
  auto read_only = health_fixture::primary();
  read_only.read_only = true;
  CHECK(x.answer().evict.empty());
  CHECK(contains(x.answer(5ms, read_only).evict, "read-only"));
}

TEST_CASE("fence: a promotion evicts nobody", "[health][fence]") {
  health_fixture x;
  x.answer(5ms, health_fixture::standby());
  const auto e = x.answer(5ms, health_fixture::primary(2));
  CHECK(e.evict.empty());
  CHECK(e.table_changed);
}

TEST_CASE("fence: another cluster, or an older timeline, behind the same address evicts the pool", "[health][fence]") {
  health_fixture x;
  x.answer(5ms, health_fixture::primary(3));
  CHECK(contains(x.answer(5ms, health_fixture::primary(2)).evict, "timeline 3 to 2"));
  auto other = health_fixture::primary(2);
  other.system_identifier = 8;
  CHECK(contains(x.answer(5ms, other).evict, "another cluster"));
}
