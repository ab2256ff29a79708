// The loop's descriptors: no event reaches a handler that has let go of its descriptor, whatever the kernel still
// holds. And its watch: a turn that lasts too long is told. Runs a real loop on its thread; every wait is for an event
// and has a bound.
#include "tests/actors/loop_fixture.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct counter final : io_handler {
  void on_io(bool, bool) override {
    ++calls;
    if (reads_from >= 0) {
      char byte = 0;
      [[maybe_unused]] const auto n = read(reads_from, &byte, 1);
    }
  }
  std::atomic<int> calls{0};
  int reads_from = -1;
};

struct byte_pipe {
  byte_pipe() { REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~byte_pipe() {
    for (const int fd : ends)
      if (fd >= 0) close(fd);
  }
  byte_pipe(const byte_pipe&) = delete;
  byte_pipe& operator=(const byte_pipe&) = delete;
  void put() const { REQUIRE(write(ends[1], "x", 1) == 1); }
  int reading() const { return ends[0]; }

  std::array<int, 2> ends{-1, -1};
};

} // namespace

TEST_CASE("a descriptor that lives on in another process wakes no handler that has let go of it", "[reactor]") {
  loop_fixture f;
  byte_pipe gone;
  byte_pipe other;
  counter of_gone;
  counter of_other;
  of_other.reads_from = other.reading();
  int copy = -1;
  f.on_loop([&](reactor& loop) {
    REQUIRE(loop.watch(gone.reading(), of_gone, true, false));
    REQUIRE(loop.watch(other.reading(), of_other, true, false));
    // A child between fork and exec holds a copy: closing ours does not end what the kernel watches.
    copy = dup(gone.reading());
    close(gone.reading());
    loop.unwatch(gone.reading(), of_gone);
    gone.ends[0] = -1;
  });
  gone.put();
  other.put();
  REQUIRE(f.comes_true([&] { return of_other.calls == 1; }));
  other.put();
  REQUIRE(f.comes_true([&] { return of_other.calls == 2; }));
  CHECK(of_gone.calls == 0);

  // Nor does the loop spin on it: it wakes for our own questions and little else.
  const auto before = f.loop.stats().wakeups;
  constexpr int questions = 100;
  for (int i = 0; i < questions; ++i) f.on_loop([](reactor&) {});
  caf::scoped_actor self{f.sys};
  self->receive([](int) {}, caf::after(50ms) >> [] {});
  CHECK(f.loop.stats().wakeups - before < 10 * questions);
  close(copy);
}

TEST_CASE("letting go of a number that another handler has got since leaves that one alone", "[reactor]") {
  loop_fixture f;
  byte_pipe a;
  byte_pipe b;
  counter of_a;
  counter of_b;
  of_b.reads_from = b.reading();
  f.on_loop([&](reactor& loop) {
    const int number = a.reading();
    REQUIRE(loop.watch(number, of_a, true, false));
    // Closed behind the back of its handler, as libpq does, and given to the next one.
    REQUIRE(dup3(b.reading(), number, O_CLOEXEC) == number);
    REQUIRE(loop.watch(number, of_b, true, false));
    loop.unwatch(number, of_a);
  });
  b.put();
  REQUIRE(f.comes_true([&] { return of_b.calls == 1; }));
  CHECK(of_a.calls == 0);
  f.on_loop([&](reactor& loop) {
    CHECK_FALSE(loop.rewatch(a.reading(), of_a, true, true));
    CHECK(loop.rewatch(a.reading(), of_b, true, false));
    loop.unwatch(a.reading(), of_b);
  });
  b.put();
  f.on_loop([](reactor&) {});
  CHECK(of_b.calls == 1);
}

TEST_CASE("a loop that is blocked is reported while it lasts, and when it is over", "[reactor]") {
  std::mutex mutex;
  std::condition_variable told;
  std::vector<blocked_loop> reports;
  loop_fixture f; // Ends before what it reports to.
  const auto has = [&](bool over) {
    return std::any_of(reports.begin(), reports.end(), [&](const auto& x) { return x.over == over; });
  };
  f.loop.watch_turns(5ms, [&](const blocked_loop& x) {
    std::lock_guard<std::mutex> guard{mutex};
    reports.push_back(x);
    told.notify_all();
  });
  // A turn that had begun before is not watched.
  const auto before = f.loop.stats().wakeups;
  REQUIRE(f.comes_true([&] { return f.loop.stats().wakeups > before; }));
  bool heard = false;
  f.on_loop([&](reactor&) {
    std::unique_lock<std::mutex> guard{mutex};
    heard = told.wait_for(guard, 10s, [&] { return has(false); }); // It blocks until somebody else has noticed.
  });
  REQUIRE(heard);
  std::unique_lock<std::mutex> guard{mutex};
  REQUIRE(told.wait_for(guard, 10s, [&] { return has(true); }));
  for (const auto& x : reports) CHECK(x.lasted >= 5ms);
  guard.unlock();
  CHECK(f.loop.stats().blocked >= 1);
}

TEST_CASE("messages have their turn between descriptors whose handlers take long", "[reactor]") {
  loop_fixture f;
  std::vector<std::string> order; // Touched on the loop only.
  struct slow final : io_handler {
    void on_io(bool, bool) override {
      char byte = 0;
      if (read(from, &byte, 1) != 1) return;
      said->emplace_back("descriptor");
      caf::anon_send(who, std::make_shared<job>([said = said](reactor&) { said->emplace_back("message"); }));
      const auto until = std::chrono::steady_clock::now() + 3ms; // As a log-in that reckons.
      while (std::chrono::steady_clock::now() < until) continue;
    }
    int from = -1;
    caf::actor who;
    std::vector<std::string>* said = nullptr;
  };
  std::array<byte_pipe, 3> pipes;
  std::array<slow, 3> handlers;
  f.on_loop([&](reactor& loop) {
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      handlers[i].from = pipes[i].reading();
      handlers[i].who = f.who;
      handlers[i].said = &order;
      REQUIRE(loop.watch(pipes[i].reading(), handlers[i], true, false));
      pipes[i].put(); // The loop finds all of them at once.
    }
  });
  REQUIRE(f.comes_true_there([&] { return order.size() == 6; }));
  f.on_loop([&](reactor& loop) {
    for (std::size_t i = 0; i < pipes.size(); ++i) loop.unwatch(pipes[i].reading(), handlers[i]);
    for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == (i % 2 == 0 ? "descriptor" : "message"));
  });
}
