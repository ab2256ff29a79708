// Promises of the pool to those that wait behind somebody else's slow statement: they are asked back when others have
// room, and not before.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// The connections that are asked to give back, from now on for so long, each with the moment.
std::vector<std::pair<connection_id, duration>> asked_back(pool_world& w, duration within) {
  std::vector<std::pair<connection_id, duration>> found;
  const auto begin = w.now;
  for (auto wake = w.pool.next_wake(); wake && *wake <= begin + within; wake = w.pool.next_wake()) {
    w.now = std::max(w.now, *wake);
    w.tick();
    for (const auto& x : w.take_all<give_back_effect>()) found.emplace_back(x.id, w.now - begin);
  }
  w.now = begin + within;
  return found;
}

/// Two connections and no more; the first has two requests in hand, the second one.
struct busy_pair {
  busy_pair() {
    w.start_healthy();
    w.submit_many(3);
    w.pump();
    for (auto& x : w.take_all<dispatch_effect>()) (x.requests.size() == 2 ? two : one) = std::move(x);
  }
  pool_world w{small_pool(2, 2)};
  dispatch_effect two;
  dispatch_effect one;
};

} // namespace

TEST_CASE("pool: who waits behind a slow statement is asked back when another connection has room", "[pool][held-up]") {
  busy_pair x;
  REQUIRE(x.two.requests.size() == 2);
  x.w.progressed(x.one.id, 1);
  const auto found = asked_back(x.w, 30ms);
  REQUIRE(found.size() == 1);
  CHECK(found.front() == std::pair{x.two.id, duration{20ms}});

  x.w.pool.returned(x.two.id, {x.two.requests.back()}, x.w.now);
  x.w.pump();
  const auto given = x.w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  CHECK(given.front().id == x.one.id);
  CHECK(given.front().requests == std::vector{x.two.requests.back()});
  CHECK(asked_back(x.w, 1s).empty()); // Whoever is left waits for nobody but himself.
}

TEST_CASE("pool: while no connection has room nobody is asked back, and at once when one has", "[pool][held-up]") {
  busy_pair x;
  CHECK(asked_back(x.w, 50ms).empty()); // The other one is as slow.
  x.w.progressed(x.one.id, 1);
  const auto found = asked_back(x.w, 100ms);
  REQUIRE_FALSE(found.empty());
  CHECK(found.front() == std::pair{x.two.id, duration{0}});
}

TEST_CASE("pool: a connection that opens later has room", "[pool][held-up]") {
  pool_world w{small_pool(1, 2)};
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  const auto dialled = w.take_all<dial_effect>();
  REQUIRE(dialled.size() == 1);
  CHECK(asked_back(w, 50ms).empty());
  w.opened(dialled.front().id);
  CHECK_FALSE(asked_back(w, 50ms).empty());
}

TEST_CASE("pool: what came back has its full time in the queue", "[pool][held-up]") {
  auto o = small_pool(1, 1);
  o.queue_wait_max = 1s;
  pool_world w{o};
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  w.run_for(3s);
  w.pool.returned(given.front().id, {given.front().requests.back()}, w.now);
  w.take();
  w.run_for(900ms);
  CHECK(w.take_all<fail_effect>().empty());
  w.run_for(200ms);
  CHECK(w.take_all<fail_effect>().size() == 1);
}

TEST_CASE("pool: a pool that drains asks for nothing back", "[pool][held-up]") {
  busy_pair x;
  x.w.progressed(x.one.id, 1);
  x.w.pool.drain(x.w.now, x.w.out);
  CHECK(asked_back(x.w, 100ms).empty());
}

TEST_CASE("pool: a deep pipeline has as much more time", "[pool][held-up]") {
  auto o = small_pool(2, 2);
  o.pipeline_depth = 64;
  o.queue_max = 200;
  pool_world w{o};
  w.start_healthy();
  w.submit_many(128);
  w.pump();
  const auto given = w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 2);
  w.progressed(given.back().id, 64);
  const auto found = asked_back(w, 50ms);
  REQUIRE_FALSE(found.empty());
  CHECK(found.front() == std::pair{given.front().id, duration{40ms}});
}

namespace {

request_ptr submit_read(pool_world& w, std::string pool = {}) {
  statement s;
  s.text = "select 1";
  s.mode = access::read;
  s.pool = std::move(pool);
  static answers ignored;
  auto r = std::make_shared<request>(std::move(s), std::make_unique<counting_responder>(&ignored), w.now, w.now + 30s);
  w.pool.submit(r, w.now, w.out);
  return r;
}

/// A read that was handed to a connection of a pool which may offer reads, and that connection.
std::pair<request_ptr, connection_id> dispatched_read(busy_pair& x) {
  x.w.pool.offer_reads(true);
  auto read = submit_read(x.w);
  x.w.pump();
  const auto given = x.w.take_all<dispatch_effect>();
  REQUIRE(given.size() == 1);
  return {std::move(read), given.front().id};
}

/// What is offered to other pools among the effects so far.
std::vector<request_ptr> offered(pool_world& w) {
  std::vector<request_ptr> out;
  for (auto& x : w.take_all<move_effect>())
    for (auto& m : x.requests)
      if (m.why.why == cause::held_up) out.push_back(std::move(m.what));
  return out;
}

/// Two connections and no more, each with a write, and other pools that may be asked.
pool_world choked_soon() {
  auto o = small_pool(2, 2);
  o.pipeline_depth = 1;
  pool_world w{o};
  w.pool.offer_reads(true);
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  w.take();
  return w;
}

} // namespace

TEST_CASE("pool: when every connection is at a slow statement reads are offered to other pools, once",
          "[pool][held-up]") {
  auto w = choked_soon();
  const auto early = submit_read(w);
  const auto write = w.submit();
  const auto of_this_pool = submit_read(w, "primary");
  w.pump();
  w.run_for(19ms);
  CHECK_FALSE(w.pool.choked());
  CHECK(offered(w).empty());
  w.run_for(1ms);
  CHECK(w.pool.choked());
  CHECK(offered(w) == std::vector{early});
  const auto late = submit_read(w);
  w.pump();
  CHECK(offered(w) == std::vector{late});
  w.pool.not_served({early}, w.now);
  w.pump();
  w.run_for(1s);
  CHECK(offered(w).empty());
  CHECK(w.pool.queued() == 3);
}

TEST_CASE("pool: what no other pool can serve waits on, though the queue is full meanwhile", "[pool][held-up]") {
  auto w = choked_soon();
  std::vector<request_ptr> reads;
  for (int i = 0; i < 10; ++i) reads.push_back(submit_read(w));
  w.pump();
  w.run_for(20ms);
  REQUIRE(offered(w) == reads);
  w.submit_many(10); // As many as the queue takes.
  w.pool.not_served(reads, w.now);
  w.pump();
  CHECK(w.take().empty());
  CHECK(w.pool.queued() == 20);
}

TEST_CASE("pool: no more reads than the queue takes are offered at a time, for all of them may come back",
          "[pool][held-up]") {
  auto w = choked_soon();
  w.run_for(20ms);
  REQUIRE(w.pool.choked());
  for (int i = 0; i < 50; ++i) submit_read(w);
  w.pump();
  std::size_t offers = 0;
  std::size_t refused = 0;
  for (auto& x : w.take_all<move_effect>())
    for (auto& m : x.requests) ++(m.why.why == cause::held_up ? offers : refused);
  CHECK(offers == 10);
  CHECK(refused == 40);
}

TEST_CASE("pool: once no other pool could serve a read none is offered for a second, but for those with positions",
          "[pool][held-up]") {
  auto w = choked_soon();
  w.run_for(20ms);
  const auto first = submit_read(w);
  w.pump();
  REQUIRE(offered(w) == std::vector{first});
  w.pool.not_served({first}, w.now);
  const auto second = submit_read(w);
  w.pump();
  CHECK(offered(w).empty());
  w.run_for(1s);
  submit_read(w);
  w.pump();
  CHECK(offered(w).size() == 2);
}

TEST_CASE("pool: a pool that drains or is suspended offers nothing", "[pool][held-up]") {
  busy_pair x;
  const auto [read, id] = dispatched_read(x);
  x.w.pool.drain(x.w.now, x.w.out);
  read->held_up = true;
  x.w.pool.returned(id, {read}, x.w.now);
  x.w.pump();
  CHECK(offered(x.w).empty());
}

TEST_CASE("pool: an answer on one connection, and a new statement on another, say whether it is choked",
          "[pool][held-up]") {
  auto w = choked_soon();
  w.run_for(15ms);
  w.progressed(1, 1);
  w.submit();
  w.pump();
  w.run_for(10ms);
  CHECK_FALSE(w.pool.choked()); // One has been at its statement for 10 ms only.
  w.run_for(10ms);
  CHECK(w.pool.choked());
  w.progressed(2, 1);
  w.pump();
  CHECK_FALSE(w.pool.choked());
  CHECK_FALSE(w.pool.next_wake() == w.now);
}

TEST_CASE("pool: a connection that cannot be dialled for now is no way out", "[pool][held-up]") {
  auto o = small_pool(1, 2);
  o.pipeline_depth = 1;
  pool_world w{o};
  w.pool.offer_reads(true);
  w.start_healthy();
  w.submit();
  const auto read = submit_read(w);
  w.pump();
  const auto dialled = w.take_all<dial_effect>();
  REQUIRE(dialled.size() == 1);
  w.run_for(25ms);
  CHECK(offered(w).empty());
  w.ended(dialled.front().id, refused());
  CHECK(offered(w) == std::vector{read});
}

TEST_CASE("pool: while one more connection may be dialled, and without other pools, nothing is offered",
          "[pool][held-up]") {
  const auto most = GENERATE(std::size_t{2}, std::size_t{3});
  CAPTURE(most);
  auto o = small_pool(2, most);
  o.pipeline_depth = 1;
  pool_world w{o};
  w.pool.offer_reads(most == 3);
  w.start_healthy();
  w.submit_many(2);
  w.pump();
  w.take();
  submit_read(w);
  w.pump();
  w.run_for(1s);
  CHECK_FALSE(w.pool.choked());
  CHECK(offered(w).empty());
}

TEST_CASE("pool: a read that left a connection where it was held up is offered before it gets another one",
          "[pool][held-up]") {
  busy_pair x;
  const auto [read, id] = dispatched_read(x);
  read->held_up = true;
  x.w.pool.returned(id, {read}, x.w.now);
  x.w.pump();
  CHECK(offered(x.w) == std::vector{read});
  x.w.pool.not_served({read}, x.w.now);
  x.w.pump();
  CHECK(x.w.take_all<dispatch_effect>().size() == 1);
}

TEST_CASE("pool: who is behind a slow statement is asked back also when no connection has room but other pools may",
          "[pool][held-up]") {
  busy_pair x;
  x.w.pool.offer_reads(true);
  const auto found = asked_back(x.w, 30ms);
  REQUIRE(found.size() == 1);
  CHECK(found.front() == std::pair{x.two.id, duration{20ms}});
}

TEST_CASE("pool: after a read that no other pool could serve nothing is asked back for others for a second",
          "[pool][held-up]") {
  busy_pair x;
  x.w.pool.offer_reads(true);
  auto read = make_request(x.w.now, 30s, 0, nullptr, "select 1", urgency::normal, access::read);
  read->offered = true;
  x.w.pool.not_served({std::move(read)}, x.w.now);
  const auto found = asked_back(x.w, 1500ms);
  REQUIRE_FALSE(found.empty());
  CHECK(found.front().second == duration{1s});
}
