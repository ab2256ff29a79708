// Callers that are no actors: the blocking client and the callback client on a real PostgreSQL.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/client/callback_client.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

statement read_of(std::string text) {
  statement x;
  x.text = std::move(text);
  x.mode = access::read;
  return x;
}

batch two_rows() {
  batch x;
  x.statements.push_back({"create table t (k int primary key)"});
  x.statements.push_back({"insert into t values (1), (2)"});
  return x;
}

} // namespace

TEST_CASE("a blocking client gets results and failures as values") {
  test_database home;
  running_instance on{home};
  blocking_client db{on.system(), on.delegate()};

  auto rows = db.execute(read_of("select 40 + 2"));
  REQUIRE(rows);
  CHECK(rows->one<int>().value() == 42);

  auto refused = db.execute(read_of("select 1 / 0"));
  REQUIRE(!refused);
  CHECK(refused.error().kind == outcome::rejected);
  CHECK(refused.error().sqlstate == "22012");

  auto made = db.execute(two_rows());
  REQUIRE(made);
  REQUIRE(made->size() == 2);
  CHECK((*made)[1].affected_rows() == 2);

  auto again = db.execute(two_rows());
  REQUIRE(!again);
  CHECK(again.error().sqlstate == "42P07");
}

TEST_CASE("a blocking client that asks an ended instance hears that nothing was executed") {
  test_database home;
  running_instance on{home};
  blocking_client db{on.system(), on.delegate()};
  on.db().stop(1s);
  auto x = db.execute(read_of("select 1"));
  REQUIRE(!x);
  CHECK(x.error().kind == outcome::not_executed);
}

TEST_CASE("every callback is called once, from a client that is gone already too") {
  test_database home;
  running_instance on{home};
  constexpr int asked = 200;
  std::atomic<int> called{0}, good{0};
  std::promise<void> all;
  {
    const callback_client db{on.system(), on.delegate()};
    for (int i = 0; i < asked; ++i) {
      auto x = read_of(i % 10 == 0 ? "select 1 / 0" : "select $1::int");
      if (i % 10 != 0) x.parameters = {i};
      db.execute(std::move(x), [&, i](answer<result> got) {
        const bool right =
          i % 10 == 0 ? !got && got.error().sqlstate == "22012" : got && got->one<int>().value_or(-1) == i;
        if (right) ++good;
        if (++called == asked) all.set_value();
      });
    }
  }
  REQUIRE(all.get_future().wait_for(30s) == std::future_status::ready);
  CHECK(good == asked);
}

TEST_CASE("futures hold answers, and a callback that throws harms nobody") {
  test_database home;
  running_instance on{home};
  const callback_client db{on.system(), on.delegate()};
  db.execute(read_of("select 1"), [](answer<result>) { throw std::runtime_error{"a callback's own affair"}; });
  auto made = db.execute(two_rows());
  REQUIRE(made.wait_for(10s) == std::future_status::ready);
  CHECK(made.get());
  auto count = read_of("select count(*) from t");
  count.pool = "primary"; // A standby may be behind.
  auto rows = db.execute(std::move(count));
  REQUIRE(rows.wait_for(10s) == std::future_status::ready);
  auto got = rows.get();
  REQUIRE(got);
  CHECK(got->one<int>().value() == 2);
}

TEST_CASE("callbacks are called when the instance ends under them, and after its end") {
  test_database home;
  running_instance on{home};
  const callback_client db{on.system(), on.delegate()};
  REQUIRE(db.execute(read_of("select 1")).get());
  auto first = db.execute(read_of("select pg_sleep(20)"));
  on.db().stop(0s);
  REQUIRE(first.wait_for(10s) == std::future_status::ready);
  CHECK(!first.get());
  auto late = db.execute(read_of("select 1"));
  REQUIRE(late.wait_for(10s) == std::future_status::ready);
  auto got = late.get();
  REQUIRE(!got);
  CHECK(got.error().kind == outcome::not_executed);
}
