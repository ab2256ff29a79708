// Promises of the number of busy connections: it finds what answers sooner, comes back when that changes, leaves things
// alone where it makes no difference, and does not follow noise.
#include "tripool/core/pool/busy_width.hpp"
#include "tripool/core/util/random.hpp"

#include "tests/support/catch.hpp"

#include <functional>
#include <set>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

/// A server under a closed loop: with so many busy connections it answers `rate` requests a second.
struct server {
  std::function<double(std::size_t)> rate;
  double callers = 64;
  double noise = 0; ///< Of each batch of answers, as a fraction.

  busy_width width{};
  time_point now{};
  splitmix64 random{7};
  std::set<std::size_t> seen{};

  void run(duration for_so_long, std::size_t usable = 10) {
    const auto until = now + for_so_long;
    while (now < until) {
      const auto busy = width.value(usable);
      seen.insert(busy);
      const auto swing = 1 + noise * (static_cast<double>(random.next() >> 11U) * 0x1p-52 - 1);
      const auto took = std::chrono::duration_cast<duration>(std::chrono::duration<double>(16 / rate(busy) * swing));
      now += took;
      const duration held{static_cast<duration::rep>(static_cast<double>(took.count()) * callers)};
      if (width.completed(16, held, now)) width.turn_over(usable, now);
    }
  }
};

double few_are_better(std::size_t busy) {
  return 30'000 - 1'000.0 * static_cast<double>(busy);
}

double many_are_better(std::size_t busy) {
  return 5'000.0 * static_cast<double>(busy);
}

} // namespace

TEST_CASE("width: it begins with a few, and never says more than there are", "[pool][width]") {
  busy_width x;
  CHECK(x.value(10) == busy_width::width_start);
  CHECK(x.value(3) == 3);
  CHECK(x.value(0) == 0);
}

TEST_CASE("width: how many connections there are is asked only when a turn is full", "[pool][width]") {
  busy_width x;
  time_point now{1h};
  for (std::uint64_t n = 1; n < busy_width::turn_completions; ++n) CHECK_FALSE(x.completed(1, 1us, now));
  CHECK(x.completed(1, 1us, now));
  x.turn_over(10, now);
  CHECK_FALSE(x.completed(1, 1us, now));
  CHECK_FALSE(x.completed(busy_width::turn_completions, 1ms, now)); // Too soon.
}

TEST_CASE("width: few connections are kept busy where that answers sooner", "[pool][width]") {
  server s{few_are_better};
  s.run(2s);
  CHECK(s.width.value(10) <= 3);
  CHECK(*s.seen.begin() >= busy_width::width_min);
}

TEST_CASE("width: many are kept busy where that answers sooner", "[pool][width]") {
  server s{many_are_better};
  s.run(30s);
  // But for the turns of a trial.
  while (s.width.trying()) s.run(1ms);
  CHECK(s.width.value(10) == 10);
}

TEST_CASE("width: it comes back when the server or its work changes", "[pool][width]") {
  server s{few_are_better};
  s.run(2s);
  REQUIRE(s.width.value(10) <= 3);
  s.rate = many_are_better;
  s.run(30s);
  while (s.width.trying()) s.run(1ms);
  CHECK(s.width.value(10) == 10);
}

TEST_CASE("width: noise alone seldom changes it, and never to less than the least", "[pool][width]") {
  server s{[](std::size_t) { return 20'000.0; }};
  s.noise = 0.3;
  s.run(120s);
  CHECK(*s.seen.begin() >= busy_width::width_min);
}

TEST_CASE("width: trials that change nothing are rare", "[pool][width]") {
  server s{[](std::size_t) { return 20'000.0; }};
  duration spent{0};
  const auto began = s.now;
  while (s.now - began < 60s) {
    const auto before = s.now;
    s.run(1ms);
    if (s.width.value(10) != busy_width::width_start) spent += s.now - before;
  }
  CHECK(spent < (s.now - began) / 20);
}

TEST_CASE("width: nothing is tried while there is little to do", "[pool][width]") {
  server s{few_are_better};
  s.callers = 1;
  s.run(60s);
  CHECK(s.seen == std::set<std::size_t>{busy_width::width_start});
}

TEST_CASE("width: all connections are used while statements are long, and few again when they are not",
          "[pool][width]") {
  server s{[](std::size_t busy) { return 200.0 * static_cast<double>(busy); }}; // 5 ms each.
  s.run(10s);
  CHECK(s.width.value(10) == 10);
  s.rate = few_are_better;
  s.run(2s);
  CHECK(s.width.value(10) <= 3);
}

TEST_CASE("width: with few connections there is nothing to try", "[pool][width]") {
  server s{few_are_better};
  s.run(20s, 2);
  CHECK(s.seen == std::set<std::size_t>{2});
  server one{few_are_better};
  one.run(20s, 1);
  CHECK(one.seen == std::set<std::size_t>{1});
}
