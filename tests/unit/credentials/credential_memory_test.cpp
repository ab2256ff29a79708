// Credentials over time: how long sources are asked while something is wrong, what is told of refusals, and what
// outlives a machine's owner.
#include "tests/unit/credentials/credential_bench.hpp"

using namespace tripool;
using namespace tripool::test::credentials;
using namespace std::chrono_literals;

TEST_CASE("sources that fail are asked again within a second, for however long", "[credentials]") {
  for (const auto pace : {source_pace::cheap, source_pace::costly}) {
    bench b;
    b.lease("", pace);
    for (const auto until = b.now + 1h; b.now < until;) {
      const auto due = b.machine.next_wake();
      REQUIRE(due);
      CHECK(*due - b.now <= 1s);
      CHECK(*due > b.now);
      b.tick_at_wake();
      b.answer(bench::failed(pace));
    }
  }
}

TEST_CASE("a refusal is told once for each secret, and its end", "[credentials]") {
  bench b;
  b.lease("one");
  CHECK_FALSE(b.machine.accepted(0, 1, b.now));
  b.lease("two");
  b.out.clear();
  b.machine.refused(0, 2, "28P01", b.now, b.out);
  auto told = b.all<login_refused_effect>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].pool == 0);
  CHECK(told[0].sqlstate == "28P01");
  CHECK(told[0].present);
  b.answer(bench::found("two"));
  b.machine.refused(0, 2, "28P01", b.now, b.out);
  CHECK(b.take<login_refused_effect>().empty());
  b.machine.refused(0, 1, "28P01", b.now, b.out); // The last known good one.
  told = b.take<login_refused_effect>();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].present);
  b.machine.refused(1, 2, "28000", b.now, b.out);
  told = b.take<login_refused_effect>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].pool == 1);
  CHECK(b.machine.accepted(0, 2, b.now));
  CHECK_FALSE(b.machine.accepted(0, 2, b.now));
  CHECK(b.machine.accepted(1, 2, b.now));
  b.machine.refused(0, 2, "28P01", b.now, b.out); // Anew.
  CHECK(b.take<login_refused_effect>().size() == 1);
}

TEST_CASE("a machine that goes on for another one has its last known good secret, and notices a change",
          "[credentials]") {
  bench a;
  a.lease("one");
  a.machine.accepted(0, 1, a.now);
  bench b;
  b.generation = 1;
  b.now += 1min;
  b.machine.recall(a.machine.memory(), b.now);
  CHECK(b.machine.next_wake() == b.now); // The sources are asked at once.
  CHECK(b.lease("") == "one");
  CHECK(b.status().emergency);
  CHECK(b.lease("one") == "one");
  CHECK(b.all<changed_effect>().empty());
  bench c;
  c.generation = 1;
  c.machine.recall(a.machine.memory(), c.now);
  CHECK(c.lease("two") == "two");
  CHECK(c.take<changed_effect>().size() == 1);
  c.machine.refused(0, 2, "28P01", c.now, c.out);
  c.answer(bench::found("two"));
  CHECK(c.lease("two") == "one"); // The server does not know the new one yet.
  c.now += 25h;
  bench d;
  d.now = c.now;
  d.machine.recall(a.machine.memory(), d.now);
  CHECK(d.lease("") == "(it is broken)"); // credential-keep counts on.
}

TEST_CASE("without permission nothing is kept for another machine, and what cannot change is not asked anew",
          "[credentials]") {
  bench a{{0s, 10s}};
  a.lease("one");
  a.machine.accepted(0, 1, a.now);
  CHECK_FALSE(a.machine.memory().current);
  CHECK_FALSE(a.machine.memory().good);
  bench b;
  b.lease("one", source_pace::fixed);
  bench c;
  c.machine.recall(b.machine.memory(), c.now);
  CHECK_FALSE(c.machine.next_wake());
}
