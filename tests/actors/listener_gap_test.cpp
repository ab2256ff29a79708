// Gaps: whatever loses the listening session, the subscribers are told, and hear again; and nobody misses a
// notification without having been told of a gap.
#include "tests/actors/subscriber.hpp"

#include "tripool/core/listen/channel.hpp"
#include "tripool/core/util/random.hpp"

#include <functional>
#include <optional>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// A subscriber of "a" and "b" on the primary.
struct scene {
  actor_world w;
  subscriber x;

  explicit scene(options o = world_options()) : w((o)), x((w.advance(2s), w)) {
    x.subscribe({"a", "b"});
    REQUIRE(x.log() == lines{"subscribed a b"});
    x.forget();
  }

  /// After a loss: told twice, and notified by that server again.
  void require_again(pool_index where) {
    REQUIRE(x.log() == lines{"gap a b", "over a b"});
    CHECK(x.heard().gaps[0].lasted <= x.heard().gaps[1].lasted);
    CHECK_FALSE(x.heard().gaps[0].why.empty());
    x.forget();
    w.db[where].notify("a", "again");
    w.run();
    CHECK(x.log() == lines{"a: again"});
  }
};

} // namespace

TEST_CASE("A listening session that is terminated is replaced, and the gap is told") {
  scene s;
  s.w.db[primary].terminate_all();
  s.w.advance(2s);
  s.require_again(primary);
}

TEST_CASE("A listening session that is cut is replaced, and the gap is told") {
  scene s;
  for (const auto& b : s.w.db[primary].backends())
    if (b->channels().contains("a")) b->link().cut();
  s.w.advance(2s);
  s.require_again(primary);
}

TEST_CASE("A failover moves the subscriptions to the new primary") {
  scene s;
  s.w.db[primary].crash();
  s.w.advance(2s);
  REQUIRE(s.x.log() == lines{"gap a b"});
  s.w.db[backup].promote();
  s.w.advance(5s);
  s.require_again(backup);
  CHECK(s.w.status().listener.pool == "backup");
}

TEST_CASE("A ghost's notifications are not listened to") {
  scene s;
  s.w.db[failover].promote();
  s.w.advance(40s);
  REQUIRE(s.x.log() == lines{"gap a b", "over a b"});
  s.x.forget();
  s.w.db[primary].notify("a", "a lie");
  s.w.db[failover].notify("a", "true");
  s.w.run();
  CHECK(s.x.log() == lines{"a: true"});
}

TEST_CASE("A server that hangs is noticed within a heartbeat, though nobody asks it anything") {
  auto o = world_options();
  scene s{o};
  s.w.advance(10s);
  s.w.db[primary].hang();
  s.w.advance(o.monitor.heartbeat_interval + o.monitor.probe_timeout + 1s);
  REQUIRE(s.x.log() == lines{"gap a b"});
  CHECK(s.x.heard().gaps[0].lasted >= 10s);
  s.w.db[primary].resume();
  s.w.advance(10s);
  s.require_again(primary);
}

TEST_CASE("A quiet session is kept for ever, and costs a check at each heartbeat") {
  scene s;
  const auto before = s.w.status().listener;
  s.w.advance(1h);
  const auto after = s.w.status().listener;
  CHECK(s.x.log().empty());
  CHECK(after.backend_pid == before.backend_pid);
  CHECK(after.dials == 1);
  CHECK(after.orders - before.orders >= 119);
  CHECK(after.orders - before.orders <= 120);
}

TEST_CASE("Neither the listener's death nor the manager's loses a subscription") {
  for (const auto how : {death::kill, death::exit, death::exception}) {
    scene s;
    s.w.strike(s.w.topology().listener, how);
    s.w.advance(1s);
    s.require_again(primary);
    s.x.forget();

    // A manager's death alone is no gap: the listener is adopted.
    const auto listener = s.w.topology().listener;
    s.w.strike(s.w.topology().manager, how);
    s.w.advance(1s);
    CHECK(s.w.topology().listener == listener);
    s.w.db[primary].notify("b", "1");
    s.w.run();
    CHECK(s.x.log() == lines{"b: 1"});
    s.x.forget();

    // Both at a time.
    const auto all = s.w.topology();
    s.w.strike(all.manager, how);
    s.w.strike(all.listener, how);
    s.w.advance(1s);
    CHECK(s.w.topology().listener != listener);
    s.require_again(primary);
    s.x.forget();

    // Its connection.
    s.w.strike(s.w.status().listener.session, how);
    s.w.advance(1s);
    s.require_again(primary);
    s.x.forget();

    // The carrier, the monitor and the pools are none of its business.
    const auto who = s.w.topology();
    for (const auto& other : {who.carrier, who.monitor, who.pools[primary]}) s.w.strike(other, how);
    s.w.advance(1s);
    CHECK(s.x.log().empty());
    s.w.db[primary].notify("b", "2");
    s.w.run();
    CHECK(s.x.log() == lines{"b: 2"});
  }
}

TEST_CASE("A gap by a listener's death counts from the last news, or from the check that may have been due") {
  scene s;
  s.w.advance(10s);
  s.w.strike(s.w.topology().listener, death::kill);
  s.w.advance(1s);
  REQUIRE(s.x.heard().gaps.size() == 2);
  CHECK(s.x.heard().gaps[0].lasted >= 10s);
  CHECK(s.x.heard().gaps[0].lasted < 12s);
  s.w.advance(1h);
  s.w.strike(s.w.topology().listener, death::kill);
  s.w.advance(1s);
  REQUIRE(s.x.heard().gaps.size() == 4);
  CHECK(s.x.heard().gaps[2].lasted == 32s);
}

TEST_CASE("A death at any moment of a subscription costs neither its one answer nor a notification after it") {
  for (int n = 0; n < 60; ++n) {
    for (const auto which : {0, 1, 2}) {
      CAPTURE(n, which);
      actor_world w;
      w.advance(2s);
      const auto who = w.topology();
      subscriber x{w};
      caf::anon_send(x.actor(), w.delegate, subscribe{{"a"}});
      for (int i = 0; i < n; ++i) w.step();
      w.strike(which == 0 ? who.listener : which == 1 ? who.manager : who.carrier, death::kill);
      if (which == 1) w.strike(who.listener, death::kill);
      w.advance(2s);
      CHECK(x.heard().answers == 1);
      REQUIRE_FALSE(x.log().empty());
      CHECK(x.log().front() == "subscribed a");
      w.db[primary].notify("a", "1");
      w.run();
      CHECK(x.log().back() == "a: 1");
      CHECK(x.heard().gaps.size() % 2 == 0);
    }
  }
}

TEST_CASE("A dead listener and a carrier that is away: it listens as soon as it can") {
  scene s;
  const auto who = s.w.topology();
  s.w.strike(who.listener, death::kill);
  s.w.strike(who.carrier, death::kill);
  s.w.strike(who.monitor, death::kill);
  s.w.advance(5s);
  s.require_again(primary);
}

TEST_CASE("A listener that cannot live is told as a gap at once, and a request ends at its deadline") {
  scene s;
  for (int i = 0; i < 200; ++i) {
    if (const auto who = s.w.topology().listener) s.w.strike(who, death::kill);
    s.w.advance(50ms);
  }
  s.x.subscribe({"c"}, 1s);
  s.w.advance(1100ms);
  CHECK(s.x.heard().failures.size() == 1);
  std::size_t begun = 0;
  for (const auto& g : s.x.heard().gaps) begun += g.over ? 0 : 1;
  CHECK(begun >= 1);
  s.w.advance(2 * s.w.env->config.supervision.restarts_window);
  CHECK(s.x.log().back() == "over a b");
}

TEST_CASE("Nothing stays behind when everything ends while subscriptions wait") {
  actor_world w;
  w.advance(2s);
  for (auto& x : w.db) x.crash();
  subscriber x{w};
  x.subscribe({"a"});
  CHECK(w.end() == 1); // The subscriber itself.
  CHECK(x.heard().answers == 1);
}

namespace {

/// A server's committed notifications against what a subscriber was told.
struct account {
  int sent = 0;
  std::size_t read = 0; ///< Of the subscriber's log.
  int expected = 0;     ///< The next number it must hear, unless a gap says otherwise.
  bool certain = false;

  /// Whatever is heard is in order, without holes but for gaps.
  void follow(const lines& log) {
    for (; read < log.size(); ++read) {
      const auto& line = log[read];
      if (line == "gap a") {
        certain = false;
      } else if (line == "over a" || line == "subscribed a") {
        certain = true;
        expected = -1; // It reads the state anew: whatever comes next is next.
      } else if (line.starts_with("a: ")) {
        const int n = std::stoi(line.substr(3));
        if (certain && expected >= 0) CHECK(n == expected);
        expected = n + 1;
      } else {
        FAIL("unexpected: " << line);
      }
    }
  }
};

void befall(actor_world& w, splitmix64& random) {
  const auto who = w.topology();
  switch (random.next() % 8) {
    case 0: w.db[primary].terminate_all(); break;
    case 1: w.strike(who.listener, death::kill); break;
    case 2: w.strike(who.manager, death::kill); break;
    case 3: w.strike(who.monitor, death::exception); break;
    case 4: w.strike(w.status().listener.session, death::kill); break;
    case 5:
      for (const auto& b : w.db[primary].backends())
        if (b->channels().contains("a")) b->link().cut();
      break;
    case 6:
      w.db[primary].hang();
      w.advance(duration{random.next() % 4'000'000'000});
      w.db[primary].resume();
      break;
    default: break;
  }
}

} // namespace

TEST_CASE("Under random deaths nothing is missed without a gap, and at the end everything is heard again") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    splitmix64 random{seed};
    actor_world w;
    w.advance(2s);
    subscriber x{w};
    x.subscribe({"a"});
    account a;
    for (int round = 0; round < 40; ++round) {
      if (random.next() % 4 == 0) befall(w, random);
      const auto burst = random.next() % 5;
      for (std::uint64_t i = 0; i < burst; ++i) w.db[primary].notify("a", std::to_string(a.sent++));
      if (random.next() % 2 == 0) w.step();
      if (random.next() % 3 == 0) w.advance(duration{random.next() % 500'000'000});
      a.follow(x.log());
    }
    w.advance(3min);
    a.follow(x.log());
    CHECK(a.certain);
    const auto before = x.heard().notifications.size();
    for (int i = 0; i < 10; ++i) w.db[primary].notify("a", std::to_string(a.sent++));
    w.run();
    a.follow(x.log());
    CHECK(x.heard().notifications.size() == before + 10);
  }
}
