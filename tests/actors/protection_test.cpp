// What keeps a failure small: a pool whose server fails its requests is used for nothing that others can serve, until
// new sessions are answered again; and what fails there is sent again only as far as the retry budget goes.
#include "tests/actors/actor_world.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("A pool whose requests fail by its server's fault trips, and is back after three probes on new sessions") {
  auto o = world_options();
  o.pools[primary].connections_min = 6;
  o.pools[primary].breaker.requests_min = 5;
  actor_world w{o};
  w.advance(2s);
  std::vector<told_ptr> lost;
  for (int i = 0; i < 6; ++i) {
    const auto text = "insert k" + std::to_string(i) + " v";
    w.db[primary].script().add({text, fault_point::before, fault_kind::lose});
    lost.push_back(w.write(text));
  }
  w.run();
  const auto tripped = w.status().monitor;
  CHECK(tripped.pools[primary].breaker_trips == 1);
  CHECK(tripped.pools[primary].breaker_reason.find("failed by its server's fault") != std::string::npos);
  CHECK(tripped.table->routes[primary].tripped);
  std::vector<told_ptr> reads;
  for (int i = 0; i < 10; ++i) reads.push_back(w.read("select r" + std::to_string(i)));
  const auto write = w.write("insert last v"); // The last writer is never banned.
  w.advance(10s);
  for (const auto& x : reads) {
    CHECK(x->is_done());
    CHECK(w.db[primary].ledger().executed(x->texts.front()) == 0);
  }
  CHECK(write->is_done());
  const auto after = w.status().monitor;
  CHECK(after.pools[primary].breaker == circuit::closed);
  CHECK_FALSE(after.table->routes[primary].tripped);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("What failed on a connection is not sent again when its pool's retries are used up, and says so") {
  auto o = world_options();
  for (auto& p : o.pools) p.retries = {0, 0};
  actor_world w{o};
  w.advance(2s);
  for (auto& db : w.db) db.script().add({"select k", fault_point::before, fault_kind::lose});
  const auto x = w.read("select k");
  w.advance(1s);
  REQUIRE(x->failed);
  CHECK(x->failed->attempts == 1);
  CHECK(x->failed->detail.find("retry-percent") != std::string::npos);
  std::uint64_t refused = 0;
  for (const auto& p : w.status().monitor.pools) refused += p.retries_refused;
  CHECK(refused == 1);
  CHECK(w.broken_promises() == "");
}
