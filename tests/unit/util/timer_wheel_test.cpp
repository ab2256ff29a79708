// The timer wheel against a plain sorted list, and its edges.
#include "tripool/core/util/timer_wheel.hpp"

#include "tests/support/catch.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

struct probe final : wheel_timer {
  int fired = 0;
  void expired() override { ++fired; }
};

constexpr time_point origin{std::chrono::hours{5}};

} // namespace

TEST_CASE("a timer never expires early and expires at the first advance after it is due") {
  timer_wheel w{origin};
  probe p;
  w.arm(p, origin + 10ms + 1ns);
  w.advance(origin + 10ms);
  CHECK(p.fired == 0);
  w.advance(origin + 11ms);
  CHECK(p.fired == 1);
  CHECK(!p.armed());
  CHECK(w.size() == 0);
}

TEST_CASE("a timer that is due already expires at the next tick") {
  timer_wheel w{origin};
  w.advance(origin + 100ms);
  probe p;
  w.arm(p, origin);
  w.advance(origin + 101ms);
  CHECK(p.fired == 1);
}

TEST_CASE("a disarmed timer stays silent and a moved one expires once") {
  timer_wheel w{origin};
  probe a;
  probe b;
  w.arm(a, origin + 5ms);
  w.arm(b, origin + 5ms);
  w.disarm(a);
  w.arm(b, origin + 90s);
  w.advance(origin + 80s);
  CHECK(a.fired == 0);
  CHECK(b.fired == 0);
  w.advance(origin + 91s);
  CHECK(b.fired == 1);
}

TEST_CASE("a timer beyond the wheel's range still expires in time") {
  timer_wheel w{origin};
  probe p;
  w.arm(p, origin + std::chrono::hours{30});
  w.advance(origin + std::chrono::hours{29});
  CHECK(p.fired == 0);
  w.advance(origin + std::chrono::hours{30});
  CHECK(p.fired == 1);
}

TEST_CASE("sleeping until next() and advancing finds every timer in time, like a plain list does") {
  std::mt19937_64 random{42};
  timer_wheel w{origin};
  std::vector<std::unique_ptr<probe>> timers;
  for (int i = 0; i < 300; ++i) timers.push_back(std::make_unique<probe>());
  auto now = origin;
  for (int round = 0; round < 3000; ++round) {
    auto& t = *timers[random() % timers.size()];
    const auto spread = std::int64_t{1} << (random() % 26);
    if (random() % 5 == 0) {
      w.disarm(t);
    } else {
      w.arm(t, now + std::chrono::microseconds{static_cast<std::int64_t>(random() % 1000) * spread / 100});
    }
    if (auto next = w.next()) {
      for (const auto& x : timers)
        if (x->armed() && x->when() > now) REQUIRE(*next <= x->when() + 1ms);
      now = std::max(now, random() % 2 == 0 ? *next : now + std::chrono::microseconds{random() % 100000});
    }
    w.advance(now);
    for (const auto& x : timers)
      if (x->armed()) REQUIRE(x->when() > now - 1ms);
  }
}
