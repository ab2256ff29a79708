// Promises of the dial gate: pauses that grow, one dial at a time in trouble, respect for a full server.
#include "tripool/core/pool/dial_gate.hpp"

#include "tests/support/catch.hpp"

#include <cstdint>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};
/// Random bits that draw exactly `x` when the ceiling is at least that.
constexpr std::uint64_t draw(duration x) {
  return static_cast<std::uint64_t>(x.count());
}

} // namespace

TEST_CASE("dial gate: one dial at a time until one has succeeded, then two", "[pool][dial]") {
  dial_gate x{50ms, 5s};
  CHECK(x.parallel_max() == 1);
  CHECK(x.not_before() <= start);
  x.succeeded(start);
  CHECK(x.parallel_max() == 2);
  x.unsettle();
  CHECK(x.parallel_max() == 1);
  CHECK(x.not_before() <= start); // The first dial after a loss goes at once.
}

TEST_CASE("dial gate: pauses double with each failure and end with a success", "[pool][dial]") {
  dial_gate x{50ms, 5s};
  auto now = start;
  for (const duration pause : {50ms, 100ms, 200ms, 400ms}) {
    x.failed({}, now, draw(pause));
    CHECK(x.not_before() == now + pause);
    CHECK(x.parallel_max() == 1);
    now = x.not_before();
  }
  x.succeeded(now);
  CHECK(x.not_before() <= now);
}

TEST_CASE("dial gate: a success that does no work does not shorten the next pause; work does", "[pool][dial]") {
  dial_gate x{50ms, 5s};
  for (int i = 0; i < 3; ++i) x.failed({}, start, 0);
  x.succeeded(start);
  x.failed({}, start + 1ms, draw(400ms)); // Died young.
  CHECK(x.not_before() == start + 401ms);
  x.succeeded(start + 401ms);
  x.worked();
  x.failed({}, start + 402ms, draw(50ms));
  CHECK(x.not_before() == start + 452ms);
}

TEST_CASE("dial gate: a calm second begins the series anew", "[pool][dial]") {
  dial_gate x{50ms, 5s};
  for (int i = 0; i < 8; ++i) x.failed({}, start, 0);
  x.succeeded(start);
  x.failed({}, start + dial_calm_period, draw(50ms));
  CHECK(x.not_before() == start + dial_calm_period + 50ms);
}

TEST_CASE("dial gate: a server that is full is left alone for half a second at least", "[pool][dial]") {
  dial_gate x{50ms, 5s};
  x.failed("53300", start, 0);
  CHECK(x.not_before() == start + dial_pause_when_full);
  x.hasten(start + 10ms);
  CHECK(x.not_before() == start + dial_pause_when_full);
}

TEST_CASE("dial gate: good news ends the pause, but not sooner than the shortest pause", "[pool][dial]") {
  dial_gate x{50ms, 5s};
  for (int i = 0; i < 8; ++i) x.failed({}, start, UINT64_MAX);
  x.failed({}, start, draw(4s));
  REQUIRE(x.not_before() >= start + 1s);
  x.hasten(start + 10ms);
  CHECK(x.not_before() == start + 50ms);
}
