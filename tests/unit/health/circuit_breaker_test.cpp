// Promises of the circuit breaker: it opens on a rate, not on an accident, risks nobody's request as a trial, and comes
// back after three good ones.
#include "tripool/core/health/circuit_breaker.hpp"

#include "tests/support/catch.hpp"

#include <chrono>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point epoch{std::chrono::hours{1000}};
constexpr std::uint64_t longest = UINT64_MAX; ///< The random bits that make a pause as long as it can be.

breaker_limits round() {
  breaker_limits x;
  x.failure_percent = 50;
  x.requests_min = 20;
  x.pause_min = 1s;
  x.pause_max = 8s;
  return x;
}

/// Opens it at `now`.
circuit_breaker opened(time_point now) {
  circuit_breaker x{round()};
  REQUIRE(x.count(10, 10, now, longest));
  return x;
}

} // namespace

TEST_CASE("circuit breaker: opens when half of enough requests failed by the server's fault", "[health][breaker]") {
  circuit_breaker x{round()};
  CHECK_FALSE(x.count(0, 19, epoch, 0)); // Too few to prove anything.
  CHECK(x.state() == circuit::closed);
  CHECK(x.count(0, 1, epoch + 1s, 0));
  CHECK(x.state() == circuit::open);
  CHECK(x.trips() == 1);
  CHECK(x.reason() == "20 of its last 20 requests failed by its server's fault");
}

TEST_CASE("circuit breaker: failures among many answers leave it closed, and old ones are forgotten",
          "[health][breaker]") {
  circuit_breaker x{round()};
  CHECK_FALSE(x.count(1000, 0, epoch, 0));
  CHECK_FALSE(x.count(0, 300, epoch + 1s, 0));
  circuit_breaker y{round()};
  CHECK_FALSE(y.count(0, 19, epoch, 0));
  CHECK_FALSE(y.count(0, 19, epoch + 11s, 0));
}

TEST_CASE("circuit breaker: zero percent never opens it", "[health][breaker]") {
  auto limits = round();
  limits.failure_percent = 0;
  circuit_breaker x{limits};
  CHECK_FALSE(x.count(0, 1'000'000, epoch, 0));
}

TEST_CASE("circuit breaker: after its pause it wants trials, and closes after three in a row", "[health][breaker]") {
  auto x = opened(epoch);
  CHECK_FALSE(x.wants_trial());
  CHECK_FALSE(x.trial_ended(true, epoch, 0)); // Nobody has asked.
  const auto due = x.next_wake();
  CHECK(due >= epoch + 500ms);
  CHECK(due <= epoch + 1500ms);
  CHECK_FALSE(x.tick(due - 1ns));
  CHECK(x.tick(due));
  CHECK(x.state() == circuit::half_open);
  CHECK(x.next_wake() == time_point::max());
  CHECK_FALSE(x.trial_ended(true, due, 0));
  CHECK_FALSE(x.trial_ended(true, due, 0));
  CHECK(x.trial_ended(true, due, 0));
  CHECK(x.state() == circuit::closed);
  // What was counted before is over.
  CHECK_FALSE(x.count(0, 19, due, 0));
}

TEST_CASE("circuit breaker: a failed trial opens it again, for longer", "[health][breaker]") {
  auto x = opened(epoch);
  auto now = x.next_wake();
  REQUIRE(x.tick(now));
  CHECK_FALSE(x.trial_ended(true, now, 0));
  CHECK(x.trial_ended(false, now, 2'000'000'000)); // The whole of the second pause, two seconds.
  CHECK(x.state() == circuit::open);
  CHECK(x.next_wake() == now + 2500ms);
  now = x.next_wake();
  REQUIRE(x.tick(now));
  CHECK_FALSE(x.trial_ended(true, now, 0)); // Three again: the one before does not count.
  CHECK_FALSE(x.trial_ended(true, now, 0));
  CHECK(x.trial_ended(true, now, 0));
}

TEST_CASE("circuit breaker: blames the server for what is its fault, not for refusals and deadlines",
          "[health][breaker]") {
  const auto blamed = [](cause why, const char* sqlstate) {
    failure x;
    x.why = why;
    x.sqlstate = sqlstate;
    return blames_server(x);
  };
  CHECK(blamed(cause::connection_lost, ""));
  CHECK(blamed(cause::server_error, "53100"));
  CHECK(blamed(cause::server_error, "58030"));
  CHECK(blamed(cause::server_error, "XX000"));
  CHECK(blamed(cause::server_error, "57P01"));
  CHECK_FALSE(blamed(cause::server_error, "23505"));
  CHECK_FALSE(blamed(cause::server_error, "57014"));
  CHECK_FALSE(blamed(cause::deadline, ""));
  CHECK_FALSE(blamed(cause::queue_full, ""));
  CHECK_FALSE(blamed(cause::victim, ""));
}

TEST_CASE("circuit breaker: other limits are in force at once, and leave it as it is", "[health][breaker]") {
  auto x = opened(epoch);
  auto limits = round();
  limits.requests_min = 5;
  limits.pause_min = limits.pause_max = 2s;
  x.reconfigure(limits);
  CHECK(x.state() == circuit::open);
  circuit_breaker y{round()};
  y.reconfigure(limits);
  CHECK(y.count(0, 5, epoch, 2'000'000'000)); // The random number that makes the longest pause of 2 s.
  CHECK(y.next_wake() == epoch + 3s);
}
