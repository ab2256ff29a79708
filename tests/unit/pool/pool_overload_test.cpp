// What a pool promises under overload when some of its requests are more urgent than others.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A pool whose only connection serves nothing but what is urgent, since that keeps it busy.
struct busy_pool : pool_world {
  busy_pool() : pool_world(limits()) {
    start_healthy();
    add(urgency::high);
    pump();
    const auto given = take_all<dispatch_effect>();
    REQUIRE(given.size() == 1);
    connection = given.front().id;
  }
  static pool_options limits() {
    auto x = small_pool(1, 1);
    x.pipeline_depth = 1;
    x.queue_max = 1000;
    x.codel_target = 50ms;
    x.codel_interval = 2s;
    x.queue_wait_max = 30s;
    return x;
  }
  void add(urgency how) { pool.submit(make_request(now, 30s, ++last_request, nullptr, "select 1", how), now, out); }
  /// For that long one urgent request after the other comes, and is served after a short wait. Others come as well.
  void serve_urgent(duration for_so_long, bool others) {
    for (const auto until = now + for_so_long; now < until;) {
      if (others) add(urgency::normal);
      run_for(40ms);
      add(urgency::high);
      run_for(10ms);
      progressed(connection, 1);
      pump();
    }
  }
  connection_id connection = 0;
};

} // namespace

TEST_CASE("pool: urgent requests that overtake a standing queue do not end its shedding", "[pool][codel]") {
  busy_pool w;
  w.serve_urgent(2s, true);
  CHECK(w.counters().shed == 0);
  w.serve_urgent(500ms, true);
  CHECK(w.pool.overloaded(w.now));
  CHECK(w.pool.queued() <= 4); // What has waited for more than twice the target is gone ...
  w.serve_urgent(2s, true);
  CHECK(w.pool.overloaded(w.now));
  CHECK(w.pool.queued() <= 4); // ... and goes on going.
}

TEST_CASE("pool: urgent requests alone end the overload when they are served in time", "[pool][codel]") {
  busy_pool w;
  w.add(urgency::normal);
  w.add(urgency::normal);
  w.run_for(2500ms); // Nothing is served.
  CHECK(w.counters().shed == 2);
  w.serve_urgent(100ms, false);
  CHECK_FALSE(w.pool.overloaded(w.now));
}
