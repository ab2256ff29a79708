// Which orders of operators are refused, and that each refusal says why and what to do.
#include "tests/support/catch.hpp"

#include "tripool/core/control/control_check.hpp"

using namespace tripool;

namespace {

routing_table table_of_three() {
  routing_table t;
  for (std::size_t i = 0; i < 3; ++i) {
    pool_route r;
    r.index = i;
    r.name = i == 0 ? "primary" : i == 1 ? "backup" : "failover";
    r.usable_for_reads = true;
    r.usable_for_writes = i == 0;
    r.reason = i == 0 ? "" : "a standby";
    t.routes.push_back(r);
  }
  return t;
}

} // namespace

TEST_CASE("sizes out of bounds or out of order are refused") {
  CHECK_FALSE(check_sizes(0, 1));
  CHECK_FALSE(check_sizes(1000, 1000));
  for (const auto& [min, max] : {std::pair<std::uint64_t, std::uint64_t>{0, 0}, {5, 4}, {0, 1001}, {1, UINT64_MAX}}) {
    const auto f = check_sizes(min, max);
    REQUIRE(f);
    CHECK(f->kind == outcome::not_executed);
    CHECK(f->why == cause::invalid_request);
    CHECK_FALSE(f->hint.empty());
  }
}

TEST_CASE("a failover to where nobody would take writes is refused, unless it is forced") {
  const auto t = table_of_three();
  const auto f = check_failover({0, 1, false}, &t, {});
  REQUIRE(f);
  CHECK(f->message.find("backup takes no writes") != std::string::npos);
  CHECK(f->hint.find("promote") != std::string::npos);
  CHECK_FALSE(check_failover({0, 1, true}, &t, {}));
  CHECK_FALSE(check_failover({1, 2, false}, &t, {})); // Reads only, on both.
  CHECK(check_failover({0, 0, true}, &t, {}));
  CHECK(check_failover({0, 1, true}, nullptr, {}));
  operator_orders held;
  held.held = 2;
  CHECK(check_failover({0, 1, true}, &t, held));
  CHECK(check_failover({0, 7, true}, &t, {}));
}

TEST_CASE("the last pool that serves is not held, unless it is forced") {
  auto t = table_of_three();
  CHECK_FALSE(check_hold(0, &t, {}, false));
  for (std::size_t i = 1; i < 3; ++i) t.routes[i].usable_for_reads = false;
  CHECK(check_hold(0, &t, {}, false));
  CHECK_FALSE(check_hold(0, &t, {}, true));
  CHECK_FALSE(check_hold(1, &t, {}, false));
  CHECK_FALSE(check_hold(0, nullptr, {}, false));
}

TEST_CASE("a hold is judged by the orders in force, also while the table does not show them yet") {
  const auto t = table_of_three();
  operator_orders given;
  given.held = 0b011;
  const auto f = check_hold(2, &t, given, false);
  REQUIRE(f);
  CHECK(f->message.find("no other pool serves") != std::string::npos);
  CHECK_FALSE(check_hold(2, &t, given, true));
  CHECK_FALSE(check_hold(1, &t, given, false)); // Held already.
  given.held = 0b001;
  CHECK_FALSE(check_hold(2, &t, given, false));
}

TEST_CASE("pools are found by name, and a wrong name is answered with the right ones") {
  const auto o = default_options();
  CHECK(find_pool(o, "backup") == 1u);
  CHECK_FALSE(find_pool(o, ""));
  const auto f = no_such_pool(o, std::string(1000, 'x'));
  CHECK(f.why == cause::unknown_pool);
  CHECK(f.message.size() < 200);
  CHECK(f.hint.find("primary backup failover") != std::string::npos);
}
