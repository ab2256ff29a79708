// Promises of the pool about a server that answers nothing: it says so soon, and not more often than needed.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// The moments, from now until `until`, at which the pool reports a silent server.
std::vector<duration> reports(pool_world& w, duration until) {
  std::vector<duration> found;
  const auto begin = w.now;
  for (auto wake = w.pool.next_wake(); wake && *wake <= begin + until; wake = w.pool.next_wake()) {
    w.now = std::max(w.now, *wake);
    w.tick();
    for (const auto& x : w.take_all<trouble_effect>())
      if (x.why == cause::deadline) found.push_back(w.now - begin);
  }
  w.now = begin + until;
  return found;
}

} // namespace

TEST_CASE("pool: requests without any answer are reported after half a second, long before a deadline",
          "[pool][silence]") {
  pool_world w{small_pool()};
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  w.take();
  CHECK(reports(w, 5s) == std::vector<duration>{500ms, 1s, 2s, 4s});
}

TEST_CASE("pool: an answer on any connection ends the silence", "[pool][silence]") {
  pool_world w{small_pool()};
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 2);
  CHECK(reports(w, 400ms).empty());
  w.progressed(given[0].id, 1);
  CHECK(reports(w, 400ms).empty());
  CHECK(reports(w, 200ms) == std::vector<duration>{100ms});
}

TEST_CASE("pool: a connection that becomes busy after a pause has half a second from then", "[pool][silence]") {
  pool_world w{small_pool()};
  w.start_healthy();
  w.run_for(60s);
  w.take();
  w.submit();
  w.pump();
  w.take();
  CHECK(reports(w, 600ms) == std::vector<duration>{500ms});
}

TEST_CASE("pool: who owes no answer is not silent", "[pool][silence]") {
  pool_world w{small_pool()};
  w.start_healthy();
  CHECK(reports(w, 60s).empty());
  w.submit();
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  w.progressed(given[0].id, 1);
  CHECK(reports(w, 60s).empty());
}

TEST_CASE("pool: a suspended pool reports no silence: the monitor knows", "[pool][silence]") {
  pool_world w{small_pool()};
  w.start_healthy();
  w.submit();
  w.pump();
  w.pool.suspend({}, w.now, w.out);
  w.take();
  CHECK(reports(w, 5s).empty());
}
