// Results that lie in a PGresult: columns, NULL, empty values, and many columns. No server is needed.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/postgres/detail/results.hpp"
#include "tripool/core/result/row.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

using namespace std::string_literals;
namespace st = server_type;

namespace {

struct field {
  std::string name;
  std::uint32_t type = st::text;
  bool binary = true;
};

/// One row.
result pg_result(std::vector<field> fields, const std::vector<std::optional<std::string>>& cells) {
  std::vector<PGresAttDesc> columns;
  for (auto& x : fields) columns.push_back({x.name.data(), 0, 0, x.binary ? 1 : 0, x.type, -1, -1});
  postgres::result_handle out{PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)};
  REQUIRE(PQsetResultAttrs(out.get(), static_cast<int>(columns.size()), columns.data()) == 1);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto x = cells[i].value_or("");
    const int length = cells[i] ? static_cast<int>(x.size()) : -1;
    REQUIRE(PQsetvalue(out.get(), 0, static_cast<int>(i), cells[i] ? x.data() : nullptr, length) == 1);
  }
  return result{std::make_shared<const postgres::libpq_result>(std::move(out))};
}

} // namespace

TEST_CASE("a PGresult's values are read in both formats", "[postgres][result]") {
  const auto r = pg_result({{"a", st::int4}, {"b", st::int4, false}, {"c"}, {"d", st::text, false}, {"e", st::int8}},
                           {"\0\0\0\7"s, "8"s, "x"s, ""s, std::nullopt});
  REQUIRE(r.size() == 1);
  REQUIRE(r.columns() == 5);
  CHECK(r.data()->shapes().count() == 5);
  CHECK(r.column_type(4) == st::int8);
  CHECK(r.column_format(0) == result_format::binary);
  CHECK(r.column_format(1) == result_format::text);
  CHECK(*r[0].get<int>(0) == 7);
  CHECK(*r[0].get<int>(1) == 8);
  CHECK(*r[0].get<std::string_view>("c") == "x");
  CHECK(r[0].get<std::string_view>("d")->empty());
  CHECK_FALSE(r.is_null(0, 3));
  CHECK(r.is_null(0, 4));
  CHECK(r.raw(0, 3) == "");
  CHECK(r.data()->bytes_at(0, 3).data() != nullptr);
  CHECK(r.data()->bytes_at(0, 4).data() == nullptr);
  CHECK(*r[0].get<std::optional<std::int64_t>>(4) == std::nullopt);
  CHECK(r[0].get<int>(4).error().message
        == "column \"e\" (4), row 0: NULL of int8 cannot be read as std::int32_t: ask for a std::optional");
  CHECK(r[0].get<int>(5).error().message == "there is no column 5: the result has 5 columns, counted from 0");
}

TEST_CASE("a PGresult of many columns is read to its last", "[postgres][result]") {
  std::vector<field> fields;
  std::vector<std::optional<std::string>> cells;
  for (int i = 0; i < 40; ++i) {
    fields.push_back({"c" + std::to_string(i), st::int4, i % 2 == 0});
    cells.emplace_back(i % 2 == 0 ? "\0\0\0"s + static_cast<char>(i) : std::to_string(i));
  }
  const auto r = pg_result(std::move(fields), cells);
  for (std::size_t i = 0; i < r.columns(); ++i) {
    CHECK(r.column_type(i) == st::int4);
    CHECK(r.column_format(i) == (i % 2 == 0 ? result_format::binary : result_format::text));
    CHECK(*r[0].get<int>(i) == static_cast<int>(i));
  }
}

} // namespace tripool::test
