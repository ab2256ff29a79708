// Promises of the ladder: when the resilient part is left, when it is taken back, and that nobody is blamed for a time
// in which nobody ran.
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

#include "tripool/core/routing/fallback_machine.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

/// Plays the delegate: advances at every wake, answers for those who are well.
struct ladder {
  time_point t{1h};
  fallback_machine m;
  bool manager_answers = true;
  bool monitor_answers = true;
  bool simple_lives = false;
  std::vector<service_mode> modes;
  std::vector<watched_peer> ended;
  std::size_t asked = 0;

  explicit ladder(bool resilience = true) : m{simple_pool_options{}, 30s, resilience, t} { look(); }

  void look() {
    const auto e = m.advance(t);
    ended.insert(ended.end(), e.end.begin(), e.end.end());
    if (e.start_simple) {
      m.simple_present();
      simple_lives = true;
    }
    if (e.retire_simple) {
      m.simple_gone("was not needed", false);
      simple_lives = false;
    }
    if (e.mode) modes.push_back(*e.mode);
    if (!e.ask) return;
    ++asked;
    if (manager_answers) m.answered(watched_peer::manager, t);
    if (monitor_answers) m.answered(watched_peer::monitor, t);
  }

  void start() {
    m.present(watched_peer::manager, t);
    m.present(watched_peer::monitor, t);
    look();
  }

  void pass(duration x) {
    const auto until = t + x;
    for (;;) {
      const auto next = m.next_wake();
      if (!next || *next > until) break;
      t = std::max(t, *next);
      look();
    }
    t = until;
    look();
  }
};

} // namespace

TEST_CASE("fallback: while both answer, the resilient part serves and is asked seldom", "[routing][fallback]") {
  ladder x;
  x.start();
  x.pass(10min);
  CHECK(x.m.mode() == service_mode::resilient);
  CHECK(x.modes.empty());
  CHECK(x.asked <= 22);
  CHECK(x.asked >= 20);
}

TEST_CASE("fallback: with traffic it is asked each half second, however many requests come", "[routing][fallback]") {
  ladder x;
  x.start();
  x.asked = 0;
  for (int i = 0; i < 10'000; ++i) {
    x.m.traffic();
    x.pass(1ms);
  }
  CHECK(x.asked >= 18);
  CHECK(x.asked <= 20);
}

TEST_CASE("fallback: whoever is silent for two seconds is left and ended", "[routing][fallback]") {
  const auto who = GENERATE(watched_peer::manager, watched_peer::monitor);
  ladder x;
  x.start();
  x.pass(1s);
  (who == watched_peer::manager ? x.manager_answers : x.monitor_answers) = false;
  x.m.traffic();
  x.pass(500ms);
  const auto began = x.t; // The first question without an answer has been asked by now.
  while (x.m.mode() == service_mode::resilient && x.t < began + 10s) x.pass(10ms);
  CHECK(x.m.mode() == service_mode::simple);
  CHECK(x.t - began <= 2s);
  CHECK(x.t - began >= 1s);
  CHECK(x.ended == std::vector{who});
  CHECK(x.m.why().find("gone") != std::string::npos);
  CHECK(x.simple_lives);
  CHECK(x.m.falls() == 1);
}

TEST_CASE("fallback: a manager that died and is back at once changes nothing", "[routing][fallback]") {
  ladder x;
  x.start();
  for (int i = 0; i < 20; ++i) {
    x.pass(1s);
    x.m.gone(watched_peer::manager, x.t, "died");
    x.look();
    x.pass(300ms);
    x.m.present(watched_peer::manager, x.t);
    x.look();
  }
  CHECK(x.modes.empty());
}

TEST_CASE("fallback: gone for two seconds, or not to be started, is left; back for a second, is taken back",
          "[routing][fallback]") {
  ladder x;
  x.start();
  x.pass(1s);
  SECTION("gone") {
    x.m.gone(watched_peer::manager, x.t, "died");
    x.pass(1900ms);
    CHECK(x.modes.empty());
    x.pass(200ms);
  }
  SECTION("not to be started") {
    x.m.cannot_start(watched_peer::manager, x.t, "died 11 times");
    x.look();
    CHECK(x.m.why().find("died 11 times") != std::string::npos);
  }
  CHECK(x.m.mode() == service_mode::simple);
  x.pass(10s);
  CHECK(x.m.mode() == service_mode::simple);
  x.m.present(watched_peer::manager, x.t);
  x.look();
  x.pass(900ms);
  CHECK(x.m.mode() == service_mode::simple);
  x.pass(700ms);
  CHECK(x.m.mode() == service_mode::resilient);
  CHECK_FALSE(x.simple_lives);
  CHECK(x.m.returns() == 1);
  CHECK(x.modes == std::vector{service_mode::simple, service_mode::resilient});
}

TEST_CASE("fallback: a process that was stopped blames nobody", "[routing][fallback]") {
  ladder x;
  x.start();
  for (int i = 0; i < 50; ++i) {
    x.m.traffic();
    // Asked just now; the answers are on their way when nobody runs for a minute.
    x.manager_answers = x.monitor_answers = false;
    x.pass(500ms);
    x.t += 1min;
    x.look();
    x.manager_answers = x.monitor_answers = true;
    x.m.answered(watched_peer::manager, x.t);
    x.m.answered(watched_peer::monitor, x.t);
    x.look();
    x.pass(1s);
  }
  CHECK(x.modes.empty());
  CHECK(x.ended.empty());
}

TEST_CASE("fallback: without a simple pool nobody serves, and both ways up are open", "[routing][fallback]") {
  ladder x;
  x.start();
  x.m.cannot_start(watched_peer::manager, x.t, "died too often");
  x.look();
  REQUIRE(x.m.mode() == service_mode::simple);
  x.m.simple_gone("died too", true);
  x.look();
  CHECK(x.m.mode() == service_mode::none);
  CHECK(x.m.why().find("died too often") != std::string::npos);
  CHECK(x.m.why().find("died too") != std::string::npos);
  SECTION("the simple pool may be started again") {
    x.m.simple_may_start();
    x.look();
    CHECK(x.m.mode() == service_mode::simple);
    CHECK(x.simple_lives);
  }
  SECTION("the manager is back first") {
    x.m.present(watched_peer::manager, x.t);
    x.look();
    x.pass(2s);
    CHECK(x.m.mode() == service_mode::resilient);
  }
}

TEST_CASE("fallback: with resilience switched off the simple pool serves for ever and nobody is asked",
          "[routing][fallback]") {
  ladder x{false};
  CHECK(x.m.mode() == service_mode::simple);
  CHECK(x.simple_lives);
  CHECK_FALSE(x.m.next_wake());
  x.pass(1h);
  CHECK(x.asked == 0);
  CHECK(x.modes.empty());
  CHECK(x.m.why().find("switched off") != std::string::npos);
}

TEST_CASE("fallback: whatever happens, it never asks more often than twice a second, and a calm ends the fall",
          "[routing][fallback][property]") {
  using step = std::pair<std::uint8_t, std::uint16_t>; // What happens, and how long nothing does then.
  tripool::test::holds_for_all("bounded questions, and a way back", [](const std::vector<step>& steps) {
    ladder x;
    x.start();
    for (const auto& [what, pause] : steps) {
      const auto peer = watched_peers[what / 16 % 2];
      switch (what % 8) {
        case 0: x.m.gone(peer, x.t, "died"); break;
        case 1: x.m.cannot_start(peer, x.t, "died too often"); break;
        case 2: x.m.present(peer, x.t); break;
        case 3: (what / 32 % 2 == 0 ? x.manager_answers : x.monitor_answers) = what / 64 % 2 == 0; break;
        case 4: x.m.traffic(); break;
        case 5:
          if (x.simple_lives) x.m.simple_gone("died", what / 64 % 2 == 0);
          x.simple_lives = false;
          break;
        case 6: x.m.simple_may_start(); break;
        default: break;
      }
      const auto before = x.t;
      const auto asked = x.asked;
      x.pass(std::chrono::milliseconds{pause % 3000});
      const auto turns = static_cast<std::size_t>((x.t - before) / fallback_machine::ask_pause);
      RC_ASSERT(x.asked - asked <= turns + 2);
      RC_ASSERT(x.m.mode() != service_mode::simple || x.simple_lives);
    }
    x.manager_answers = x.monitor_answers = true;
    for (const auto p : watched_peers) x.m.present(p, x.t);
    x.pass(35s);
    RC_ASSERT(x.m.mode() == service_mode::resilient);
    RC_ASSERT(x.m.falls() == x.m.returns());
  });
}
