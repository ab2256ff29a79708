// The listener's session: when it is dialled, what is sent on it, when it is given up.
#include "tests/support/catch.hpp"

#include "tripool/core/listen/listen_machine.hpp"

#include <utility>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

using phase = listen_machine::phase;

/// A machine and what it wants done, by kinds.
struct rig {
  listen_machine m{listen_limits{}};
  time_point t{1h};
  std::uint64_t generation = 0;
  std::uint64_t term = 1;
  std::uint64_t table_generation = 0;
  std::vector<std::size_t> dials;
  std::vector<std::string> drops;
  std::vector<listen_order_effect> orders;
  std::vector<std::uint64_t> confirmed;
  std::vector<not_listening_effect> losses;

  void advance() {
    for (auto& e : m.advance(t, 0)) {
      if (auto* x = std::get_if<dial_session_effect>(&e)) dials.push_back(x->pool);
      if (auto* x = std::get_if<drop_session_effect>(&e)) drops.push_back(x->why);
      if (auto* x = std::get_if<listen_order_effect>(&e)) orders.push_back(*x);
      if (auto* x = std::get_if<listening_effect>(&e)) {
        confirmed.push_back(x->generation);
        CHECK(x->term == term);
      }
      if (auto* x = std::get_if<not_listening_effect>(&e)) losses.push_back(*x);
    }
  }
  void want(channel_set all) {
    m.want(++generation, std::make_shared<const channel_set>(std::move(all)), term);
    advance();
  }
  /// The same is wanted by who takes the listener up again.
  void take_up(channel_set all) {
    ++term;
    --generation;
    want(std::move(all));
  }
  /// Which pools take writes; `ghost`: a pool that turned out to be one.
  void route(std::vector<bool> writable, std::optional<std::size_t> ghost = {}) {
    routing_table table;
    table.generation = ++table_generation;
    for (std::size_t i = 0; i < writable.size(); ++i) {
      pool_route r;
      r.index = i;
      r.name = "pool" + std::to_string(i);
      r.usable_for_writes = writable[i];
      r.ghost = ghost == i;
      r.state = health_state::healthy;
      table.routes.push_back(r);
    }
    m.route(table, t);
    advance();
  }
  void opened() {
    m.opened(t);
    advance();
  }
  void ended(const std::string& why, std::uint64_t random = 0) {
    m.ended(why, {}, t, random);
    advance();
  }
  void answer(std::optional<failure> problem = {}) {
    m.answered(orders.back().serial, problem ? &*problem : nullptr, t, 0);
    advance();
  }
  /// Listens to these on pool 0.
  void begin(channel_set all) {
    want(std::move(all));
    route({true, false, false});
    opened();
    answer();
  }
  void pass(duration x) {
    t += x;
    advance();
  }
};

} // namespace

TEST_CASE("Nothing is dialled while nobody subscribes") {
  rig r;
  r.route({true, false});
  r.pass(1h);
  CHECK(r.dials.empty());
  CHECK_FALSE(r.m.next_wake());
}

TEST_CASE("Nothing is dialled while no server takes writes") {
  rig r;
  r.want({"a"});
  r.route({false, false});
  CHECK(r.dials.empty());
  r.route({false, true});
  CHECK(r.dials == std::vector<std::size_t>{1});
}

TEST_CASE("What is missing is listened to in one order, and confirmed by its answer") {
  rig r;
  r.want({"b", "a"});
  r.route({true});
  r.opened();
  REQUIRE(r.orders.size() == 1);
  CHECK(r.orders[0].statements == std::vector<std::string>{"LISTEN \"a\"", "LISTEN \"b\""});
  CHECK(r.confirmed.empty());
  r.answer();
  CHECK(r.confirmed == std::vector<std::uint64_t>{1});
  CHECK(r.m.listening() == 2);
  r.want({"b", "c"});
  REQUIRE(r.orders.size() == 2);
  CHECK(r.orders[1].statements == std::vector<std::string>{"LISTEN \"c\"", "UNLISTEN \"a\""});
  r.answer();
  CHECK(r.confirmed.back() == 2);
}

TEST_CASE("A session that another one replaces is a gap, and all is listened to anew on the other") {
  rig r;
  CHECK_FALSE(r.m.replaced("why", r.t)); // There is none.
  r.begin({"a", "b"});
  r.pass(3s);
  REQUIRE(r.m.replaced("another secret", r.t));
  r.advance();
  REQUIRE(r.losses.size() == 1);
  CHECK(r.losses[0].why == "another secret");
  CHECK(r.losses[0].silent == 3s);
  CHECK(r.dials.size() == 1); // The other one is open already.
  REQUIRE(r.orders.size() == 2);
  CHECK(r.orders[1].statements == std::vector<std::string>{"LISTEN \"a\"", "LISTEN \"b\""});
  r.answer();
  CHECK(r.confirmed == std::vector<std::uint64_t>{1, 1});
  CHECK(r.m.listening() == 2);
}

TEST_CASE("An answer of the session before is none of the other's") {
  rig r;
  r.begin({"a"});
  r.want({"a", "b"});
  const auto old = r.orders.back().serial;
  REQUIRE(r.m.replaced("another secret", r.t));
  r.advance();
  r.m.answered(old, nullptr, r.t, 0);
  r.advance();
  CHECK(r.m.listening() == 0);
  CHECK(r.confirmed.size() == 1);
  r.answer();
  CHECK(r.m.listening() == 2);
}

TEST_CASE("One order is under way at a time, and what changes meanwhile goes with the next") {
  rig r;
  r.want({"a"});
  r.route({true});
  r.opened();
  r.want({"a", "b"});
  r.want({"b", "c"});
  CHECK(r.orders.size() == 1);
  r.answer();
  CHECK(r.confirmed == std::vector<std::uint64_t>{1});
  REQUIRE(r.orders.size() == 2);
  CHECK(r.orders[1].statements == std::vector<std::string>{"LISTEN \"b\"", "LISTEN \"c\"", "UNLISTEN \"a\""});
  r.answer();
  CHECK(r.confirmed == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("A channel that nobody wanted for a moment is confirmed anew without an order") {
  rig r;
  r.want({"a"});
  r.route({true});
  r.opened();
  r.want({});
  r.want({"a"});
  r.answer();
  CHECK(r.orders.size() == 1);
  CHECK(r.confirmed.back() == 3);
}

TEST_CASE("A lost session is told with its silence, dialled after a pause, and listens to everything again") {
  rig r;
  r.begin({"a", "b"});
  r.pass(5s);
  r.m.heard(r.t);
  r.pass(3s);
  r.ended("reset by peer", 25'000'000);
  REQUIRE(r.losses.size() == 1);
  CHECK(r.losses[0].why == "reset by peer");
  CHECK(r.losses[0].silent == 3s);
  CHECK(r.dials.size() == 1);
  CHECK(r.m.next_wake() == r.t + 25ms);
  r.pass(25ms);
  CHECK(r.dials == std::vector<std::size_t>{0, 0});
  r.opened();
  CHECK(r.orders.back().statements == std::vector<std::string>{"LISTEN \"a\"", "LISTEN \"b\""});
  CHECK(r.confirmed.size() == 1);
  r.answer();
  CHECK(r.confirmed.size() == 2);
}

TEST_CASE("Dials that fail are repeated after growing pauses, and the first success ends them") {
  rig r;
  r.want({"a"});
  r.route({true});
  const auto most = ~std::uint64_t{0};
  std::vector<duration> ceilings;
  for (int i = 0; i < 12; ++i) {
    r.m.ended("refused", {}, r.t, most);
    r.advance();
    ceilings.push_back(*r.m.next_wake() - r.t);
    r.pass(ceilings.back());
  }
  CHECK(r.dials.size() == 13);
  for (const auto x : ceilings) CHECK(x <= 5s);
  CHECK(r.losses.size() == 12);
  r.opened();
  r.answer();
  r.m.ended("lost", {}, r.t, most);
  CHECK(*r.m.next_wake() - r.t <= 50ms);
}

TEST_CASE("The session follows the writable server, without a pause") {
  rig r;
  r.begin({"a"});
  r.route({false, true, false});
  REQUIRE(r.drops.size() == 1);
  CHECK(r.drops[0] == "the writable server is that of pool pool1 now, no longer that of pool0");
  CHECK(r.losses.size() == 1);
  CHECK(r.dials == std::vector<std::size_t>{0, 1});
  r.opened();
  r.answer();
  CHECK(r.confirmed.size() == 2);
}

TEST_CASE("The session stays where it is while its server takes writes, whoever else does") {
  rig r;
  r.want({"a"});
  r.route({false, true});
  r.opened();
  r.answer();
  r.route({true, true});
  CHECK(r.drops.empty());
  CHECK(r.m.pool() == 1);
}

TEST_CASE("A ghost is left at once, though nobody else takes writes") {
  rig r;
  r.begin({"a"});
  r.route({false, false}, 0);
  CHECK(r.drops.size() == 1);
  CHECK(r.m.state() == phase::idle);
  CHECK(r.dials.size() == 1);
}

TEST_CASE("A server that is out but may be well is asked at once, and kept when it answers") {
  rig r;
  r.begin({"a"});
  r.route({false, false});
  REQUIRE(r.orders.size() == 2);
  CHECK(r.orders[1].statements == std::vector<std::string>{"select 1"});
  r.answer();
  r.route({false, false});
  CHECK(r.orders.size() == 2);
  CHECK(r.drops.empty());
  CHECK(r.m.state() == phase::open);
}

TEST_CASE("A silent session is checked, and given up when it does not answer in time") {
  rig r;
  r.begin({"a"});
  CHECK(r.m.next_wake() == r.t + 30s);
  r.pass(30s);
  REQUIRE(r.orders.size() == 2);
  CHECK(r.orders[1].statements == std::vector<std::string>{"select 1"});
  r.pass(2s);
  REQUIRE(r.losses.size() == 1);
  CHECK(r.losses[0].silent == 32s);
  CHECK(r.drops.size() == 1);
  // Its late answer means nothing any more.
  r.m.answered(r.orders[1].serial, nullptr, r.t, 0);
  r.advance();
  CHECK(r.confirmed.size() == 1);
}

TEST_CASE("A notification counts as a sign of life") {
  rig r;
  r.begin({"a"});
  for (int i = 0; i < 10; ++i) {
    r.pass(20s);
    r.m.heard(r.t);
  }
  CHECK(r.orders.size() == 1);
}

TEST_CASE("A server that refuses to listen is left and tried again later") {
  rig r;
  r.want({"a"});
  r.route({true});
  r.opened();
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::server_error;
  f.sqlstate = "25006";
  f.message = "cannot execute LISTEN during recovery";
  r.m.answered(r.orders.back().serial, &f, r.t, 50'000'000);
  r.advance();
  REQUIRE(r.losses.size() == 1);
  CHECK(r.losses[0].sqlstate == "25006");
  CHECK(r.losses[0].why == "the server did not listen: cannot execute LISTEN during recovery");
  CHECK(r.m.state() == phase::idle);
  CHECK(r.m.next_wake() > r.t);
}

TEST_CASE("A session that nobody needs is closed when it would be checked, without a loss") {
  rig r;
  r.begin({"a"});
  r.want({});
  CHECK(r.orders.back().statements == std::vector<std::string>{"UNLISTEN \"a\""});
  r.answer();
  CHECK(r.drops.empty());
  r.pass(30s);
  CHECK(r.drops.size() == 1);
  CHECK(r.losses.empty());
  CHECK(r.m.state() == phase::idle);
  r.want({"b"});
  CHECK(r.dials.size() == 2);
}

TEST_CASE("Who takes a listener up again hears from it after the server has been asked anew") {
  rig r;
  r.begin({"a", "b"});
  r.take_up({"a", "b"});
  CHECK(r.confirmed.size() == 1); // What it heard so far was another's.
  CHECK(r.orders.back().statements == std::vector<std::string>{"LISTEN \"a\"", "LISTEN \"b\""});
  r.answer();
  CHECK(r.confirmed == std::vector<std::uint64_t>{1, 1});
}

TEST_CASE("An order of an earlier term confirms nothing to who took the listener up since") {
  rig r;
  r.want({"a"});
  r.route({true});
  r.opened();
  r.take_up({"a"});
  r.answer();
  CHECK(r.confirmed.empty());
  REQUIRE(r.orders.size() == 2);
  CHECK(r.orders[1].statements == std::vector<std::string>{"LISTEN \"a\""});
  r.answer();
  CHECK(r.confirmed == std::vector<std::uint64_t>{1});
}

TEST_CASE("A session that is dialled after a listener was taken up is asked once") {
  rig r;
  r.begin({"a"});
  r.ended("gone");
  r.take_up({"a"});
  r.pass(1min);
  r.opened();
  r.answer();
  CHECK(r.confirmed.size() == 2);
  CHECK(r.orders.size() == 2);
}

TEST_CASE("A dial that nobody needs any more is given up") {
  rig r;
  r.want({"a"});
  r.route({true});
  r.want({});
  CHECK(r.drops.size() == 1);
  CHECK(r.m.state() == phase::idle);
}
