// When sources are asked, what a dial is lent, and what a server's refusal means.
#include "tests/unit/credentials/credential_bench.hpp"

#include "tripool/core/util/random.hpp"

#include <utility>

using namespace tripool;
using namespace tripool::test::credentials;
using namespace std::chrono_literals;

TEST_CASE("a cheap source is asked at each dial, and dials that wait share the answer", "[credentials]") {
  bench b;
  b.want(0);
  b.want(1);
  b.want(2);
  CHECK(b.questions() == 1);
  b.answer(bench::found("one"));
  CHECK(b.all<lend_effect>().size() == 3);
  CHECK(b.all<changed_effect>().empty()); // The first is no change.
  CHECK(b.lease("one") == "one");
  CHECK(b.status().fetches == 2);
  CHECK(b.status().generation == 1);
  CHECK(b.status().leases == 4);
}

TEST_CASE("a costly source is asked once, and again before its secret expires", "[credentials]") {
  bench b;
  CHECK(b.lease("one", costly, 0, 15min) == "one");
  for (int i = 0; i < 10; ++i) {
    b.want();
    CHECK(b.questions() == 0);
  }
  const auto due = b.machine.next_wake();
  REQUIRE(due);
  CHECK(*due < start + 15min);
  CHECK(*due >= start + 11min);
  b.tick_at_wake();
  b.answer(bench::found("two", costly, 15min));
  CHECK(b.take<changed_effect>().size() == 1);
  CHECK(b.lease("(not asked)", costly) == "two");
  CHECK(b.status().generation == 2);
}

TEST_CASE("a failed refresh leaves the present secret in use until it expires, and is tried again", "[credentials]") {
  bench b{{}};
  CHECK(b.lease("one", costly, 0, 10min) == "one");
  b.tick_at_wake();
  b.answer(bench::failed(costly));
  CHECK(b.status().last_error == "it is broken");
  b.out.clear();
  b.want();
  CHECK(b.questions() == 0);
  CHECK(b.take<lend_effect>().size() == 1);
  b.now = start + 10min;
  const auto why = b.lease("", costly);
  CHECK(why.find("it is broken") != std::string::npos);
  CHECK(why.find("expired") != std::string::npos);
  b.tick_at_wake();
  b.answer(bench::found("two", costly, 10min));
  CHECK(b.lease("(not asked)", costly) == "two");
}

TEST_CASE("a refusal asks the sources at once, and only once", "[credentials]") {
  bench b;
  CHECK(b.lease("one", costly) == "one");
  b.out.clear();
  for (std::size_t pool = 0; pool < 3; ++pool) b.machine.refused(pool, 1, "28P01", b.now, b.out);
  CHECK(b.questions() == 1);
  CHECK(b.status().verdict == credential_verdict::refused);
  b.answer(bench::found("two", costly));
  CHECK(b.take<changed_effect>().size() == 1);
  b.machine.refused(0, 1, "28P01", b.now, b.out); // A dial that began before.
  CHECK(b.questions() == 0);
  CHECK(b.status().verdict == credential_verdict::unknown);
  b.machine.accepted(0, 2, b.now);
  CHECK(b.status().verdict == credential_verdict::accepted);
}

TEST_CASE("while a server refuses the secret, sources are asked again within a second, for however long",
          "[credentials]") {
  for (const auto pace : {source_pace::cheap, source_pace::costly}) {
    bench b;
    CHECK(b.lease("one", pace) == "one");
    b.out.clear();
    b.machine.refused(0, 1, "28P01", b.now, b.out);
    const auto until = b.now + 1h;
    while (b.now < until) {
      b.answer(bench::found("one", pace));
      const auto due = b.machine.next_wake();
      REQUIRE(due);
      CHECK(*due - b.now <= 1s);
      CHECK(*due > b.now);
      b.machine.refused(0, 1, "28P01", b.now, b.out); // Does not hasten the next question.
      CHECK(b.questions() == 0);
      b.tick_at_wake();
    }
    b.answer(bench::found("two", pace));
    CHECK(b.take<changed_effect>().size() == 1);
  }
}

TEST_CASE("a server that accepts the doubted secret in the end ends the doubt", "[credentials]") {
  bench b{{24h, {}}};
  b.lease("one");
  b.machine.refused(1, 1, "28000", b.now, b.out);
  b.answer(bench::found("one"));
  CHECK(b.machine.next_wake());
  b.machine.accepted(1, 1, b.now);
  CHECK_FALSE(b.machine.next_wake());
  CHECK(b.status().verdict == credential_verdict::accepted);
  CHECK(b.status().last_error.empty());
}

TEST_CASE("the last known good secret serves while the sources fail", "[credentials]") {
  bench b{{1h, 10s}};
  CHECK(b.lease("") == "(it is broken)");
  CHECK(b.lease("one") == "one");
  CHECK(b.lease("") == "(it is broken)"); // No server has accepted it yet.
  b.machine.accepted(0, 1, b.now);
  b.now += 59min;
  CHECK(b.lease("") == "one");
  CHECK(b.status().emergency);
  CHECK(b.status().available);
  b.now += 2min;
  CHECK(b.lease("") == "(it is broken)");
  CHECK_FALSE(b.status().available);
  CHECK(b.lease("one") == "one");
  CHECK(b.all<available_effect>().size() == 1);
  CHECK_FALSE(b.status().emergency);
}

TEST_CASE("without permission no secret is kept", "[credentials]") {
  bench b{{0s, 10s}};
  b.lease("one");
  b.machine.accepted(0, 1, b.now);
  CHECK(b.lease("") == "(it is broken)");
}

TEST_CASE("a new secret that one server does not know yet leaves the old one to it", "[credentials]") {
  bench b;
  b.lease("old");
  for (std::size_t pool = 0; pool < 2; ++pool) b.machine.accepted(pool, 1, b.now);
  CHECK(b.lease("new", source_pace::cheap, 0) == "new");
  b.machine.accepted(0, 2, b.now);
  CHECK(b.lease("new", source_pace::cheap, 1) == "new"); // Now good as well: nothing older is kept.
  // The file ran ahead of both servers.
  bench c;
  c.lease("old");
  c.machine.accepted(0, 1, c.now);
  CHECK(c.lease("new") == "new");
  c.out.clear();
  c.machine.refused(0, 2, "28P01", c.now, c.out);
  c.answer(bench::found("new"));
  CHECK(c.lease("new") == "old");
  CHECK(c.status().emergency);
  CHECK(c.lease("new", source_pace::cheap, 1) == "new"); // The other server was not asked yet.
  c.machine.refused(0, 1, "28P01", c.now, c.out);        // It has learnt the new one.
  CHECK(c.lease("new") == "new");
}

TEST_CASE("a change of a cheap source is noticed without a dial", "[credentials]") {
  bench b{{24h, 10s}};
  b.lease("one");
  CHECK(b.machine.next_wake() == b.now + 10s);
  b.tick_at_wake();
  b.answer(bench::found("one"));
  CHECK(b.all<changed_effect>().empty());
  b.tick_at_wake();
  b.answer(bench::found("two"));
  const auto changed = b.take<changed_effect>();
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].generation == 2);
}

TEST_CASE("no source at all is no failure: the server may ask for nothing", "[credentials]") {
  bench b;
  CHECK(b.machine.would_change({}));
  b.want();
  b.answer({});
  const auto lent = b.all<lend_effect>();
  REQUIRE(lent.size() == 1);
  CHECK(lent[0].what->what.password.empty());
  CHECK_FALSE(b.machine.next_wake());
  // But a secret that was there and is gone is one.
  CHECK(b.lease("one") == "one");
  b.out.clear();
  b.want();
  b.answer({});
  CHECK(b.all<deny_effect>().size() == 1);
}

TEST_CASE("a refresh on request asks even a costly source, and tells what came of it", "[credentials]") {
  bench b;
  b.lease("one", costly);
  b.out.clear();
  b.machine.want_refresh(91, b.now, b.out);
  b.machine.want_refresh(92, b.now, b.out);
  b.answer(bench::found("two", costly));
  const auto told = b.all<refreshed_effect>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].ticket == 91);
  CHECK(told[0].changed);
  CHECK_FALSE(told[0].failed);
  b.out.clear();
  b.machine.want_refresh(93, b.now, b.out);
  b.answer(bench::failed(costly));
  CHECK(b.all<refreshed_effect>().at(0).problem == "it is broken");
  CHECK(b.all<refreshed_effect>().at(0).failed);
  CHECK(b.lease("(not asked)", costly) == "two");
}

TEST_CASE("an answer of another flight is ignored", "[credentials]") {
  bench b;
  b.want();
  const auto flight = b.all<fetch_effect>().at(0).flight;
  b.machine.fetched(flight + 1, bench::found("x"), 1, b.now, 0, b.out);
  CHECK(b.all<lend_effect>().empty());
  CHECK(b.machine.waiting().size() == 1);
}

TEST_CASE("whatever happens, each wish has one answer, and asking never spins", "[credentials]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    splitmix64 random{seed};
    const auto pick = [&](std::uint64_t n) { return random.next() % n; };
    credential_machine m{{pick(2) ? duration{1min} : duration{0}, pick(2) ? duration{10s} : duration{0}}};
    std::vector<credential_effect> out;
    auto now = start;
    std::uint64_t tickets = 0;
    std::uint64_t generation = 0;
    std::vector<int> answers(1, 0);
    std::vector<std::uint64_t> flights;
    std::size_t asked_now = 0;
    const auto digest = [&] {
      for (auto& e : out) {
        if (auto* x = std::get_if<lend_effect>(&e)) ++answers[x->ticket];
        if (auto* x = std::get_if<deny_effect>(&e)) ++answers[x->ticket];
        if (auto* x = std::get_if<refreshed_effect>(&e)) ++answers[x->ticket];
        if (auto* x = std::get_if<fetch_effect>(&e)) flights.push_back(x->flight);
      }
      out.clear();
      REQUIRE(flights.size() <= 1); // One question at a time.
    };
    const auto answer = [&] {
      auto x = pick(4) == 0 ? bench::failed(pick(2) ? costly : source_pace::cheap)
                            : bench::found(std::to_string(pick(3)), pick(2) ? costly : source_pace::cheap,
                                           pick(3) == 0 ? std::optional<duration>{1s * (1 + pick(100))} : std::nullopt);
      const auto flight = flights.back();
      flights.clear();
      const auto g = m.would_change(x) ? ++generation : 0;
      m.fetched(flight, std::move(x), g, now, random.next(), out);
    };
    for (int step = 0; step < 300; ++step) {
      switch (pick(7)) {
        case 0:
        case 1:
          answers.push_back(0);
          m.want(++tickets, pick(3), now, out);
          break;
        case 2:
          answers.push_back(0);
          m.want_refresh(++tickets, now, out);
          break;
        case 3: m.refused(pick(3), generation - std::min<std::uint64_t>(generation, pick(3)), "28P01", now, out); break;
        case 4: m.accepted(pick(3), generation - std::min<std::uint64_t>(generation, pick(3)), now); break;
        case 5:
          if (!flights.empty()) answer();
          break;
        default:
          now += 1ms * pick(5000);
          asked_now = 0;
          break;
      }
      digest();
      for (auto due = m.next_wake(); due && *due <= now; due = m.next_wake()) {
        m.tick(now, out);
        digest();
        if (!flights.empty()) answer();
        digest();
        REQUIRE(++asked_now < 1000);
      }
    }
    while (!flights.empty()) {
      answer();
      digest();
    }
    for (std::size_t i = 1; i < answers.size(); ++i) REQUIRE(answers[i] == 1);
  }
}
