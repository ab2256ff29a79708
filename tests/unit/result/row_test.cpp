// Reading rows by column, as tuples, structs and user types; and errors that name the place.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/result/row.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>

namespace tripool::test {

using matchers::Contains;
namespace st = server_type;

namespace {

using cell_rows = std::vector<std::vector<owned_result::cell>>;

struct account {
  std::int64_t id = 0;
  std::string owner;
  std::optional<double> balance;
};

/// A user type with a codec of its own, for which NULL has a meaning.
struct colour {
  int value = -1;
  friend bool operator==(colour, colour) = default;
};

result accounts() {
  using column = owned_result::column;
  return result{std::make_shared<owned_result>(
    "SELECT 2", std::vector<column>{{"id", st::int8}, {"owner", st::text}, {"balance", st::float8}},
    cell_rows{{"1", "ada", "12.5"}, {"3000000000", "bob", std::nullopt}})};
}

result column_of(std::uint32_t type, std::vector<owned_result::cell> cells) {
  cell_rows rows;
  for (auto& x : cells) rows.push_back({std::move(x)});
  return result{
    std::make_shared<owned_result>("SELECT", std::vector<owned_result::column>{{"x", type}}, std::move(rows))};
}

} // namespace
} // namespace tripool::test

template <>
struct tripool::codec<tripool::test::colour> {
  static constexpr std::string_view name = "colour";
  static decoded<test::colour> decode(const encoded_value& x) {
    if (x.data == "red") return test::colour{1};
    return unexpected{does_not_fit(x, name)};
  }
  static test::colour null() { return {0}; }
};

namespace tripool::test {

static_assert(std::random_access_iterator<row_iterator>);
static_assert(
  decodable<int> && decodable<std::string> && decodable<std::optional<bytes>> && nullable<std::optional<bool>>);
static_assert(decodable<char> && !decodable<wchar_t> && !decodable<account> && !nullable<int>);
static_assert(detail::member_count<account>() == 3);

TEST_CASE("columns are read by index and by name", "[result][row]") {
  const auto r = accounts();
  CHECK(*r[0].get<int>(0) == 1);
  CHECK(*r[0].get<int>("id") == 1);
  CHECK(*r[1].get<std::string_view>("owner") == "bob");
  CHECK(*r[0].get<std::optional<double>>("balance") == 12.5);
  CHECK(*r[1].get<std::optional<double>>("balance") == std::nullopt);
  CHECK(r[1].is_null(2));
  CHECK(r[0].size() == 3);
  CHECK(r[1].index() == 1);
}

TEST_CASE("an error names column, row and types, and not the value", "[result][row]") {
  const auto r = accounts();
  CHECK(r[1].get<int>("id").error().message == "column \"id\" (0), row 1: a value of int8 does not fit std::int32_t");
  CHECK(r[0].get<int>("owner").error().message == "column \"owner\" (1), row 0: text cannot be read as std::int32_t");
  CHECK(r[1].get<double>(2).error().message
        == "column \"balance\" (2), row 1: NULL of float8 cannot be read as double: ask for a std::optional");
  CHECK(r[0].get<int>("nome").error().message
        == "there is no column \"nome\": the result has \"id\", \"owner\", \"balance\"");
  CHECK(r[0].get<int>(3).error().message == "there is no column 3: the result has 3 columns, counted from 0");
}

TEST_CASE("the first of several columns of one name is read", "[result][row]") {
  const result r{std::make_shared<owned_result>(
    "SELECT 1", std::vector<owned_result::column>{{"a", st::int4}, {"a", st::int4}}, cell_rows{{"1", "2"}})};
  CHECK(*r[0].get<int>("a") == 1);
  CHECK(r.find_column("a") == 0U);
}

TEST_CASE("a row is read as a tuple or a pair", "[result][row]") {
  const auto r = accounts();
  const auto x = r[0].as<std::tuple<int, std::string, double>>();
  REQUIRE(x);
  CHECK(*x == std::tuple{1, std::string{"ada"}, 12.5});
  CHECK_THAT((r[1].as<std::tuple<int, std::string, double>>().error().message), Contains("column \"id\" (0), row 1"));
  CHECK((r[0].as<std::pair<int, std::string>>().error().message) == "a row of 3 columns cannot be read as 2 values");
}

TEST_CASE("a row is read as a struct, member by member", "[result][row]") {
  const auto r = accounts();
  const auto x = r[1].as<account>();
  REQUIRE(x);
  CHECK(x->id == 3'000'000'000);
  CHECK(x->owner == "bob");
  CHECK_FALSE(x->balance);
  struct narrow {
    int id = 0;
    std::string owner;
  };
  CHECK(r[0].as<narrow>().error().message == "a row of 3 columns cannot be read as 2 values");
}

TEST_CASE("structs of one and of sixteen members are seen whole", "[result][row]") {
  struct one {
    std::optional<std::string> a;
  };
  struct sixteen {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o;
    std::string p;
  };
  struct seventeen {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q;
  };
  static_assert(detail::member_count<one>() == 1);
  static_assert(detail::member_count<sixteen>() == 16);
  static_assert(detail::member_count<seventeen>() == detail::members_max + 1);
  std::vector<owned_result::column> columns(16, {"c", st::int4});
  std::vector<owned_result::cell> cells;
  cells.reserve(16);
  for (int i = 0; i < 16; ++i) cells.emplace_back(std::to_string(i));
  const result r{std::make_shared<owned_result>("SELECT 1", std::move(columns), cell_rows{std::move(cells)})};
  const auto x = r[0].as<sixteen>();
  REQUIRE(x);
  CHECK(x->a == 0);
  CHECK(x->o == 14);
  CHECK(x->p == "15");
  CHECK(*column_of(st::text, {"a"}).one<one>()->a == "a");
}

TEST_CASE("a user type is read through its codec", "[result][row]") {
  const auto r = column_of(st::text, {"red", "blue", std::nullopt});
  CHECK(*r[0].get<colour>(0) == colour{1});
  CHECK(r[1].get<colour>(0).error().message == "column \"x\" (0), row 1: a value of text does not fit colour");
  CHECK(*r[2].get<colour>(0) == colour{0});
  CHECK(*r[0].as<colour>() == colour{1});
  CHECK(*r[0].get<std::optional<colour>>(0) == colour{1});
}

TEST_CASE("one, optional and all count the rows", "[result][row]") {
  const auto none = column_of(st::int4, {});
  const auto single = column_of(st::int4, {"5"});
  const auto several = column_of(st::int4, {"5", "6", "7"});
  CHECK(*single.one<int>() == 5);
  CHECK(none.one<int>().error().message == "one row was expected, and the result has none");
  CHECK(several.one<int>().error().message == "one row was expected, and the result has 3");
  CHECK(*none.optional<int>() == std::nullopt);
  CHECK(*single.optional<int>() == 5);
  CHECK(several.optional<int>().error().message == "at most one row was expected, and the result has 3");
  CHECK(none.all<int>()->empty());
  CHECK(*several.all<int>() == std::vector{5, 6, 7});
  CHECK(accounts().all<account>()->size() == 2);
  CHECK(accounts().all<int>().error().message == "a row of 3 columns cannot be read as 1 value");
  CHECK_THAT(column_of(st::int4, {"1", std::nullopt}).all<int>().error().message, Contains("row 1: NULL"));
  CHECK(*column_of(st::bool_, {"t", "f"}).all<bool>() == std::vector{true, false});
}

TEST_CASE("an optional of one NULL is one row without a value", "[result][row]") {
  const auto r = column_of(st::int4, {std::nullopt});
  CHECK(*r.one<std::optional<int>>() == std::nullopt);
  const auto nested = r.optional<std::optional<int>>();
  REQUIRE(nested);
  REQUIRE(nested->has_value());
  CHECK_FALSE((*nested)->has_value());
}

TEST_CASE("rows are walked over in order", "[result][row]") {
  const auto r = column_of(st::int4, {"5", "6", "7"});
  int sum = 0;
  for (const row x : r) sum = sum * 10 + *x.get<int>(0);
  CHECK(sum == 567);
  CHECK(std::distance(r.begin(), r.end()) == 3);
  CHECK((r.begin() + 2)[0].index() == 2);
  CHECK((*--r.end()).index() == 2);
  CHECK(std::any_of(r.begin(), r.end(), [](row x) { return *x.get<int>(0) == 6; }));
  for ([[maybe_unused]] const row x : result{}) FAIL("an empty handle has no rows");
}

TEST_CASE("many columns are not all listed in an error", "[result][row]") {
  const result r{std::make_shared<owned_result>("SELECT 1", std::vector<owned_result::column>(1600, {"c", st::int4}),
                                                cell_rows{std::vector<owned_result::cell>(1600, "1")})};
  const auto message = r[0].get<int>("x").error().message;
  CHECK_THAT(message, Contains("and 1580 more"));
  CHECK(message.size() < 200);
}

} // namespace tripool::test
