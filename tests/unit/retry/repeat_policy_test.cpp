// Promises about repeating whole transactions.
#include "tests/support/catch.hpp"
#include "tripool/core/retry/repeat_policy.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point now{1h};

failure with(outcome kind, std::string sqlstate) {
  failure f;
  f.kind = kind;
  f.sqlstate = std::move(sqlstate);
  return f;
}

} // namespace

TEST_CASE("a transaction is repeated after a serialization failure or a deadlock only", "[retry]") {
  CHECK(worth_repeating(with(outcome::rejected, "40001")));
  CHECK(worth_repeating(with(outcome::rejected, "40P01")));
  CHECK(!worth_repeating(with(outcome::rejected, "23505")));
  CHECK(!worth_repeating(with(outcome::in_doubt, "40001")));
  CHECK(!worth_repeating(with(outcome::not_executed, "")));
}

TEST_CASE("the pause before a repetition grows, is jittered and has an end", "[retry]") {
  const auto f = with(outcome::rejected, "40001");
  const repeat_limits limits{4, 10ms, 40ms};
  const auto longest = [&](std::uint32_t done) {
    duration out{0};
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const auto x = pause_before_repeat(f, done, limits, now, now + 1h, i * 0x9E3779B97F4A7C15u);
      REQUIRE(x);
      REQUIRE(*x >= 0ms);
      out = std::max(out, *x);
    }
    return out;
  };
  CHECK(longest(1) <= 10ms);
  CHECK(longest(2) > 10ms);
  CHECK(longest(2) <= 20ms);
  CHECK(longest(4) > 30ms);
  CHECK(longest(4) <= 40ms);
  CHECK(!pause_before_repeat(f, 5, limits, now, now + 1h, 0));
}

TEST_CASE("a transaction is not repeated when its time is over before the pause", "[retry]") {
  const auto f = with(outcome::rejected, "40001");
  CHECK(!pause_before_repeat(f, 1, {}, now, now, 0));
  CHECK(pause_before_repeat(f, 1, {}, now, now + 1ms, 0));
}
