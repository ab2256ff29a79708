// What connections are opened with has changed: a pool in trouble is asked soon, a healthy one is left alone.
#include "tests/support/catch.hpp"
#include "tests/unit/health/health_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("a pool whose logins were refused is asked at once when there is another secret", "[health]") {
  health_fixture f;
  for (int i = 0; i < 8; ++i) f.refuse("28P01");
  REQUIRE(f.state() == health_state::unhealthy);
  f.now += 200ms; // Some time after the last probe: the pause between two has grown beyond that.
  REQUIRE(f.until_next() > duration::zero());
  CHECK(f.m.renewed(f.now).probe_now);
  CHECK(f.until_next() <= duration::zero());
}

TEST_CASE("a healthy pool is not asked for the sake of a new secret", "[health]") {
  health_fixture f;
  f.answer();
  REQUIRE(f.state() == health_state::healthy);
  CHECK_FALSE(f.m.renewed(f.now).probe_now);
  CHECK(f.until_next() > 1s);
}
