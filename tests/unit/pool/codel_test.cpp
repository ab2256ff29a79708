// Promises of controlled delay: bursts pass, standing queues are shed, recovery is noticed.
#include "tripool/core/pool/codel.hpp"

#include "tests/support/catch.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

} // namespace

TEST_CASE("codel: a burst that drains within the interval is not shed", "[pool][codel]") {
  codel x{50ms, 2s};
  x.left(800ms, start);
  x.left(1500ms, start + 700ms);
  x.left(30ms, start + 1s);
  CHECK_FALSE(x.overloaded(start + 10s));
  CHECK(x.shed_at(start + 1s) == start + 1s + 50ms + 2s);
}

TEST_CASE("codel: when every wait missed the target for a whole interval, waits above twice the target are shed",
          "[pool][codel]") {
  codel x{50ms, 2s};
  x.left(60ms, start); // Passed the target 10 ms ago.
  x.left(70ms, start + 1s);
  CHECK_FALSE(x.overloaded(start + 1989ms));
  CHECK(x.overloaded(start + 1990ms));
  CHECK(x.shed_at(start + 1s) == start + 1990ms);
  CHECK(x.shed_at(start + 1950ms) == start + 1950ms + 100ms);
}

TEST_CASE("codel: a queue from which nothing leaves is shed after target and interval", "[pool][codel]") {
  codel x{50ms, 2s};
  REQUIRE(x.shed_at(start) == start + 2050ms);
  x.left(2050ms, start + 2050ms); // Shed.
  CHECK(x.overloaded(start + 2050ms));
  CHECK(x.shed_at(start + 2000ms) == start + 2100ms);
}

TEST_CASE("codel: shedding goes on while the overload lasts and ends with the first short wait", "[pool][codel]") {
  codel x{50ms, 2s};
  x.left(60ms, start);
  x.left(100ms, start + 3s);
  CHECK(x.overloaded(start + 3s));
  x.left(50ms, start + 3s);
  CHECK_FALSE(x.overloaded(start + 3s));
}

TEST_CASE("codel: an empty queue ends the overload", "[pool][codel]") {
  codel x{50ms, 2s};
  x.left(60ms, start);
  x.emptied();
  CHECK_FALSE(x.overloaded(start + 3s));
}

TEST_CASE("codel: a target of zero switches it off", "[pool][codel]") {
  codel x{0ms, 2s};
  CHECK_FALSE(x.shed_at(start));
}
