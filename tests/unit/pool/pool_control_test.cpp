// Promises of a pool under an operator's orders: emptied, recycled, resized. No request is lost, and all is gradual.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Plays the connections' part until nothing is asked any more: what is closed ends, what is dialled opens. Returns how
/// many were closed and dialled.
std::pair<int, int> play(pool_world& w, duration span = 10s) {
  int closes = 0;
  int dials = 0;
  const auto until = w.now + span;
  for (;;) {
    for (auto& x : w.take()) {
      if (auto* c = std::get_if<close_effect>(&x)) ++closes, w.ended(c->id, closed());
      if (auto* d = std::get_if<dial_effect>(&x)) ++dials, w.opened(d->id);
    }
    if (!w.out.empty()) continue;
    const auto wake = w.pool.next_wake();
    if (!wake || *wake > until) return {closes, dials};
    w.now = std::max(w.now, *wake);
    w.tick();
  }
}

} // namespace

TEST_CASE("pool: recycled connections are replaced one by one, and never fall below the minimum", "[pool]") {
  pool_world w{small_pool(3, 6)};
  w.start_healthy();
  REQUIRE(w.sizes().open() == 3);
  w.pool.recycle(w.now, w.out);
  std::size_t least = 3;
  int dials = 0;
  int closes = 0;
  for (int i = 0; i < 100 && (closes < 3 || !w.out.empty()); ++i) {
    for (auto& x : w.take()) {
      if (auto* c = std::get_if<close_effect>(&x)) ++closes, w.ended(c->id, closed());
      if (auto* d = std::get_if<dial_effect>(&x)) ++dials, w.opened(d->id);
      least = std::min(least, w.sizes().usable());
    }
    w.now += 100ms;
    w.tick();
  }
  CHECK(closes == 3);
  CHECK(dials == 3);
  CHECK(least >= 2); // One may be on its way out while its successor is there.
  CHECK(w.sizes().open() == 3);
}

TEST_CASE("pool: an emptied pool finishes what it has, keeps no connection, and dials its minimum when it may",
          "[pool]") {
  pool_world w{small_pool(2, 4)};
  w.start_healthy();
  w.submit();
  w.pump();
  w.take();
  w.pool.suspend({}, w.now, w.out);
  w.pool.empty(true, w.now, w.out);
  play(w, 1s);
  CHECK(w.sizes().open() == 1); // The busy one.
  w.progressed(1, 1);
  w.progressed(2, 1);
  w.pump();
  play(w);
  CHECK(w.sizes().total() == 0);
  w.pool.empty(false, w.now, w.out);
  w.pool.resume(w.now, w.out);
  play(w, 1s);
  CHECK(w.sizes().open() == 2);
}

TEST_CASE("pool: a larger minimum is dialled, a smaller maximum closes what is free", "[pool]") {
  pool_world w{small_pool(1, 2)};
  w.start_healthy();
  auto more = small_pool(4, 8);
  w.pool.reconfigure(more, w.now, w.out);
  play(w, 1s);
  CHECK(w.sizes().open() == 4);
  CHECK(w.pool.stats(w.now).connections_max == 8);
  auto fewer = small_pool(1, 2);
  w.pool.reconfigure(fewer, w.now, w.out);
  play(w, 1s);
  CHECK(w.sizes().open() == 2);
}

TEST_CASE("pool: another limit of the queue holds for what comes from then on", "[pool]") {
  auto o = small_pool(1, 1);
  o.pipeline_depth = 1;
  pool_world w{o};
  w.start_healthy();
  w.submit();
  w.pump();
  w.take();
  o.queue_max = 2;
  w.pool.reconfigure(o, w.now, w.out);
  w.submit_many(3);
  CHECK(w.take_all<move_effect>().size() == 1);
  CHECK(w.pool.queued() == 2);
}
