// The base of all actors, without a loop: timers that do not multiply, and mishaps that end one actor at most.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/loop_actor.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace tripool::test {

/// What the sleeper is told to do.
enum class order : std::uint8_t { wake_soon, fail_in_handler, fail_when_drained };

} // namespace tripool::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::test::order)

namespace {

/// Wakes each 30 s, and once more a second after it was told to.
class sleeper final : public loop_actor {
public:
  sleeper(caf::actor_config& cfg, int* ticks) : loop_actor(cfg, nullptr), ticks_(ticks) {}

private:
  caf::behavior make_behavior() override {
    next_ = now() + 30s;
    return {
      [this](order x) {
        if (x == order::fail_in_handler) throw std::runtime_error("in a handler");
        if (x == order::fail_when_drained) fail_ = true;
        soon_ = now() + 1s;
      },
      [this](tick_msg) {
        ticked();
        ++*ticks_;
      },
    };
  }

  void on_drained() override {
    if (fail_) throw std::runtime_error("between two messages");
    while (next_ <= now()) next_ += 30s;
    if (soon_ && *soon_ <= now()) soon_.reset();
    wake_at(soon_ ? std::min(*soon_, next_) : next_);
  }

  int* ticks_;
  time_point next_;
  std::optional<time_point> soon_;
  bool fail_ = false;
};

/// A scheduler of its own for the sleeper.
struct sleeper_world : actor_world {
  int ticks = 0;
  caf::actor who = spawn<sleeper>(&ticks);
  ~sleeper_world() { strike(who, death::kill); }
};

} // namespace

TEST_CASE("Being woken early does not multiply an actor's timers") {
  sleeper_world w;
  for (int i = 0; i < 50; ++i) {
    caf::anon_send(w.who, order::wake_soon);
    w.advance(35s);
  }
  const auto before = w.ticks;
  w.advance(300s);
  CHECK(w.ticks - before >= 10);
  CHECK(w.ticks - before <= 11);
}

TEST_CASE("An exception ends the actor that it escapes from, and nobody else") {
  for (const auto x : {order::fail_in_handler, order::fail_when_drained}) {
    sleeper_world w;
    std::ostringstream printed;
    auto* const before = std::cout.rdbuf(printed.rdbuf());
    caf::anon_send(w.who, x);
    w.run();
    std::cout.rdbuf(before);
    CHECK(printed.str() == ""); // Standard output is the application's.
    CHECK_FALSE(w.alive(w.who));
    CHECK(w.alive(w.delegate));
  }
}

TEST_CASE("Messages that nobody expects leave the actors alive") {
  actor_world w;
  w.advance(2s);
  const auto all = w.topology();
  std::vector<caf::actor> actors{w.delegate, all.manager, all.monitor, all.carrier};
  actors.insert(actors.end(), all.pools.begin(), all.pools.end());
  for (const auto& c : w.connections(primary)) actors.push_back(c.who);
  for (const auto& who : actors) {
    caf::anon_send(who, 42, std::string{"what is this?"});
    caf::anon_send(who, caf::make_error(caf::sec::runtime_error, "a stranger's"));
  }
  w.advance(1s);
  for (const auto& who : actors) {
    INFO(w.name_of(who));
    CHECK(w.alive(who));
  }
  const auto x = w.write("insert k v");
  w.run();
  CHECK(x->text() == "done");
}

namespace {

/// Stays a moment in `on_drained`, and notes when a message is handled meanwhile.
class slow_drainer final : public loop_actor {
public:
  slow_drainer(caf::actor_config& cfg, std::atomic<int>* handled, std::atomic<int>* overlaps)
    : loop_actor(cfg, nullptr), handled_(handled), overlaps_(overlaps) {}

private:
  caf::behavior make_behavior() override {
    return {[this](order) {
      if (draining_) ++*overlaps_;
      ++*handled_;
    }};
  }
  void on_drained() override {
    draining_ = true;
    for (int i = 0; i < 2'000; ++i)
      if (!draining_) ++*overlaps_; // Somebody else has left it in the meantime.
    draining_ = false;
  }

  std::atomic<int>* handled_;
  std::atomic<int>* overlaps_;
  std::atomic<bool> draining_ = false;
};

} // namespace

TEST_CASE("An actor of a scheduler with many workers is run by one of them at a time, also when it has drained") {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{4});
  std::atomic<int> handled = 0;
  std::atomic<int> overlaps = 0;
  constexpr int count = 20'000;
  {
    caf::actor_system system{config};
    const auto one = system.spawn<slow_drainer>(&handled, &overlaps);
    for (int i = 0; i < count; ++i) {
      caf::anon_send(one, order::wake_soon);
      if (i % 3 == 0) std::this_thread::yield();
    }
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (handled < count && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  }
  CHECK(handled == count);
  CHECK(overlaps == 0);
}
