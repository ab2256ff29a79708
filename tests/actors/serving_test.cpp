// What a caller can rely on while all is well: pools start at their minimum, reads and writes are answered, batches are
// atomic, and what is wrong with a request is told at once.
#include "tests/actors/actor_world.hpp"

#include "tripool/core/result/row.hpp"

#include <algorithm>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

batch batch_of(std::vector<std::string> texts) {
  batch b;
  for (auto& x : texts) {
    statement s;
    s.text = std::move(x);
    b.statements.push_back(std::move(s));
  }
  return b;
}

} // namespace

TEST_CASE("The three pools start with their minimum sizes, and the first probes make them usable") {
  actor_world w;
  const auto s = w.status();
  REQUIRE(s.pools.size() == 3);
  for (const auto& p : s.pools) {
    INFO(p.stats.name);
    CHECK(p.stats.state == pool_state::running);
    CHECK(p.stats.connections.usable() == p.stats.connections_min);
    CHECK(p.stats.connections_min == (p.stats.name == "primary" ? 2u : 1u));
  }
  // One session more at each server: the monitor's own.
  CHECK(w.db[primary].backends().size() == 3);
  CHECK(w.db[backup].backends().size() == 2);
  CHECK(w.db[failover].backends().size() == 2);
  REQUIRE(s.monitor.table);
  const auto& routes = s.monitor.table->routes;
  REQUIRE(routes.size() == 3);
  for (const auto& r : routes) {
    CHECK(r.state == health_state::healthy);
    CHECK(r.usable_for_reads);
    CHECK(r.usable_for_writes == (r.name == "primary"));
  }
}

TEST_CASE("A write and a read are answered, and the write is committed once") {
  actor_world w;
  const auto insert = w.write("insert key value");
  w.run();
  REQUIRE(insert->is_done());
  CHECK(insert->done->results.front().command_tag() == "INSERT 0 1");
  CHECK(w.db[primary].ledger().committed("insert key value") == 1);
  statement s;
  s.text = "select $1";
  s.parameters.emplace_back("key");
  s.mode = access::read;
  s.pool = "primary";
  const auto found = w.ask(s);
  w.run();
  REQUIRE(found->is_done());
  const auto value = found->done->results.front().one<std::string>();
  REQUIRE(value);
  CHECK(*value == "value");
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Requests that come before any pool has a connection are answered when one has") {
  actor_world w{world_options(), false};
  const auto insert = w.write("insert early bird");
  const auto found = w.read("select early");
  w.run();
  CHECK(insert->text() == "done");
  CHECK(found->text() == "done");
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Reads are spread over the standbys too") {
  actor_world w;
  for (int i = 0; i < 60; ++i) w.read("select k" + std::to_string(i));
  w.run();
  CHECK(w.broken_promises() == "");
  for (auto& server : w.db) {
    const auto& all = server.ledger().entries();
    CHECK(std::count_if(all.begin(), all.end(), [](const auto& x) { return x.text.starts_with("select k"); }) >= 5);
  }
}

TEST_CASE("A batch is applied as a whole") {
  actor_world w;
  const auto x = w.ask(batch_of({"insert a 1", "insert b 2", "update a 3"}));
  w.run();
  REQUIRE(x->is_done());
  REQUIRE(x->done->results.size() == 3);
  CHECK(x->done->results[2].command_tag() == "UPDATE 1");
  CHECK(w.db[primary].store().at("a") == std::vector<std::string>{"3"});
  CHECK(w.db[primary].store().at("b") == std::vector<std::string>{"2"});
}

TEST_CASE("A batch with a failing statement has no effect at all") {
  actor_world w;
  w.write("insert a 1");
  w.run();
  const auto x = w.ask(batch_of({"insert b 2", "insert a 1 unique", "insert c 3"}));
  w.run();
  REQUIRE(x->is(outcome::rejected));
  CHECK(x->failed->sqlstate == "23505");
  CHECK(w.db[primary].store().at("b").empty());
  CHECK(w.db[primary].store().at("c").empty());
  CHECK(w.broken_promises() == "");
}

TEST_CASE("An SQL error goes to whoever asked and to nobody else") {
  actor_world w;
  std::vector<told_ptr> good;
  for (int i = 0; i < 10; ++i) good.push_back(w.write("insert k" + std::to_string(i) + " v"));
  const auto bad = w.write("insart typo here");
  for (int i = 10; i < 20; ++i) good.push_back(w.write("insert k" + std::to_string(i) + " v"));
  w.run();
  REQUIRE(bad->is(outcome::rejected));
  CHECK(bad->failed->sqlstate == "42601");
  CHECK(std::all_of(good.begin(), good.end(), [](const auto& x) { return x->is_done(); }));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A statement that cannot be right is refused before it is sent") {
  actor_world w;
  const auto empty = w.write("");
  const auto two = w.write("insert a 1; insert b 2");
  const auto nul = w.write(std::string{"insert a\0b c", 12});
  statement few;
  few.text = "insert $1 $2";
  few.parameters.emplace_back("only one");
  const auto missing = w.ask(few);
  const auto nothing = w.ask(batch{});
  w.run();
  for (const auto& x : {empty, two, nul, missing, nothing}) {
    INFO(x->text());
    REQUIRE(x->is(outcome::rejected));
    CHECK(x->failed->why == cause::invalid_request);
    CHECK_FALSE(x->failed->message.empty());
  }
  CHECK(w.status().delegate.refused == 5);
  CHECK(w.db[primary].store().log().empty());
}

TEST_CASE("A pool that is not configured is named in the refusal, with those that are") {
  actor_world w;
  statement s;
  s.text = "select x";
  s.mode = access::read;
  s.pool = "primery";
  const auto x = w.ask(s);
  w.run();
  REQUIRE(x->is(outcome::rejected));
  CHECK(x->failed->why == cause::unknown_pool);
  CHECK(contains(x->failed->message, "primery"));
  for (const auto* name : {"primary", "backup", "failover"}) CHECK(contains(x->failed->hint, name));
}

TEST_CASE("A request that names a pool is served there") {
  actor_world w;
  for (int i = 0; i < 5; ++i) {
    statement s;
    s.text = "select k" + std::to_string(i);
    s.mode = access::read;
    s.pool = "failover";
    w.ask(s);
  }
  w.run();
  CHECK(w.broken_promises() == "");
  for (int i = 0; i < 5; ++i) CHECK(w.db[failover].ledger().executed("select k" + std::to_string(i)) == 1);
}

TEST_CASE("A wrong password is told to whoever asked, and nothing hangs") {
  auto o = world_options();
  actor_world w{o, false};
  for (auto& server : w.db) server.dials().password = "another";
  const auto x = w.write("insert k v", 2000ms);
  w.advance(3s);
  REQUIRE(x->is(outcome::not_executed));
  INFO(x->text());
  CHECK(contains(x->text() + x->failed->detail, "28P01"));
  CHECK(w.broken_promises() == "");
}
