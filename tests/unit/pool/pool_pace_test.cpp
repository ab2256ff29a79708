// Promises of the pool about requests that may be slow: they hold nobody back while another connection is free.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<pace_book> book_with(const char* quick) {
  auto out = std::make_shared<pace_book>();
  out->was_quick(pace_key_of(quick));
  return out;
}

} // namespace

TEST_CASE("pool: texts that have not proved to be quick share no connection", "[pool][pace]") {
  pool_world w{small_pool(2, 2), 1, book_with("select 1")};
  w.start_healthy();
  for (int i = 0; i < 3; ++i) w.submit(30s, "select pg_sleep($1)");
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 2);
  CHECK(given[0].requests.size() == 1);
  CHECK(given[1].requests.size() == 1);
  CHECK(w.pool.queued() == 1);
  w.progressed(given[1].id, 1);
  w.pump();
  const auto next = w.take_all<dispatch_effect>();
  REQUIRE(next.size() == 1);
  CHECK(next[0].id == given[1].id);
}

TEST_CASE("pool: what comes after a request that may be slow goes to another connection", "[pool][pace]") {
  pool_world w{small_pool(2, 2), 1, book_with("select 1")};
  w.start_healthy();
  w.submit(30s, "select pg_sleep($1)");
  w.pump();
  const auto slow = w.take_all<dispatch_effect>();
  REQUIRE(slow.size() == 1);
  w.submit_many(4);
  w.pump();
  for (const auto& x : w.take_all<dispatch_effect>()) CHECK(x.id != slow[0].id);
  CHECK(w.pool.queued() == 0);
}

TEST_CASE("pool: a request that may be slow may stand behind quick ones, and is the last there", "[pool][pace]") {
  pool_world w{small_pool(1, 1), 1, book_with("select 1")};
  w.start_healthy();
  w.submit_many(2);
  w.submit(30s, "select pg_sleep($1)");
  w.submit();
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  CHECK(given[0].requests.size() == 3);
  w.progressed(given[0].id, 2, 1);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().empty());
  w.progressed(given[0].id, 1, 0);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
}

TEST_CASE("pool: a connection that gave back a request that may be slow is open to all again", "[pool][pace]") {
  pool_world w{small_pool(1, 1), 1, book_with("select 1")};
  w.start_healthy();
  auto r = w.submit(30s, "select pg_sleep($1)");
  w.pump();
  auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  w.pool.returned(given[0].id, std::move(given[0].requests), w.now);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
}
