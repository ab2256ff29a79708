// Containers in containers on the real server: arrays of every built-in type, enums and composites inside each other,
// domains inside both; and the table of array types against the server's own.
#include "tests/integration/types_fixture.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <tuple>

namespace tripool::test {

namespace {

enum class shade : std::uint8_t { light, dark };

struct spot {
  std::int32_t x = 0;
  std::optional<std::string> label;
  shade tone = shade::light;
  friend bool operator==(const spot&, const spot&) = default;
};

struct drawing {
  std::string title;
  std::vector<spot> spots;
  std::vector<std::optional<shade>> tones;
  friend bool operator==(const drawing&, const drawing&) = default;
};

} // namespace
} // namespace tripool::test

template <>
struct tripool::labels<tripool::test::shade> {
  static constexpr std::string_view type_name = "shade";
  static constexpr std::pair<test::shade, std::string_view> values[] = {{test::shade::light, "light"},
                                                                        {test::shade::dark, "dark"}};
};
template <>
struct tripool::composite<tripool::test::spot> {
  static constexpr std::string_view type_name = "spot";
};
template <>
struct tripool::composite<tripool::test::drawing> {
  static constexpr std::string_view type_name = "nested_test.drawing";
};

namespace tripool::test {

using matchers::Contains;

namespace {

/// A session in whose transaction the types exist, and are rolled back with it.
struct nested_types : types_session {
  nested_types() {
    for (const char* sql : {"begin", "create schema nested_test", "set local search_path to nested_test, public",
                            "create type shade as enum ('light', 'dark', 'ultra')",
                            "create type spot as (x int4, label text, tone shade)",
                            "create type drawing as (title text, spots spot[], tones shade[])",
                            "create domain positive as int4 check (value > 0)",
                            "create domain small as positive check (value < 10)", "create type measured as (n small)"})
      ask(sql);
  }
};

template <class T>
std::vector<std::optional<T>> with_null(const T& x) {
  return {x, std::nullopt};
}

} // namespace

TEST_CASE("arrays of every built-in type travel both ways", "[types]") {
  types_session on;
  using std::chrono::microseconds;
  on.ask("set timezone to 'UTC'");
  on.same("int2[]", "{-32768,32767}", std::vector<std::int16_t>{-32'768, 32'767});
  on.same("int8[]", "{-9223372036854775808,NULL}", with_null(std::numeric_limits<std::int64_t>::min()));
  on.same("float4[]", "{0.5,NULL}", with_null(0.5F));
  on.same("float8[]", "{Infinity,5e-324}", std::vector<double>{std::numeric_limits<double>::infinity(), 5e-324});
  on.same("varchar[]", "{v}", std::vector<varchar>{{"v"}});
  on.same("oid[]", "{4294967295}", std::vector<oid>{oid{4'294'967'295}});
  on.same("time[]", "{00:00:00.000001}", std::vector<time_of_day>{{microseconds{1}}});
  on.same("timetz[]", "{00:00:00+02}", std::vector<time_with_zone>{{microseconds{0}, std::chrono::hours{2}}});
  on.same("timestamp[]", "{-infinity}", std::vector<timestamp>{timestamp::minus_infinity()});
  on.same("timestamptz[]", "{infinity,NULL}", with_null(timestamptz::infinity()));
  on.same("interval[]", "{\"1 year 2 mons -3 days +00:00:00.000001\"}",
          std::vector<interval>{{14, -3, microseconds{1}}});
  on.same("json[]", "{\"{}\"}", std::vector<json>{{"{}"}});
  on.same("cidr[]", "{10.0.0.0/8}", std::vector<cidr>{*cidr::parse("10.0.0.0/8")});
  on.same("int8multirange[]", "{\"{[1,2)}\"}", std::vector<multirange<std::int64_t>>{{{{1, 2}}}});
  on.same("name[]", "{a_name,NULL}", with_null(identifier{"a_name"}));
  on.same("\"char\"[]", "{q}", std::vector<char>{'q'});
  CHECK(on.read<std::vector<std::string>>("bpchar[]", "{a,b}") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("arrays of two and three dimensions travel both ways, whatever their elements", "[types]") {
  types_session on;
  on.ask("set timezone to 'UTC'");
  const auto twice = [&]<class T>(const std::string& type, const T& x) {
    INFO(type);
    const array<std::optional<T>> flat{{{2, 1}, {2, 0}}, {x, std::nullopt, x, x}};
    const array<T> deep{{{1, 1}, {2, 1}, {3, -7}}, std::vector<T>(6, x)};
    const auto back = on.only<std::tuple<array<std::optional<T>>, array<T>, int, int>>(
      "select $1::" + type + ", $2::" + type + ", array_ndims($1), array_lower($2, 3)", {flat, deep});
    CHECK(std::get<0>(back) == flat);
    CHECK(std::get<1>(back) == deep);
    CHECK(std::get<2>(back) == 2);
    CHECK(std::get<3>(back) == -7);
  };
  using std::chrono::microseconds;
  twice("bool[]", true);
  twice("int2[]", std::int16_t{-1});
  twice("int4[]", 7);
  twice("int8[]", std::int64_t{1} << 40);
  twice("float4[]", 0.5F);
  twice("float8[]", 0.1);
  twice("numeric[]", *numeric::parse("1.50"));
  twice("text[]", std::string{"a \"b\", {c}"});
  twice("varchar[]", varchar{"v"});
  twice("name[]", identifier{"n"});
  twice("bytea[]", bytes{std::byte{0}, std::byte{255}});
  twice("uuid[]", uuid{});
  twice("oid[]", oid{4'294'967'295});
  twice("date[]", date::infinity());
  twice("time[]", time_of_day{microseconds{1}});
  twice("timetz[]", time_with_zone{microseconds{0}, std::chrono::hours{2}});
  twice("timestamp[]", timestamp::minus_infinity());
  twice("timestamptz[]", timestamptz::infinity());
  twice("interval[]", interval{14, -3, microseconds{1}});
  twice("json[]", json{"{}"});
  twice("jsonb[]", jsonb{"[1]"});
  twice("inet[]", *inet::parse("::1"));
  twice("cidr[]", *cidr::parse("10.0.0.0/8"));
  twice("int4range[]", range<std::int32_t>{1, 5});
  twice("tsrange[]", range<timestamp>{timestamp::minus_infinity(), std::nullopt});
}

TEST_CASE("a million elements travel both ways", "[types]") {
  types_session on;
  const std::vector<std::int32_t> many(1'000'000, 7);
  CHECK(on.only<std::int64_t>("select cardinality($1)::int8", {many}) == 1'000'000);
  CHECK(on.only<std::vector<std::int32_t>>("select $1", {many}) == many);
}

TEST_CASE("every built-in array and range type has the OID that is stated for it", "[types]") {
  types_session on;
  const auto arrays =
    on.ask("select oid::int8, typarray::int8 from pg_type where typarray <> 0 and oid < 16384 and typtype in "
           "('b', 'r', 'm')");
  std::size_t known = 0;
  for (const row x : arrays) {
    const auto [element, array_type] = x.as<std::tuple<std::uint32_t, std::uint32_t>>().value();
    const auto stated = server_type::array_of(element);
    if (stated == 0) continue;
    INFO("arrays of " << element);
    CHECK(stated == array_type);
    ++known;
  }
  CHECK(known > 30);
  const auto ranges =
    on.ask("select rngsubtype::int8, rngtypid::int8, rngmultitypid::int8 from pg_range where rngtypid < 16384");
  REQUIRE(ranges.size() == 6);
  for (const row x : ranges) {
    const auto [bound, one, multi] = x.as<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>().value();
    CHECK(server_type::ranges_of(bound).range == one);
    CHECK(server_type::ranges_of(bound).multirange == multi);
  }
}

TEST_CASE("enums, composites and their arrays travel inside each other", "[types]") {
  nested_types on;
  on.learn_types();
  on.same("shade[]", "{light,NULL}", with_null(shade::light));
  const spot first{-1, "a b", shade::dark};
  const spot second{2, std::nullopt, shade::light};
  on.same("spot", "(-1,\"a b\",dark)", first);
  on.same("spot[]", "{\"(-1,\\\"a b\\\",dark)\",\"(2,,light)\"}", std::vector{first, second});
  const drawing whole{"t", {second}, {shade::dark, std::nullopt}};
  CHECK(on.only<std::vector<drawing>>("select $1", {std::vector{whole, whole}}) == std::vector{whole, whole});
  CHECK(on.written(whole) == "(t,\"{\"\"(2,,light)\"\"}\",\"{dark,NULL}\")");
  CHECK_THAT(on.problem<shade>("shade", "ultra"), Contains("a value of shade does not fit shade"));
  CHECK_THAT(on.problem<shade>("shade", "ultra"), !Contains("ultra"));
}

TEST_CASE("domains are read as what they restrict, inside arrays and composites, too", "[types]") {
  nested_types on;
  const auto column = on.ask("select 3::small as n");
  CHECK(column.column_type(0) == server_type::int4); // The server itself names the base type of a column.
  on.learn_types();
  CHECK(on.only<std::vector<std::int32_t>>("select array[3::small, 4::small]") == std::vector<std::int32_t>{3, 4});
  CHECK(on.only<std::tuple<std::tuple<std::int32_t>>>("select row(5)::measured")
        == std::make_tuple(std::make_tuple(5)));
  CHECK(on.only<std::vector<std::int32_t>>("select $1::int4[]::small[]", {std::vector{6}}) == std::vector{6});
}

} // namespace tripool::test
