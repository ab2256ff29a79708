// Arrays, ranges, composites, enums, domains and the types of extensions against the real server.
#include "tests/integration/types_fixture.hpp"

#include <array>

namespace tripool::test {

namespace {

enum class mood : std::uint8_t { sad, happy };

struct place {
  std::string street;
  std::optional<std::int32_t> number;
  std::optional<mood> feeling;
  friend bool operator==(const place&, const place&) = default;
};

struct person {
  std::int64_t id = 0;
  std::string name;
};

} // namespace
} // namespace tripool::test

template <>
struct tripool::labels<tripool::test::mood> {
  static constexpr std::string_view type_name = "mood";
  static constexpr std::pair<test::mood, std::string_view> values[] = {{test::mood::sad, "sad"},
                                                                       {test::mood::happy, "so happy"}};
};

template <>
struct tripool::composite<tripool::test::place> {
  static constexpr std::string_view type_name = "place";
};

template <>
struct tripool::columns<tripool::test::person> {
  static constexpr auto names = std::array{"id", "full_name"};
};

namespace tripool::test {

using matchers::Contains;
using namespace std::chrono_literals;

namespace {

/// A session in whose transaction the types exist, and are rolled back with it.
struct own_types : types_session {
  own_types() {
    for (const char* sql :
         {"begin", "create schema types_test", "set local search_path to types_test, public",
          "create type mood as enum ('sad', 'so happy')", "create domain positive as int4 check (value > 0)",
          "create domain small as positive check (value < 100)",
          "create type place as (street text, number int4, feeling mood)",
          "create table visits (at place, moods mood[], ages small[])"})
      ask(sql);
    learn_types();
  }
};

} // namespace

TEST_CASE("arrays travel both ways, with NULLs and without elements", "[types]") {
  types_session s;
  s.same<std::vector<int>>("int4[]", "{1,-2,3}", {1, -2, 3});
  s.same<std::vector<int>>("int4[]", "{}", {});
  s.same<std::vector<bool>>("bool[]", "{t,f}", {true, false});
  s.same<std::vector<std::optional<int>>>("int4[]", "{NULL,7,NULL}", {std::nullopt, 7, std::nullopt});
  s.same<std::vector<std::string>>("text[]", R"({"",NULL_,"a \"b\" \\"})", {"", "NULL_", "a \"b\" \\"});
  s.same<std::vector<bytes>>("bytea[]", R"({"\\x00ff","\\x"})", {bytes{std::byte{0}, std::byte{255}}, bytes{}});
  s.same<std::vector<uuid>>("uuid[]", "{00000000-0000-0000-0000-000000000000}", {uuid{}});
  s.same<std::vector<numeric>>("numeric[]", "{1.50,NaN}", {*numeric::parse("1.50"), numeric::nan()});
  s.same<std::vector<date>>("date[]", "{infinity,1970-01-01}", {date::infinity(), std::chrono::sys_days{}});
  s.same<std::vector<inet>>("inet[]", "{::1}", {*inet::parse("::1")});
  s.same<std::vector<jsonb>>("jsonb[]", R"({"{\"a\": 1}"})", {jsonb{R"({"a": 1})"}});
  CHECK(s.only<int>("select count(*) from generate_series(1, 9) x where x = any($1)", {std::vector<int>{2, 3, 99}})
        == 2);
  CHECK_THAT(s.problem<std::vector<int>>("int4[]", "{1,NULL}"), Contains("element 1: NULL of int4 cannot be read"));
  CHECK_THAT(s.problem<std::vector<int>>("int4[]", "{{1},{2}}"), Contains("it has 2 dimensions"));
  CHECK_THAT(s.problem<std::vector<int>>("text[]", "{1}"), Contains("element 0: text cannot be read"));
}

TEST_CASE("arrays of several dimensions keep their bounds", "[types]") {
  types_session s;
  s.same<array<int>>("int4[]", "{}", {});
  s.same<array<int>>("int4[]", "{{1,2,3},{4,5,6}}", {{{2, 1}, {3, 1}}, {1, 2, 3, 4, 5, 6}});
  s.same<array<std::optional<std::int64_t>>>("int8[]", "[0:1]={NULL,2}", {{{2, 0}}, {std::nullopt, 2}});
  s.same<array<int>>("int4[]", "[-5:-5][2:3]={{1,2}}", {{{1, -5}, {2, 2}}, {1, 2}});
  s.same<array<int>>("int4[]", "{{{{{{7}}}}}}", {std::vector<array_dimension>(6, {1, 1}), {7}});
  CHECK(s.read<std::vector<int>>("int2vector", "1 2") == std::vector{1, 2});
}

TEST_CASE("ranges and multiranges travel both ways", "[types]") {
  types_session s;
  s.ask("set timezone to 'UTC'");
  s.same<range<int>>("int4range", "[1,5)", {1, 5});
  s.same<range<int>>("int4range", "empty", {});
  s.same<range<std::int64_t>>("int8range", "(,5)", {std::nullopt, 5});
  s.same<range<std::int64_t>>("int8range", "(,)", {std::nullopt, std::nullopt});
  s.same<range<numeric>>("numrange", "(1.5,2.50]", {*numeric::parse("1.5"), *numeric::parse("2.50"), false, true});
  s.same<range<date>>("daterange", "[1970-01-01,infinity)", {date{std::chrono::sys_days{}}, date::infinity()});
  s.same<range<timestamptz>>("tstzrange", "[\"1970-01-01 00:00:00+00\",)",
                             {timestamptz{std::chrono::sys_time<std::chrono::microseconds>{}}, std::nullopt});
  s.same<range<timestamp>>(
    "tsrange", "[-infinity,\"1970-01-01 00:00:00\")",
    {timestamp::minus_infinity(), timestamp{std::chrono::local_time<std::chrono::microseconds>{}}});
  s.same<multirange<numeric>>("nummultirange", "{[1.5,2]}",
                              {{{*numeric::parse("1.5"), *numeric::parse("2"), true, true}}});
  s.same<multirange<date>>("datemultirange", "{[1970-01-01,infinity)}",
                           {{{date{std::chrono::sys_days{}}, date::infinity()}}});
  s.same<multirange<int>>("int4multirange", "{[1,3),[5,9)}", {{{1, 3}, {5, 9}}});
  s.same<multirange<int>>("int4multirange", "{}", {});
  s.same<std::vector<range<int>>>("int4range[]", "{\"[1,2)\",empty}", {{1, 2}, {}});
  CHECK(s.refusal("select $1", {range<int>{5, 1}}) == "22000");
  CHECK_THAT(s.problem<range<int>>("int8range", "[1,3000000000)"), Contains("does not fit std::int32_t"));
}

TEST_CASE("enums are mapped by their labels, and are text as well", "[types]") {
  own_types s;
  CHECK(s.only<mood>("select 'so happy'::mood") == mood::happy);
  CHECK(s.only<std::string>("select 'so happy'::mood") == "so happy");
  const auto back = s.ask("select $1, $1::text, $2", {mood::sad, std::vector<mood>{mood::happy, mood::sad}});
  CHECK(back.column_type(0) == s.session->types()->oid_of("mood")); // Found by its name.
  CHECK(*back.one<std::tuple<mood, std::string, std::vector<mood>>>()
        == std::tuple{mood::sad, std::string{"sad"}, std::vector{mood::happy, mood::sad}});
  CHECK_THAT((s.failing<std::vector<int>>("select array['sad']::mood[]")),
             Contains("mood cannot be read as std::int32_t"));
}

TEST_CASE("composites are tuples and mapped structs, nested and with NULLs", "[types]") {
  own_types s;
  const place home{"Main \"St\"", 7, mood::happy};
  const place nowhere{"", std::nullopt, std::nullopt};
  CHECK(s.only<place>("select row('Main \"St\"', 7, 'so happy')::place") == home);
  CHECK(s.written(home) == R"(("Main ""St""",7,"so happy"))");
  const auto back = s.ask("insert into visits values ($1, $2, $3) returning at, moods, ages",
                          {nowhere, std::vector<mood>{}, std::vector<int>{1, 99}});
  CHECK(*back.one<std::tuple<place, std::vector<mood>, std::vector<int>>>()
        == std::tuple{nowhere, std::vector<mood>{}, std::vector{1, 99}});
  using loose = std::tuple<std::string, std::optional<int>, std::optional<std::string>>;
  CHECK(s.only<std::tuple<loose>>("select ($1::place)", {loose{"x", 1, std::nullopt}})
        == std::make_tuple(loose{"x", 1, std::nullopt}));
  CHECK(s.only<std::vector<place>>("select array_agg(x) from unnest($1) x", {std::vector<place>{home, nowhere}})
        == std::vector{home, nowhere});
  CHECK(s.only<std::tuple<std::tuple<int, std::string, std::vector<int>>>>("select row(1, 'a'::text, array[1,2])")
        == std::make_tuple(std::make_tuple(1, std::string{"a"}, std::vector{1, 2})));
  CHECK_THAT((s.failing<std::tuple<std::tuple<int, int>>>("select row('a', 1, null)::place as p")),
             Contains("column \"p\" (0), row 0: place cannot be read as") && Contains("it has 3 attributes"));
  CHECK_THAT((s.failing<std::tuple<std::tuple<int, uuid>>>("select row(1, 2)")),
             Contains("attribute 1: int4 cannot be read as tripool::uuid"));
}

TEST_CASE("domains are read and sent as their base types", "[types]") {
  own_types s;
  CHECK(s.only<int>("select $1::small", {42}) == 42);
  CHECK(s.only<std::vector<int>>("select array[1, 2]::small[]") == std::vector{1, 2});
  CHECK(s.session->types()->base_of(s.session->types()->oid_of("small")) == server_type::int4);
}

TEST_CASE("a domain's check refuses what does not fit it", "[types]") {
  own_types s;
  CHECK(s.refusal("select $1::small", {100}) == "23514");
}

TEST_CASE("hstore travels both ways where the extension exists", "[types]") {
  types_session s;
  s.ask("begin");
  if (s.ask("select 1 from pg_available_extensions where name = 'hstore'").empty()) {
    WARN("this server has no hstore");
    return;
  }
  s.ask("create extension if not exists hstore");
  s.learn_types();
  const hstore value{{{"a", "1"}, {"b", std::nullopt}, {"ü \"", ""}}};
  s.same<hstore>("hstore", R"("a"=>"1", "b"=>NULL, "ü \""=>"")", value);
  s.same<hstore>("hstore", "", {});
  CHECK(s.only<std::string>("select $1 -> 'a'", {value}) == "1");
}

TEST_CASE("pgvector's vector travels both ways where the extension exists", "[types]") {
  types_session s;
  s.ask("begin");
  if (s.ask("select 1 from pg_available_extensions where name = 'vector'").empty()) {
    WARN("this server has no pgvector");
    return;
  }
  s.ask("create extension if not exists vector");
  s.learn_types();
  s.same<float_vector>("vector", "[1,-2.5,0]", {{1.0F, -2.5F, 0.0F}});
}

TEST_CASE("structs are read by the names of their columns, in any order", "[types]") {
  types_session s;
  const auto rows = s.ask("select 'x' as more, 'Ada' as full_name, 1::int8 as id union all select 'y', 'Bob', 2");
  const auto all = rows.all<person>();
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[1].id == 2);
  CHECK((*all)[1].name == "Bob");
  CHECK_THAT((s.failing<person>("select 1 as id")), Contains("there is no column \"full_name\""));
  CHECK_THAT((s.failing<person>("select 1 as id, 2 as id, 'x' as full_name")), Contains("several columns \"id\""));
}

} // namespace tripool::test
