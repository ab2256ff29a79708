// Promises of the loop's watch: a turn that lasts too long is told while it lasts, at growing distances, and no other.
#include "tripool/core/health/loop_watch.hpp"

#include "tests/support/catch.hpp"

#include <chrono>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point epoch{std::chrono::hours{1000}};

}

TEST_CASE("loop watch: a loop that waits or turns quickly is not stuck", "[health][loop]") {
  loop_watch x{100ms};
  CHECK_FALSE(x.look({}, epoch));
  CHECK_FALSE(x.look({}, epoch + 1h));
  CHECK_FALSE(x.look(epoch, epoch + 99ms));
  CHECK_FALSE(x.look(epoch + 100ms, epoch + 150ms));
}

TEST_CASE("loop watch: a long turn is told at the limit, and again when it is twice as long", "[health][loop]") {
  loop_watch x{100ms};
  const auto first = x.look(epoch, epoch + 120ms);
  REQUIRE(first);
  CHECK(first->lasted == 120ms);
  CHECK_FALSE(first->over);
  CHECK_FALSE(x.look(epoch, epoch + 190ms));
  CHECK(x.look(epoch, epoch + 210ms));
  CHECK_FALSE(x.look(epoch, epoch + 390ms));
  CHECK(x.look(epoch, epoch + 5s)); // Nobody looked for a while.
  CHECK_FALSE(x.look(epoch, epoch + 6s));
  // The next turn begins anew.
  CHECK_FALSE(x.look(epoch + 7s, epoch + 7s + 50ms));
  CHECK(x.look(epoch + 7s, epoch + 7s + 100ms));
}

TEST_CASE("loop watch: a turn that has ended is told when it was too long", "[health][loop]") {
  CHECK_FALSE(judge_turn(99ms, 100ms));
  const auto x = judge_turn(100ms, 100ms);
  REQUIRE(x);
  CHECK(x->over);
  CHECK(to_string(*x).find("was blocked for 100 ms") != std::string::npos);
  CHECK(to_string(blocked_loop{2s, false}).find("has been blocked for 2000 ms, and still is") != std::string::npos);
}
