// When a session that is kept for itself is replaced after a change of what sessions are opened with.
#include "tests/support/catch.hpp"

#include "tripool/core/credentials/session_renewal.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1000h};
constexpr std::uint64_t some = 0x123456789abcdef;

} // namespace

TEST_CASE("a session that knows the change stays", "[credentials]") {
  session_renewal x;
  x.opened(5, start, some);
  CHECK_FALSE(x.next_wake());
  x.changed(5, 1min, start, some);
  CHECK_FALSE(x.next_wake());
  x.changed(4, 1min, start, some);
  CHECK_FALSE(x.next_wake());
}

TEST_CASE("an older session gets a successor within the spread", "[credentials]") {
  for (const std::uint64_t random : {std::uint64_t{0}, some, UINT64_MAX}) {
    session_renewal x;
    x.opened(5, start, some);
    x.changed(6, 1min, start, random);
    REQUIRE(x.next_wake());
    CHECK(*x.next_wake() >= start);
    CHECK(*x.next_wake() <= start + 1min);
    CHECK(x.wants_successor(*x.next_wake()));
    x.successor_dialled();
    CHECK_FALSE(x.wants_successor(start + 1h));
    CHECK(x.successor_opened(6, start + 1min, some));
    x.opened(6, start + 1min, some);
    CHECK_FALSE(x.next_wake());
  }
}

TEST_CASE("without a session there is nothing to replace", "[credentials]") {
  session_renewal x;
  x.changed(6, 0s, start, some);
  CHECK_FALSE(x.next_wake());
  x.opened(6, start, some); // Dialled after the change.
  CHECK_FALSE(x.next_wake());
  x.changed(7, 0s, start, some);
  CHECK(x.wants_successor(start));
  x.ended();
  CHECK_FALSE(x.wants_successor(start));
}

TEST_CASE("a session whose dial began before the change is replaced too", "[credentials]") {
  session_renewal x;
  x.changed(6, 10s, start, some);
  x.opened(5, start, some);
  REQUIRE(x.next_wake());
  CHECK(*x.next_wake() <= start + 10s);
}

TEST_CASE("a successor that fails, or knows no better, is tried again after a pause", "[credentials]") {
  for (const auto spread : {duration{0s}, duration{1min}}) {
    session_renewal x;
    x.opened(5, start, some);
    x.changed(6, spread, start, some);
    auto now = *x.next_wake();
    for (int i = 0; i < 5; ++i) {
      REQUIRE(x.wants_successor(now));
      x.successor_dialled();
      if (i % 2 == 0) {
        x.successor_failed(now, some);
      } else {
        CHECK_FALSE(x.successor_opened(5, now, some));
      }
      REQUIRE(x.next_wake());
      CHECK(*x.next_wake() - now >= session_renewal::pause_min / 2);
      CHECK(*x.next_wake() - now <= std::max(spread, session_renewal::pause_min));
      now = *x.next_wake();
    }
    x.successor_dialled();
    CHECK(x.successor_opened(6, now, some));
  }
}

TEST_CASE("a change that comes while a successor is dialled makes that one too old", "[credentials]") {
  session_renewal x;
  x.opened(5, start, some);
  x.changed(6, 0s, start, some);
  x.successor_dialled();
  x.changed(7, 0s, start, some);
  CHECK_FALSE(x.successor_opened(6, start, some));
  CHECK(x.next_wake());
}
