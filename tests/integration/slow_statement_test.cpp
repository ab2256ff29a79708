// Slow statements among quick ones, on a real PostgreSQL: they hold nobody back while another connection is free.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/callback_client.hpp"

#include <future>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

statement on_primary(std::string text) {
  statement x;
  x.text = std::move(text);
  x.pool = "primary";
  return x;
}

} // namespace

TEST_CASE("quick statements are answered while slow ones run on other connections") {
  test_database home;
  running_instance on{home};
  const callback_client db{on.system(), on.delegate()};
  REQUIRE(db.execute(on_primary("select 1")).get());
  std::vector<std::future<answer<result>>> slow, quick;
  for (int i = 0; i < 4; ++i) slow.push_back(db.execute(on_primary("select pg_sleep(20)")));
  for (int i = 0; i < 100; ++i) quick.push_back(db.execute(on_primary("select 1")));
  for (auto& x : quick) {
    REQUIRE(x.wait_for(5s) == std::future_status::ready);
    CHECK(x.get());
  }
  for (auto& x : slow) CHECK(x.wait_for(0s) == std::future_status::timeout);
  on.db().stop(0s);
  for (auto& x : slow) REQUIRE(x.wait_for(10s) == std::future_status::ready);
}
