// Promises of a pool that cannot serve: suspended, or without a connection, it lets requests go to where they can be.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// One connection with a pipeline of one, which is open.
pool_world single() {
  auto options = small_pool(1, 1);
  options.pipeline_depth = 1;
  pool_world w{options};
  w.start_healthy();
  return w;
}

} // namespace

TEST_CASE("pool: a suspended pool lets go of queued and new requests, and keeps its connections", "[pool]") {
  auto w = single();
  w.submit();
  w.pump();
  w.take();
  w.submit_many(3);
  failure why;
  why.why = cause::no_server;
  why.message = "the server does not answer";
  w.pool.suspend(why, w.now, w.out);
  auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  REQUIRE(moved[0].requests.size() == 3);
  CHECK(moved[0].requests[0].why.message == "the server does not answer");
  CHECK(moved[0].requests[0].why.pool == "primary");
  w.submit();
  CHECK(w.take_all<move_effect>().size() == 1);
  CHECK(w.sizes().open() == 1);
  CHECK(w.pool.state() == pool_state::suspended);
  CHECK(w.pool.stats(w.now).suspended_because == "the server does not answer");
}

TEST_CASE("pool: what a connection of a suspended pool returns moves too", "[pool]") {
  auto w = single();
  w.submit();
  w.pump();
  const auto given = w.take_all<dispatch_effect>().at(0).requests;
  w.pool.suspend({}, w.now, w.out);
  w.pool.returned(1, given, w.now);
  CHECK(w.pool.next_wake() == w.now);
  w.pump();
  CHECK(w.take_all<move_effect>().size() == 1);
}

TEST_CASE("pool: a resumed pool serves again", "[pool]") {
  auto w = single();
  w.pool.suspend({}, w.now, w.out);
  w.pool.resume(w.now, w.out);
  w.submit();
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
  CHECK(w.pool.state() == pool_state::running);
}

TEST_CASE("pool: when a dial fails and no connection is open, nobody waits", "[pool]") {
  pool_world w{small_pool()};
  w.start();
  w.submit_many(3);
  w.pump();
  w.take();
  w.ended(1, refused("57P03"));
  auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  REQUIRE(moved[0].requests.size() == 3);
  const auto& why = moved[0].requests[0].why;
  CHECK(why.kind == outcome::not_executed);
  CHECK(why.why == cause::connection_failed);
  CHECK(why.sqlstate == "57P03");
  CHECK(contains(why.message, "connection refused"));
}

TEST_CASE("pool: when a dial fails while another connection is open, the queue stays", "[pool]") {
  pool_world w{small_pool(2, 2)};
  w.start();
  w.opened(1);
  w.take();
  w.submit_many(10);
  w.ended(2, refused());
  CHECK(w.take_all<move_effect>().empty());
}

TEST_CASE("pool: with the server down and the next dial far off, a new request moves at once", "[pool]") {
  auto options = small_pool(1, 1);
  options.backoff_min = options.backoff_max = 5s;
  pool_world w{options, 3};
  w.start();
  w.take();
  w.ended(1, refused());
  w.take();
  w.submit();
  const auto moved = w.take_all<move_effect>();
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].requests[0].why.why == cause::connection_failed);
}

TEST_CASE("pool: a server that accepts and never answers holds nobody for more than a second", "[pool]") {
  pool_world w{small_pool()};
  w.start();
  w.submit_many(3);
  w.pump();
  w.run_for(999ms);
  CHECK(w.take_all<move_effect>().empty());
  w.run_for(1ms);
  auto effects = w.take();
  std::size_t moved = 0;
  std::size_t troubles = 0;
  for (auto& x : effects) {
    if (auto* m = std::get_if<move_effect>(&x)) moved += m->requests.size();
    if (std::holds_alternative<trouble_effect>(x)) ++troubles;
  }
  CHECK(moved == 3);
  CHECK(troubles == 1);
  w.submit();
  CHECK(w.take_all<move_effect>().size() == 1);
  w.opened(1);
  w.submit();
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
}

TEST_CASE("pool: what comes to a pool whose server is back waits for the dial, however long it had none", "[pool]") {
  auto options = small_pool(1, 1);
  options.backoff_min = options.backoff_max = 100ms;
  pool_world w{options};
  w.start_healthy();
  w.ended(1, broken());
  w.pool.suspend({}, w.now, w.out);
  w.run_for(5s); // The first dials are refused, the last one hangs.
  connection_id last = 0;
  for (auto all = w.take_all<dial_effect>(); !all.empty(); all = w.take_all<dial_effect>()) {
    last = all.back().id;
    if (w.now - epoch > 8s) break;
    w.ended(last, refused());
    w.run_for(1s);
  }
  w.run_for(2s);
  w.take();
  w.pool.resume(w.now, w.out);
  w.submit_many(3);
  w.run_for(500ms);
  CHECK(w.take_all<move_effect>().empty());
  w.opened(last);
  w.pump();
  CHECK(w.take_all<dispatch_effect>().size() == 1);
  // But not for ever.
  w.ended(last, broken());
  w.submit();
  w.run_for(1s);
  CHECK(w.take_all<move_effect>().size() == 1);
}

TEST_CASE("pool: to be told again that its server is well gives what waits no more time", "[pool]") {
  pool_world w{small_pool()};
  w.start();
  w.submit_many(3);
  for (int i = 0; i < 5; ++i) {
    w.run_for(300ms);
    w.pool.resume(w.now, w.out);
  }
  CHECK(w.take_all<move_effect>().size() == 1);
}
