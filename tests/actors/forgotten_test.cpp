// What has ended is forgotten: whoever it watched keeps nothing of it. In CAF a watcher leaves a trace with the watched
// that outlives it unless it is taken back, and that keeps the watcher's memory.
// Knows the world and borrowers. Used by nobody.
#include "tests/actors/borrow.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include <algorithm>

namespace tripool::test {

namespace {

/// How many still know of an actor that has ended, apart from this very pointer.
std::size_t known_to(const caf::weak_actor_ptr& x) {
  return x.get()->weak_refs.load() - 1;
}

} // namespace

TEST_CASE("A borrower remembers none of the sessions that it gave back", "[lease][forgotten]") {
  actor_world w;
  borrower b{w};
  auto lent = b.get(acquire{});
  REQUIRE(lent.has());
  const auto who = caf::actor_cast<caf::weak_actor_ptr>(lent->to);
  const auto end = b.tell(lent->to, release{});
  w.run();
  CHECK(end->text() == "done");
  lent.handle->reset();
  w.advance(std::chrono::seconds{120}); // Timers that are still under way know of it, too.
  CHECK_FALSE(who.lock());
  CHECK(known_to(who) == 0);
}

TEST_CASE("A pool remembers none of the connections that it lost", "[pool][forgotten]") {
  actor_world w;
  auto all = w.connections(primary);
  REQUIRE_FALSE(all.empty());
  const auto who = caf::actor_cast<caf::weak_actor_ptr>(all.front().who);
  all.clear();
  w.db[primary].terminate_all();
  w.advance(std::chrono::seconds{120}); // Timers that are still under way know of it, too.
  CHECK_FALSE(who.lock());
  CHECK(known_to(who) == 0);
}

TEST_CASE("The monitor remembers none of the probing connections to a dead server", "[monitor][forgotten]") {
  actor_world w;
  w.db[backup].crash();
  std::vector<caf::weak_actor_ptr> seen;
  // Probing connections are at work now and then: whoever of them gets a message is noted.
  const auto until = w.now() + std::chrono::seconds{20};
  while (w.now() < until) {
    while (const auto who = w.next_in_line()) {
      if (actor_world::name_of(who) == "tripool.connection") seen.push_back(caf::actor_cast<caf::weak_actor_ptr>(who));
      w.step();
    }
    if (!w.step()) w.advance(std::chrono::milliseconds{100});
  }
  w.db[backup].start();
  w.advance(std::chrono::seconds{120});
  int ended = 0;
  for (const auto& who : seen) {
    if (who.lock()) continue;
    ++ended;
    const auto mine = std::count_if(seen.begin(), seen.end(), [&](const auto& x) { return x == who; });
    CHECK(known_to(who) + 1 == static_cast<std::size_t>(mine));
  }
  CHECK(ended > 1);
}

} // namespace tripool::test
