// Promises of the waiting room: bounded in number and time, first come first served, an account for who waits in vain.
#include "tripool/core/routing/parking.hpp"

#include "tripool/core/health/health_text.hpp"
#include "tripool/core/retry/retry_policy.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/recorder.hpp"
#include "tests/unit/routing/routing_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr time_point now = table_time;

moved_request a_request(duration time_left, tripool::access mode = access::write, bool repeatable = false) {
  statement s;
  s.text = "select 1";
  s.mode = mode;
  s.repeatable = repeatable;
  return {make_recorded(s, now, now + time_left).first, {}};
}

const auto dead = table_of({down(primary_of("primary")), standby_of("backup")});

/// Lets the callers go, so that nothing stays owed at the end of a test.
void answer(std::vector<moved_request> all) {
  for (auto& x : all) x.what->fail(x.why, now);
}

} // namespace

TEST_CASE("parking: a request waits until its deadline or the bound, whichever is sooner", "[routing][parking]") {
  parking p{10, 10s};
  CHECK_FALSE(p.next_wake());
  CHECK_FALSE(p.add(a_request(30s), dead, now));
  CHECK(p.next_wake() == now + 10s);
  CHECK_FALSE(p.add(a_request(2s), dead, now));
  CHECK(p.next_wake() == now + 2s - move_margin);
  CHECK(p.expire(dead, now + 1s).empty());
  auto over = p.expire(dead, *p.next_wake());
  REQUIRE(over.size() == 1);
  answer(std::move(over));
  CHECK(p.size() == 1);
  answer(p.expire(dead, now + 10s));
  CHECK(p.empty());
}

TEST_CASE("parking: who waited in vain hears how long, what was tried, how the pools are and what to do",
          "[routing][parking]") {
  parking p{10, 10s};
  auto x = a_request(30s);
  x.why.kind = outcome::not_executed;
  x.why.why = cause::connection_failed;
  x.why.message = "connection refused";
  x.why.pool = "backup";
  record_move(*x.what, "primary", 1, x.why);
  p.add(std::move(x), dead, now);
  auto over = p.expire(dead, now + 10s);
  REQUIRE(over.size() == 1);
  const auto& f = over[0].why;
  CHECK(f.kind == outcome::not_executed);
  CHECK(f.why == cause::no_server);
  CHECK(contains(f.message, "no server can serve a write; waited 10 s, tried primary (connection_failed), backup"));
  CHECK(contains(f.message, "last: connection refused"));
  CHECK(contains(f.detail, "primary: unhealthy for 10 s (refused)"));
  CHECK(contains(f.detail, "backup: healthy"));
  CHECK(contains(f.hint, "promote a standby"));
  answer(std::move(over));
}

TEST_CASE("parking: a full room gives the newcomer back at once", "[routing][parking]") {
  parking p{2, 10s};
  CHECK_FALSE(p.add(a_request(30s), dead, now));
  CHECK_FALSE(p.add(a_request(30s), dead, now));
  auto back = p.add(a_request(30s), dead, now);
  REQUIRE(back);
  CHECK(back->why.why == cause::no_server);
  CHECK(contains(back->why.message, "2 requests wait"));
  CHECK(p.size() == 2);
  back->what->fail(back->why, now);
  answer(p.take_all());
}

TEST_CASE("parking: without time left there is no waiting", "[routing][parking]") {
  parking p{2, 10s};
  auto back = p.add(a_request(1ms), dead, now);
  REQUIRE(back);
  CHECK(back->why.kind == outcome::not_executed);
  back->what->fail(back->why, now);
  CHECK(p.empty());
}

TEST_CASE("parking: those that can be served leave in the order of their arrival", "[routing][parking]") {
  parking p{10, 10s};
  std::vector<const request*> reads;
  for (int i = 0; i < 6; ++i) {
    auto x = a_request(30s, i % 2 == 0 ? access::read : access::write);
    if (i % 2 == 0) reads.push_back(x.what.get());
    p.add(std::move(x), dead, now);
  }
  auto out = p.take_routable([](const request& r) { return r.mode() == access::read; });
  REQUIRE(out.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(out[i].what.get() == reads[i]);
  CHECK(p.size() == 3);
  answer(std::move(out));
  answer(p.take_all());
  CHECK(p.empty());
}

TEST_CASE("parking: a lost answer stays in doubt, however long the wait", "[routing][parking]") {
  parking p{10, 10s};
  auto x = a_request(30s, access::write, true);
  x.why.kind = outcome::in_doubt;
  x.why.why = cause::connection_lost;
  record_move(*x.what, "primary", 0, x.why);
  p.add(std::move(x), dead, now);
  auto over = p.expire(dead, now + 10s);
  REQUIRE(over.size() == 1);
  CHECK(over[0].why.kind == outcome::in_doubt);
  answer(std::move(over));
}

TEST_CASE("parking: a request that named its pool is told about that pool", "[routing][parking]") {
  parking p{10, 10s};
  statement s;
  s.text = "select 1";
  s.pool = "backup";
  p.add({make_recorded(s, now, now + 30s).first, {}}, dead, now);
  auto over = p.expire(dead, now + 10s);
  REQUIRE(over.size() == 1);
  CHECK(contains(over[0].why.message, "the pool backup cannot serve a write"));
  answer(std::move(over));
}

TEST_CASE("parking: who looks after what another leaves is a little later, and tells the whole wait",
          "[routing][parking]") {
  parking p{10, 10s};
  p.add(a_request(1s), dead, now);
  p.add(a_request(3s), dead, now);
  const auto due = p.next_wake().value();
  CHECK(p.expire(dead, due, 100ms).empty());
  auto over = p.expire(dead, due + 100ms, 100ms);
  REQUIRE(over.size() == 1);
  CHECK(over[0].why.message.find("waited " + for_people(due + 100ms - now)) != std::string::npos);
  answer(std::move(over));
  CHECK(p.next_wake() == now + 3s - move_margin);
  answer(p.take_all());
  CHECK_FALSE(p.next_wake());
}
