// Promises of the health machine: how fast it judges, what it needs for a judgement, and how often it asks.
#include "tests/support/catch.hpp"
#include "tests/unit/health/health_fixture.hpp"

using namespace tripool;
using namespace std::chrono_literals;
using tripool::test::contains;
using tripool::test::health_fixture;
using kind = probe_failure::kind;

TEST_CASE("health: the first probe is due at once, and its answer makes the pool usable", "[health]") {
  health_fixture x;
  CHECK(x.m.next_probe() == x.start);
  CHECK(x.state() == health_state::unknown);
  const auto e = x.answer();
  CHECK(e.became == health_state::healthy);
  CHECK(e.table_changed);
  CHECK(x.m.snapshot().writable());
  CHECK(x.until_next() == 30s);
}

TEST_CASE("health: the first probe changes the table even if it fails without a verdict", "[health]") {
  // Writes wait until every server has been asked once: a silent one must not make them wait for three probes.
  health_fixture x;
  const auto e = x.time_out();
  CHECK(x.state() == health_state::unknown);
  CHECK(e.table_changed);
  CHECK_FALSE(x.time_out().table_changed);
}

TEST_CASE("health: a heartbeat comes every interval while all is well", "[health]") {
  health_fixture x;
  x.answer();
  for (int i = 0; i < 5; ++i) {
    const auto before = x.now;
    x.answer();
    CHECK(x.now - before == 30s + 5ms);
  }
  CHECK(x.m.snapshot().transitions == 1);
}

TEST_CASE("health: no other probe is due while one is on its way", "[health]") {
  health_fixture x;
  x.m.probe_sent(x.now);
  CHECK(x.m.next_probe() == time_point::max());
  const auto e = x.m.trouble(cause::connection_lost, "", "", x.now + 1ms);
  CHECK_FALSE(e.probe_now);
  CHECK(x.m.next_probe() == time_point::max());
}

TEST_CASE("health: latency decides between healthy, degraded and unhealthy", "[health]") {
  health_fixture x;
  x.answer(999ms);
  CHECK(x.state() == health_state::healthy);
  x.answer(1s);
  CHECK(x.state() == health_state::degraded);
  x.answer(4999ms);
  CHECK(x.state() == health_state::degraded);
  x.answer(10ms);
  CHECK(x.state() == health_state::healthy);
  x.answer(5s);
  CHECK(x.state() == health_state::unhealthy);
  CHECK(x.m.snapshot().alive);
  CHECK(contains(x.m.snapshot().reason, "slower than 5000 ms"));
}

TEST_CASE("health: one refusal is no proof, a second one is", "[health]") {
  health_fixture x;
  x.answer();
  x.refuse();
  CHECK(x.state() == health_state::healthy);
  CHECK(x.until_next() == 100ms);
  const auto e = x.refuse("57P03");
  CHECK(e.became == health_state::unhealthy);
  CHECK_FALSE(x.m.snapshot().alive);
  CHECK(x.m.snapshot().sqlstate == "57P03");
}

TEST_CASE("health: a crash is known within 150 ms of the first trouble", "[health]") {
  health_fixture x;
  x.answer();
  x.now += 10s;
  const auto crashed = x.now;
  CHECK(x.m.trouble(cause::connection_lost, "57P02", "", x.now).probe_now);
  CHECK(x.fail(kind::lost).probe_now);
  x.refuse();
  x.refuse();
  CHECK(x.state() == health_state::unhealthy);
  CHECK(x.now - crashed <= 150ms);
}

TEST_CASE("health: misses count up to the limit, and a silent server's connections are ended", "[health]") {
  health_fixture x;
  x.answer();
  x.time_out();
  x.time_out();
  CHECK(x.state() == health_state::healthy);
  const auto e = x.time_out();
  CHECK(e.became == health_state::unhealthy);
  CHECK_FALSE(e.evict.empty());
  CHECK(x.m.snapshot().misses == 3);
}

TEST_CASE("health: a server that hangs under requests is out within 3 s of the first missed deadline", "[health]") {
  health_fixture x;
  x.answer();
  x.now += 20s;
  const auto noticed = x.now;
  x.m.trouble(cause::deadline, "", "", x.now);
  CHECK(x.m.probe_deadline() == 1s);
  x.time_out();
  x.time_out();
  CHECK(x.state() == health_state::unhealthy);
  CHECK(x.now - noticed <= 3s);
}

TEST_CASE("health: the same when the server has answered right before it began to hang", "[health]") {
  health_fixture x;
  x.answer();
  x.now += 490ms; // A little less than the pool waits for any answer before it says so.
  const auto noticed = x.now;
  x.m.trouble(cause::deadline, "", "", x.now);
  x.time_out();
  x.time_out();
  CHECK(x.state() == health_state::unhealthy);
  CHECK(x.now - noticed <= 3s);
}

TEST_CASE("health: an answer in between forgets misses and refusals", "[health]") {
  health_fixture x;
  x.answer();
  for (int i = 0; i < 5; ++i) {
    x.time_out();
    x.refuse();
    x.answer();
  }
  CHECK(x.state() == health_state::healthy);
}

TEST_CASE("health: while requests are answered, silent probes only degrade", "[health]") {
  health_fixture x;
  x.answer();
  for (int i = 0; i < 10; ++i) {
    x.wait_for_probe();
    x.m.probe_sent(x.now);
    x.m.served(x.now + 500ms);
    x.now += x.m.probe_deadline();
    CHECK(x.m.probe_failed({kind::timed_out, "", ""}, x.now).evict.empty());
  }
  CHECK(x.state() == health_state::degraded);
}

TEST_CASE("health: what was answered before the server fell silent excuses no probe", "[health]") {
  health_fixture x;
  x.answer();
  x.wait_for_probe();
  x.m.probe_sent(x.now);
  const auto limit = x.m.probe_deadline();
  x.m.served(x.now + 14ms);
  const auto noticed = x.now + 514ms; // The pool's word: half a second without any answer.
  x.m.trouble(cause::deadline, "", "", noticed);
  x.now += limit;
  x.m.probe_failed({kind::timed_out, "", ""}, x.now);
  x.time_out();
  CHECK(x.state() == health_state::unhealthy);
}

TEST_CASE("health: a pool that waited in vain once, and is answered again, is excused again", "[health]") {
  health_fixture x;
  x.answer();
  x.m.trouble(cause::deadline, "", "", x.now += 600ms);
  for (int i = 0; i < 10; ++i) {
    x.wait_for_probe();
    x.m.probe_sent(x.now);
    x.m.served(x.now + 500ms);
    x.now += x.m.probe_deadline();
    x.m.probe_failed({kind::timed_out, "", ""}, x.now);
  }
  CHECK(x.state() == health_state::degraded);
}

TEST_CASE("health: requests that were answered before a probe do not excuse it", "[health]") {
  health_fixture x;
  x.answer();
  for (int i = 0; i < 3; ++i) {
    x.wait_for_probe();
    x.m.served(x.now);
    x.time_out();
  }
  CHECK(x.state() == health_state::unhealthy);
}

TEST_CASE("health: a pool that comes back has to be well for a while", "[health]") {
  health_fixture x;
  x.answer();
  x.refuse();
  x.refuse();
  CHECK(x.answer().became == health_state::recovering);
  const auto back = x.now;
  while (x.state() == health_state::recovering) {
    CHECK(x.until_next() <= 1s);
    REQUIRE(x.now - back < 40s);
    x.answer();
  }
  CHECK(x.state() == health_state::healthy);
  CHECK(x.now - back >= 30s);
  CHECK(x.now - back <= 32s);
  CHECK(x.until_next() == 30s);
}

TEST_CASE("health: a failure during recovery begins the wait again", "[health]") {
  health_fixture x;
  x.answer();
  x.refuse();
  x.refuse();
  x.answer();
  const auto back = x.now;
  while (x.now - back < 20s) x.answer();
  x.time_out();
  CHECK(x.state() == health_state::recovering);
  const auto again = x.now;
  while (x.state() == health_state::recovering) x.answer();
  CHECK(x.now - again >= 30s);
}

TEST_CASE("health: trouble probes quickly, doubling to the longest interval, until three answers", "[health]") {
  health_fixture x;
  x.answer();
  x.m.trouble(cause::connection_lost, "", "", x.now + 10s);
  x.now += 10s;
  std::vector<duration> pauses;
  for (int i = 0; i < 6; ++i) {
    x.refuse();
    pauses.push_back(x.until_next());
  }
  CHECK(pauses == std::vector<duration>{100ms, 200ms, 400ms, 800ms, 1s, 1s});
  x.answer();
  x.answer();
  CHECK(x.m.snapshot().trouble);
  x.answer();
  CHECK_FALSE(x.m.snapshot().trouble);
}

TEST_CASE("health: a storm of troubles is no storm of probes", "[health]") {
  health_fixture x;
  x.answer();
  int probes = 0;
  const auto begin = x.now;
  for (; x.now - begin < 1s; x.now += 1ms) {
    x.m.trouble(cause::connection_lost, "57P01", "", x.now);
    if (x.m.next_probe() > x.now) continue;
    ++probes;
    x.m.probe_sent(x.now);
    x.m.probe_answered({health_fixture::primary(), 0ms, x.now}, x.now);
  }
  CHECK(probes <= 11);
  CHECK(probes >= 9);
}

TEST_CASE("health: troubles of the queue or of a statement say nothing about the server", "[health]") {
  health_fixture x;
  x.answer();
  for (const auto c : {cause::queue_full, cause::overload, cause::server_error, cause::cancelled, cause::victim}) {
    const auto e = x.m.trouble(c, c == cause::server_error ? "23505" : "", "", x.now);
    CHECK_FALSE(e.probe_now);
  }
  CHECK(x.until_next() == 30s);
}

TEST_CASE("health: a server that refuses new sessions keeps those that it serves", "[health]") {
  health_fixture x;
  x.answer();
  for (int i = 0; i < 5; ++i) {
    x.m.served(x.now);
    x.refuse("53300");
  }
  CHECK(x.state() == health_state::degraded);
  for (int i = 0; i < 10; ++i) x.refuse("53300");
  CHECK(x.state() == health_state::unhealthy); // Nothing is served any more,
  CHECK(x.m.snapshot().alive);                 // but it is there: a last resort.
}

TEST_CASE("health: a request that is answered makes a silent pool a last resort again", "[health]") {
  health_fixture x;
  x.answer();
  for (int i = 0; i < 3; ++i) x.time_out();
  REQUIRE_FALSE(x.m.snapshot().alive);
  CHECK(x.m.served(x.now).table_changed);
  CHECK(x.m.snapshot().alive);
  CHECK_FALSE(x.m.served(x.now).table_changed);
}

TEST_CASE("health: a search for a writer asks at once and then several times a second, later less", "[health]") {
  health_fixture x;
  x.answer(5ms, health_fixture::standby());
  x.now += 10s;
  CHECK(x.m.set_searching(true, x.now).probe_now);
  const auto begin = x.now;
  x.answer(5ms, health_fixture::standby());
  CHECK(x.until_next() == 200ms);
  while (x.now - begin < 61s) x.answer(5ms, health_fixture::standby());
  CHECK(x.until_next() == 1s);
  x.m.set_searching(false, x.now);
  x.answer(5ms, health_fixture::standby());
  CHECK(x.until_next() == 30s);
}

TEST_CASE("health: a dead server is asked at least twice a second while a writer is searched", "[health]") {
  health_fixture x;
  x.answer();
  x.m.set_searching(true, x.now);
  for (int i = 0; i < 20; ++i) {
    x.refuse();
    CHECK(x.until_next() <= 500ms);
  }
}
