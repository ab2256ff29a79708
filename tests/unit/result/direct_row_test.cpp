// Reading rows by every path - one column, tuple, struct, named struct, all rows - where values are in the very form of
// the C++ type and where they are not; and results that keep no shapes of their columns.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/result/noticed_result.hpp"
#include "tripool/core/result/row.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace tripool::test {

using namespace std::string_literals;
namespace st = server_type;

namespace {

using cell = owned_result::cell;
using cell_rows = std::vector<std::vector<cell>>;

struct reading {
  std::int64_t id = 0;
  int value = 0;
  std::string note;
  std::optional<bool> good;
};

struct named_reading {
  std::string note;
  std::int64_t id = 0;
};

/// A result as somebody wrote it who knows only what must be implemented. Its empty texts have no address.
class plain_data final : public result_data {
public:
  explicit plain_data(result x) : from_(std::move(x)) {}

  std::size_t row_count() const noexcept override { return from_.size(); }
  std::size_t column_count() const noexcept override { return from_.columns(); }
  std::string_view column_name(std::size_t i) const noexcept override { return from_.column_name(i); }
  std::uint32_t column_type(std::size_t i) const noexcept override { return from_.column_type(i); }
  result_format column_format(std::size_t i) const noexcept override { return from_.column_format(i); }
  std::optional<std::string_view> value(std::size_t row, std::size_t column) const noexcept override {
    const auto x = from_.raw(row, column);
    return x && x->empty() ? std::string_view{} : x;
  }
  std::string_view command_tag() const noexcept override { return from_.command_tag(); }
  std::size_t memory_bytes() const noexcept override { return 0; }

private:
  result from_;
};

std::vector<owned_result::column> reading_columns(result_format format) {
  return {
    {"id", st::int8, format}, {"value", st::int4, format}, {"note", st::text, format}, {"good", st::bool_, format}};
}

result make(std::vector<owned_result::column> columns, cell_rows rows) {
  return result{std::make_shared<owned_result>("SELECT", std::move(columns), std::move(rows))};
}

cell_rows binary_rows() {
  return {{"\0\0\0\0\0\0\0\1"s, "\xFF\xFF\xFF\xFE"s, "one"s, "\1"s},
          {"\0\0\0\1\0\0\0\0"s, "\0\0\0\3"s, ""s, std::nullopt}};
}

/// The same rows in both formats, as they are, behind a notice, and from an implementation without shapes.
std::vector<result> readings() {
  const auto binary = make(reading_columns(result_format::binary), binary_rows());
  const auto text =
    make(reading_columns(result_format::text), {{"1"s, "-2"s, "one"s, "t"s}, {"4294967296"s, "3"s, ""s, std::nullopt}});
  server_message notice;
  notice.severity = "NOTICE";
  return {binary, text, with_notices(binary, {notice}), result{std::make_shared<plain_data>(binary)},
          result{std::make_shared<plain_data>(text)}};
}

void check(const reading& x, const reading& expected) {
  CHECK(x.id == expected.id);
  CHECK(x.value == expected.value);
  CHECK(x.note == expected.note);
  CHECK(x.good == expected.good);
}

const reading first{1, -2, "one", true};
const reading second{4'294'967'296, 3, "", std::nullopt};

/// One binary column, and the message of reading its only value by each path; they must all be the same.
template <class T>
std::string problem(std::uint32_t type, cell value) {
  struct only {
    T x{};
  };
  const auto r = make({{"x", type, result_format::binary}}, {{std::move(value)}});
  const auto message = [](const auto& x) { return x ? std::string{"read"} : x.error().message; };
  const auto out = message(r[0].template get<T>(0));
  CHECK(message(r[0].template get<T>("x")) == out);
  CHECK(message(r[0].template as<T>()) == out);
  CHECK(message(r[0].template as<std::tuple<T>>()) == out);
  CHECK(message(r[0].template as<only>()) == out);
  CHECK(message(r.template one<T>()) == out);
  CHECK(message(r.template all<T>()) == out);
  CHECK(message(r.template all<std::tuple<T>>()) == out);
  CHECK(message(r.template all<only>()) == out);
  CHECK(message(result{std::make_shared<plain_data>(r)}[0].template get<T>(0)) == out);
  return out;
}

} // namespace
} // namespace tripool::test

template <>
struct tripool::columns<tripool::test::named_reading> {
  static constexpr std::array names{"note", "id"};
};

namespace tripool::test {

TEST_CASE("values are the same by every path, format and kind of result", "[result][row][direct]") {
  for (const auto& r : readings()) {
    for (const auto& [index, expected] : {std::pair{0U, first}, std::pair{1U, second}}) {
      const auto row = r[index];
      check({*row.get<std::int64_t>(0), *row.get<int>("value"), *row.get<std::string>(2),
             *row.get<std::optional<bool>>("good")},
            expected);
      CHECK(*row.get<std::string_view>("note") == expected.note);
      const auto tuple = row.as<std::tuple<std::int64_t, int, std::string_view, std::optional<bool>>>();
      REQUIRE(tuple);
      CHECK(*tuple == std::tuple{expected.id, expected.value, std::string_view{expected.note}, expected.good});
      check(row.as<reading>().value(), expected);
      CHECK(row.as<named_reading>()->id == expected.id);
    }
    const auto all = r.all<reading>();
    REQUIRE(all);
    REQUIRE(all->size() == 2);
    check((*all)[0], first);
    check((*all)[1], second);
    const auto named = r.all<named_reading>();
    REQUIRE(named);
    CHECK((*named)[0].note == "one");
    CHECK((*named)[1].id == second.id);
    CHECK(std::get<1>(r.all<std::tuple<std::int64_t, int, std::string, std::optional<bool>>>()->at(1)) == 3);
  }
}

TEST_CASE("what cannot be read is refused in the same words by every path", "[result][row][direct]") {
  const std::string place = "column \"x\" (0), row 0: ";
  CHECK(problem<int>(st::int4, "\0\0\0\1"s) == "read");
  CHECK(problem<int>(st::int4, "\0\0\1"s) == place + "malformed int4 (3 bytes in binary format)");
  CHECK(problem<int>(st::int4, "\0\0\0\0\1"s) == place + "malformed int4 (5 bytes in binary format)");
  CHECK(problem<int>(st::int4, ""s) == place + "malformed int4 (0 bytes in binary format)");
  CHECK(problem<int>(st::int4, std::nullopt)
        == place + "NULL of int4 cannot be read as std::int32_t: ask for a std::optional");
  CHECK(problem<int>(st::int8, "\0\0\0\1\0\0\0\0"s) == place + "a value of int8 does not fit std::int32_t");
  CHECK(problem<unsigned>(st::int4, "\xFF\xFF\xFF\xFF"s) == place + "a value of int4 does not fit std::uint32_t");
  CHECK(problem<int>(st::text, "1"s) == place + "text cannot be read as std::int32_t in binary format");
  CHECK(problem<bool>(st::bool_, "\2"s) == place + "malformed bool (1 bytes in binary format)");
  CHECK(problem<bool>(st::int4, "\0\0\0\1"s) == place + "int4 cannot be read as bool in binary format");
  CHECK(problem<float>(st::float8, "\0\0\0\0\0\0\0\0"s) == place + "float8 cannot be read as float in binary format");
  CHECK(problem<double>(st::float8, "\0\0\0\0"s) == place + "malformed float8 (4 bytes in binary format)");
  CHECK(problem<std::string_view>(st::int4, "\0\0\0\1"s)
        == place + "int4 cannot be read as std::string_view in binary format: ask for result_format::text");
  CHECK(problem<std::string>(st::text, std::nullopt)
        == place + "NULL of text cannot be read as std::string: ask for a std::optional");
  CHECK(problem<std::optional<int>>(st::int4, std::nullopt) == "read");
  CHECK(problem<std::optional<int>>(st::text, "1"s) == place + "text cannot be read as std::int32_t in binary format");
  CHECK(problem<std::string>(st::int4, "\0\0\0\1"s) == "read");
  CHECK(problem<double>(st::float4, "\0\0\0\0"s) == "read");
}

TEST_CASE("the error of many rows names the first bad one", "[result][row][direct]") {
  auto rows = binary_rows();
  rows.push_back({"\0\0\0\0\0\0\0\1"s, "\0"s, "x"s, "\1"s});
  rows.push_back({"\0"s, "\0"s, std::nullopt, "\1"s});
  const auto r = make(reading_columns(result_format::binary), std::move(rows));
  const auto* expected = "column \"value\" (1), row 2: malformed int4 (1 bytes in binary format)";
  CHECK(r.all<reading>().error().message == expected);
  CHECK((r.all<std::tuple<std::int64_t, int, std::string, std::optional<bool>>>().error().message) == expected);
  CHECK(r.all<named_reading>().error().message
        == "column \"note\" (2), row 3: NULL of text cannot be read as std::string: ask for a std::optional");
  CHECK(r.all<std::pair<int, int>>().error().message == "a row of 4 columns cannot be read as 2 values");
}

TEST_CASE("columns beyond those with shapes are read, too", "[result][row][direct]") {
  constexpr std::size_t width = column_shapes::count_max + 2;
  std::vector<owned_result::column> columns;
  std::vector<cell> cells;
  for (std::size_t i = 0; i < width; ++i) {
    columns.push_back({"c" + std::to_string(i), st::int4, result_format::binary});
    cells.push_back("\0\0\0"s + static_cast<char>(i));
  }
  const auto r = make(std::move(columns), {std::move(cells)});
  CHECK(r.data()->shapes().count() == column_shapes::count_max);
  for (std::size_t i = 0; i < width; ++i) CHECK(*r[0].get<int>(i) == static_cast<int>(i));
  CHECK(r[0].get<bool>(width - 1).error().message
        == "column \"c17\" (17), row 0: int4 cannot be read as bool in binary format");
  CHECK(r[0].get<int>(width).error().message == "there is no column 18: the result has 18 columns, counted from 0");
}

TEST_CASE("shapes are those of the first columns", "[result][direct]") {
  column_shapes x;
  CHECK(x.count() == 0);
  for (std::uint32_t i = 0; i < column_shapes::count_max + 3; ++i)
    x.add(100 + i, i % 3 == 0 ? result_format::binary : result_format::text);
  REQUIRE(x.count() == column_shapes::count_max);
  for (std::uint32_t i = 0; i < x.count(); ++i) {
    CHECK(x.type(i) == 100 + i);
    CHECK(x.format(i) == (i % 3 == 0 ? result_format::binary : result_format::text));
  }
}

TEST_CASE("bytes tell NULL from an empty value", "[result][direct]") {
  const auto owned = make({{"a", st::text}, {"b", st::text}}, {{""s, std::nullopt}});
  for (const auto& r : {owned, result{std::make_shared<plain_data>(owned)}}) {
    CHECK(r.data()->bytes_at(0, 0).data() != nullptr);
    CHECK(r.data()->bytes_at(0, 0).empty());
    CHECK(r.data()->bytes_at(0, 1).data() == nullptr);
  }
  CHECK(result{std::make_shared<plain_data>(owned)}.data()->shapes().count() == 0);
}

} // namespace tripool::test
