// Promises of the pauses between attempts.
#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/util/random.hpp"

#include "tests/support/catch.hpp"

#include <cstdint>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

/// Random bits that draw the ceiling itself.
std::uint64_t most(const backoff& x) {
  return static_cast<std::uint64_t>(x.ceiling().count());
}

} // namespace

TEST_CASE("backoff: the ceiling doubles from the minimum to the maximum and stays there", "[retry]") {
  backoff x{50ms, 5s};
  for (const duration expected : {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    CHECK(x.ceiling() == expected);
    CHECK(x.next(most(x)) == expected);
  }
}

TEST_CASE("backoff: a reset begins the series again", "[retry]") {
  backoff x{50ms, 5s};
  for (int i = 0; i < 6; ++i) x.next(0);
  x.reset();
  CHECK(x.ceiling() == 50ms);
}

TEST_CASE("backoff: full jitter draws every pause evenly from zero to the ceiling", "[retry]") {
  splitmix64 random{7};
  duration sum{0};
  duration least = 1s;
  duration longest{0};
  for (int i = 0; i < 10'000; ++i) {
    backoff x{1s, 1s};
    const auto pause = x.next(random.next());
    REQUIRE(pause >= 0ms);
    REQUIRE(pause <= 1s);
    sum += pause;
    least = std::min(least, pause);
    longest = std::max(longest, pause);
  }
  CHECK(least < 5ms);
  CHECK(longest > 995ms);
  CHECK(sum / 10'000 > 480ms);
  CHECK(sum / 10'000 < 520ms);
}

TEST_CASE("backoff: a maximum near the end of time does not overflow", "[retry]") {
  backoff x{1ns, duration::max()};
  for (int i = 0; i < 200; ++i) REQUIRE(x.next(UINT64_MAX) >= 0ns);
  CHECK(x.ceiling() == duration::max());
}

TEST_CASE("backoff: a minimum of zero means no pause", "[retry]") {
  backoff x{0ms, 1s};
  CHECK(x.next(UINT64_MAX) == 0ms);
  CHECK(x.next(UINT64_MAX) == 0ms);
}

TEST_CASE("splitmix64: the same seed yields the same numbers", "[retry]") {
  splitmix64 x{1234567};
  // The first numbers of the reference implementation for this seed.
  CHECK(x.next() == 6457827717110365317u);
  CHECK(x.next() == 3203168211198807973u);
}
