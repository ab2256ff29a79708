// Messages that an actor on the loop is sent from the loop's own thread pass by its mailbox: whatever CAF promises of
// order, of ends and of what is kept for later holds all the same. Runs a real loop on its thread.
#include "tests/actors/loop_fixture.hpp"

#include <caf/actor_cast.hpp>
#include <caf/after.hpp>
#include <caf/atom.hpp>
#include <caf/message_priority.hpp>
#include <caf/sec.hpp>
#include <caf/skip.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

class player;
using play = std::function<void(player&)>;

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<play>)

namespace {

using again = caf::atom_constant<caf::atom("again")>;

/// What the actors of a test have done, in their order. Only the loop's thread looks at it.
struct record {
  std::vector<int> heard;
  int drains = 0;
  int deepest = 0;
  int errors = 0;
  int ends = 0;
  int timeouts = 0;
};

/// Writes down the numbers that it hears, gives each back, and does what it is told.
class player final : public loop_actor {
public:
  player(caf::actor_config& cfg, reactor* loop, record* to) : loop_actor(cfg, loop), to_(to) {}

  void hear(int x) {
    ++depth_;
    to_->deepest = std::max(to_->deepest, depth_);
    to_->heard.push_back(x);
    if (on_hear) on_hear(*this, x);
    --depth_;
  }

  caf::actor self() { return caf::actor_cast<caf::actor>(this); }

  /// Hears nothing until it is told so: what comes meanwhile is kept.
  void be_deaf() {
    set_default_handler(caf::skip);
    become(caf::keep_behavior, [this](again) { unbecome(); });
  }

  /// Ends its quiet by itself when nobody has said anything for so long.
  void be_quiet(std::chrono::milliseconds limit) {
    become([this](int x) { hear(x); }, caf::after(limit) >> [this] { ++to_->timeouts; });
  }

  std::function<void(player&, int)> on_hear;

private:
  caf::behavior make_behavior() override {
    return {
      [this](const std::shared_ptr<play>& what) { (*what)(*this); },
      [this](int x) {
        hear(x);
        return x;
      },
      [](again) {},
    };
  }
  void on_drained() override { ++to_->drains; }
  void on_end() override {
    on_hear = nullptr; // It may hold others, and they this one.
    ++to_->ends;
  }

  record* to_;
  int depth_ = 0;
};

} // namespace

namespace {

struct stage : loop_fixture {
  caf::actor spawn() { return cast.emplace_back(sys.spawn<player>(&loop, &done)); }
  ~stage() {
    on_loop([&](reactor&) {
      for (const auto& x : cast) caf::anon_send_exit(x, caf::exit_reason::kill);
    });
    CHECK(comes_true_there([&] { return done.ends == static_cast<int>(cast.size()); }));
  }
  /// As `who` would do it, within its turn.
  static void as(const caf::actor& who, play what) { caf::anon_send(who, std::make_shared<play>(std::move(what))); }
  /// What has been heard, as soon as it is so much.
  std::vector<int> heard(std::size_t count) {
    CHECK(comes_true_there([&] { return done.heard.size() >= count; }));
    std::vector<int> out;
    on_loop([&](reactor&) { out = done.heard; });
    return out;
  }

  record done;
  std::vector<caf::actor> cast;
};

using numbers = std::vector<int>;

} // namespace

TEST_CASE("an actor on the loop hears what it is sent from there in the order of sending", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.on_loop([&](reactor&) {
    for (int i = 0; i < 5; ++i) caf::anon_send(x, i);
  });
  CHECK(s.heard(5) == numbers{0, 1, 2, 3, 4});
  s.on_loop([&](reactor&) {
    for (int i = 5; i < 8; ++i) caf::anon_send(x, i);
  });
  CHECK(s.heard(8) == numbers{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("what comes from another thread meanwhile keeps its place among what is sent on the loop", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.on_loop([&](reactor&) { caf::anon_send(x, 0); });
  REQUIRE(s.heard(1).size() == 1); // It has run before, and waits now.
  s.on_loop([&](reactor&) {
    caf::anon_send(x, 1);
    std::thread{[&] { caf::anon_send(x, 2); }}.join();
    caf::anon_send(x, 3);
    std::thread{[&] { caf::anon_send(x, 4); }}.join();
    caf::anon_send(x, 5);
  });
  CHECK(s.heard(6) == numbers{0, 1, 2, 3, 4, 5});
}

TEST_CASE("what an actor sends itself in its turn comes behind what it was sent before", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.as(x, [](player& p) {
    p.on_hear = [](player& q, int n) {
      if (n < 3) caf::anon_send(q.self(), n + 10);
    };
  });
  s.on_loop([&](reactor&) {
    for (int i = 0; i < 3; ++i) caf::anon_send(x, i);
  });
  CHECK(s.heard(6) == numbers{0, 1, 2, 10, 11, 12});
}

TEST_CASE("an urgent message overtakes those that were sent on the loop", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.on_loop([&](reactor&) { caf::anon_send(x, 0); });
  REQUIRE(s.heard(1).size() == 1);
  s.on_loop([&](reactor&) {
    caf::anon_send(x, 1);
    caf::anon_send(x, 2);
    caf::anon_send<caf::message_priority::high>(x, 3);
  });
  CHECK(s.heard(4) == numbers{0, 3, 1, 2});
}

TEST_CASE("no actor runs within another's turn, nor within its own", "[near]") {
  stage s;
  const auto x = s.spawn();
  const auto y = s.spawn();
  // Each hands on what it hears: if that were done at once, the calls would stand within each other.
  const auto hand_on = [](const caf::actor& to) {
    return [to](player& p) {
      p.on_hear = [to](player& q, int n) {
        if (n == 0) return;
        caf::anon_send(to, n - 1);
        caf::anon_send(q.self(), 0);
      };
    };
  };
  s.as(x, hand_on(y));
  s.as(y, hand_on(x));
  s.on_loop([&](reactor&) { caf::anon_send(x, 100); });
  CHECK(s.heard(201).size() == 201);
  CHECK(s.done.deepest == 1);
}

TEST_CASE("an actor that ends in a handler answers those who asked behind that, and those who ask later", "[near]") {
  stage s;
  const auto asker = s.spawn();
  const auto mortal = s.spawn();
  s.on_loop([&](reactor&) { caf::anon_send(mortal, 0); });
  REQUIRE(s.heard(1).size() == 1);
  const auto ask = [&s, mortal](player& p) {
    p.request(mortal, caf::infinite, 1).then([](int) {}, [&s](const caf::error&) { ++s.done.errors; });
  };
  s.as(asker, [&, ask](player& p) {
    s.as(mortal, [](player& q) { q.quit(); });
    ask(p);
    ask(p);
  });
  CHECK(s.comes_true_there([&] { return s.done.errors == 2; }));
  s.as(asker, ask);
  CHECK(s.comes_true_there([&] { return s.done.errors == 3; }));
  CHECK(s.heard(1) == numbers{0});
}

TEST_CASE("an exception in a handler ends its actor, answers those behind it, and nobody else notices", "[near]") {
  stage s;
  const auto asker = s.spawn();
  const auto mortal = s.spawn();
  s.on_loop([&](reactor&) { caf::anon_send(mortal, 0); });
  REQUIRE(s.heard(1).size() == 1);
  s.as(asker, [&](player& p) {
    s.as(mortal, [](player&) { throw std::runtime_error("in a handler"); });
    p.request(mortal, caf::infinite, 1).then([](int) {}, [&s](const caf::error&) { ++s.done.errors; });
  });
  CHECK(s.comes_true_there([&] { return s.done.errors == 1 && s.done.ends == 1; }));
  s.on_loop([&](reactor&) { caf::anon_send(asker, 7); });
  CHECK(s.heard(2) == numbers{0, 7});
}

TEST_CASE("an awaited answer comes before what was sent earlier", "[near]") {
  stage s;
  const auto x = s.spawn();
  const auto y = s.spawn();
  s.as(x, [&s, y](player& p) {
    p.request(y, caf::infinite, 1).await([&s](int n) { s.done.heard.push_back(n + 100); });
    caf::anon_send(p.self(), 2);
    caf::anon_send(p.self(), 3);
  });
  CHECK(s.heard(4) == numbers{1, 101, 2, 3});
  s.on_loop([&](reactor&) { caf::anon_send(x, 4); });
  CHECK(s.heard(5).back() == 4);
}

TEST_CASE("what an actor keeps for later is heard later, in its order and before what came since", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.as(x, [](player& p) { p.be_deaf(); });
  s.on_loop([&](reactor&) {
    caf::anon_send(x, 1);
    caf::anon_send(x, 2);
  });
  s.on_loop([&](reactor&) { caf::anon_send(x, 3); });
  CHECK(s.heard(0).empty());
  s.on_loop([&](reactor&) {
    caf::anon_send(x, again::value);
    caf::anon_send(x, 4);
  });
  CHECK(s.heard(4) == numbers{1, 2, 3, 4});
}

TEST_CASE("an actor that waits for a silence notices it behind what it was sent on the loop", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.as(x, [](player& p) { p.be_quiet(20ms); });
  s.on_loop([&](reactor&) { caf::anon_send(x, 1); });
  CHECK(s.comes_true_there([&] { return s.done.timeouts == 1; }));
  s.on_loop([&](reactor&) { caf::anon_send(x, 2); });
  CHECK(s.comes_true_there([&] { return s.done.timeouts == 2; }));
  CHECK(s.heard(2) == numbers{1, 2});
}

TEST_CASE("an actor that always has something for itself leaves the others their turn", "[near]") {
  stage s;
  const auto x = s.spawn();
  const auto y = s.spawn();
  s.on_loop([&](reactor&) { caf::anon_send(x, 0); });
  REQUIRE(s.heard(1).size() == 1);
  s.as(x, [](player& p) {
    p.on_hear = [](player& q, int n) {
      if (n == 1) caf::anon_send(q.self(), 1);
    };
  });
  s.on_loop([&](reactor&) { caf::anon_send(x, 1); });
  s.on_loop([&](reactor&) { caf::anon_send(y, 2); });
  CHECK(s.comes_true_there([&] { return std::count(s.done.heard.begin(), s.done.heard.end(), 2) == 1; }));
  s.as(x, [](player& p) { p.on_hear = nullptr; });
}

TEST_CASE("a batch from the loop is followed by one look at what it brought", "[near]") {
  stage s;
  const auto x = s.spawn();
  s.on_loop([&](reactor&) { caf::anon_send(x, 0); });
  REQUIRE(s.heard(1).size() == 1);
  int before = 0;
  s.on_loop([&](reactor&) {
    before = s.done.drains;
    for (int i = 1; i < 10; ++i) caf::anon_send(x, i);
  });
  CHECK(s.heard(10).size() == 10);
  CHECK(s.comes_true_there([&] { return s.done.drains == before + 1; }));
}

TEST_CASE("an actor that has ended and outlives its loop answers that it has", "[near]") {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto loop = std::make_unique<reactor>(sys);
  caf::scoped_actor self{sys};
  const auto x = sys.spawn<hand>(loop.get());
  caf::anon_send_exit(x, caf::exit_reason::kill);
  self->wait_for(x);
  loop.reset();
  bool refused = false;
  self->request(x, 10s, std::make_shared<job>([](reactor&) {}))
    .receive([](bool) {}, [&](const caf::error& e) { refused = e == caf::sec::request_receiver_down; });
  CHECK(refused);
}
