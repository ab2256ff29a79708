// Types found by name in a running instance: a type made after the instance has started is learned when it is met.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/core/codec/enumeration.hpp"
#include "tripool/core/result/row.hpp"

namespace tripool::test {

namespace {

enum class weather : std::uint8_t { sun, rain };

} // namespace
} // namespace tripool::test

template <>
struct tripool::labels<tripool::test::weather> {
  static constexpr std::string_view type_name = "types_instance_weather";
  static constexpr std::pair<test::weather, std::string_view> values[] = {{test::weather::sun, "sun"},
                                                                          {test::weather::rain, "rain"}};
};

namespace tripool::test {

using namespace std::chrono_literals;

TEST_CASE("a type made after the start is found by its name as soon as it is met", "[types][instance]") {
  test_database on;
  running_instance tripool{on};
  REQUIRE(tripool.wait_until_writable(20s));
  REQUIRE_FALSE(tripool.ask("create type types_instance_weather as enum ('sun', 'rain')").why_not);
  caf::scoped_actor self{tripool.system()};
  std::string type;
  // The first use asks for the new types; how soon they are there is bounded, not fixed.
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (type != "types_instance_weather" && std::chrono::steady_clock::now() < until) {
    statement s;
    s.text = "select pg_typeof(x)::text, x from (select $1 as x) t";
    s.parameters = {weather::rain};
    self->request(tripool.delegate(), 10s, std::move(s))
      .receive([&](const result& x) { type = x[0].get<std::string>(0) ? *x[0].get<std::string>(0) : std::string{}; },
               [&](const caf::error& e) { FAIL(to_string(failure_of(e))); });
  }
  CHECK(type == "types_instance_weather");
}

} // namespace tripool::test
