// The edges of what PostgreSQL takes and gives: many parameters, many columns, no rows, no columns, long texts, mixed
// formats, and results at the configured bound. What is refused harms nobody.
#include "tests/integration/instance_fixture.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/core/result/row.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct world {
  world()
    : on(home, {.adjust = [](options& o) {
           o.pools.resize(1);
           o.pools[0].result_bytes_max = 1u << 20;
         }}) {
    REQUIRE(on.wait_until_writable(10s));
  }
  /// Whether the pool goes on serving, on the connections that it had.
  bool serves() { return read("select 1").has_value(); }

  answer<result> read(std::string text, result_format format = result_format::text) {
    statement s;
    s.text = std::move(text);
    s.mode = access::read;
    s.format = format;
    return db.execute(std::move(s));
  }

  test_database home;
  running_instance on;
  blocking_client db{on.system(), on.delegate()};
};

/// "select $1::int + ... " would be deep: an array constructor is flat.
statement with_parameters(std::size_t n) {
  statement s;
  s.text = "select cardinality(array[";
  for (std::size_t i = 1; i <= n; ++i) {
    if (i > 1) s.text += ',';
    s.text += '$' + std::to_string(i) + "::int";
    s.parameters.emplace_back(static_cast<std::int64_t>(i));
  }
  s.text += "])";
  s.mode = access::read;
  s.format = result_format::text;
  return s;
}

} // namespace

TEST_CASE("65,535 parameters are taken, 65,536 are refused", "[odd]") {
  world w;
  const auto most = w.db.execute(with_parameters(65'535));
  REQUIRE(most);
  CHECK(most->raw(0, 0) == "65535");
  const auto more = w.db.execute(with_parameters(65'536));
  REQUIRE(!more);
  CHECK(more.error().kind == outcome::rejected);
  CHECK(more.error().sqlstate == "54000");
  CHECK(w.serves());
}

TEST_CASE("1,600 columns come back with their names", "[odd]") {
  world w;
  std::string columns;
  for (int i = 1; i <= 1600; ++i)
    columns += (i > 1 ? ", c" : "c") + std::to_string(i) + " int2 default " + std::to_string(i);
  w.home.sql("create table wide (" + columns + "); insert into wide default values");
  for (const auto format : {result_format::text, result_format::binary}) {
    const auto x = w.read("select * from wide", format);
    REQUIRE(x);
    REQUIRE(x->columns() == 1600);
    CHECK(x->column_name(1599) == "c1600");
    CHECK((*x)[0].get<int>(1599).value() == 1600);
  }
}

TEST_CASE("results without rows, and without columns, are results", "[odd]") {
  world w;
  const auto no_rows = w.read("select 1 as one where false");
  REQUIRE(no_rows);
  CHECK(no_rows->empty());
  CHECK(no_rows->columns() == 1);
  CHECK(no_rows->column_name(0) == "one");
  const auto no_columns = w.read("select from generate_series(1, 3)");
  REQUIRE(no_columns);
  CHECK(no_columns->size() == 3);
  CHECK(no_columns->columns() == 0);
  const auto neither = w.read("select where false");
  REQUIRE(neither);
  CHECK(neither->size() == 0);
  CHECK(neither->columns() == 0);
}

TEST_CASE("a text of a megabyte and more is run, also as one of a batch", "[odd]") {
  world w;
  const std::string long_text = "select length('" + std::string(3u << 19, 'x') + "')";
  const auto x = w.read(long_text);
  REQUIRE(x);
  CHECK(x->raw(0, 0) == std::to_string(3u << 19));
  batch b;
  for (const auto& text : {long_text, std::string{"select 2"}}) {
    b.statements.emplace_back();
    b.statements.back().text = text;
  }
  const auto all = w.db.execute(std::move(b));
  REQUIRE(all);
  CHECK(all->size() == 2);
}

TEST_CASE("a text without a statement is refused before it is sent", "[odd]") {
  world w;
  for (const char* text : {"", " ", ";", "-- nothing", "/* nothing */ ;"}) {
    CAPTURE(text);
    const auto x = w.read(text);
    REQUIRE(!x);
    CHECK(x.error().kind == outcome::rejected);
    CHECK(x.error().sqlstate == "42601");
    CHECK(x.error().attempts == 0);
  }
  CHECK(w.serves());
}

TEST_CASE("text and binary results stand side by side in one batch", "[odd]") {
  world w;
  batch b;
  for (const auto format : {result_format::text, result_format::binary, result_format::text}) {
    b.statements.emplace_back();
    b.statements.back().text = "select 258::int4 as n";
    b.statements.back().format = format;
  }
  for (int i = 0; i < 3; ++i) { // Unprepared, at its preparation, and prepared.
    const auto all = w.db.execute(b);
    REQUIRE(all);
    CHECK((*all)[0].raw(0, 0) == "258");
    CHECK((*all)[0].column_format(0) == result_format::text);
    CHECK((*all)[1].raw(0, 0) == std::string_view("\0\0\1\2", 4));
    CHECK((*all)[1].column_format(0) == result_format::binary);
    for (const auto& x : *all) CHECK(x[0].get<int>(0).value() == 258);
  }
}

TEST_CASE("a result up to result-bytes-max is given, a larger one is refused and its statement ended", "[odd]") {
  world w;
  const auto fits = w.read("select repeat('x', 900000)");
  REQUIRE(fits);
  CHECK(fits->raw(0, 0)->size() == 900'000);
  for (const char* text :
       {"select repeat('x', 1100000)", "select repeat('x', 1000) from (select generate_series(1, 1000000)) rows"}) {
    CAPTURE(text);
    const auto x = w.read(text);
    REQUIRE(!x);
    CHECK(x.error().kind == outcome::rejected);
    CHECK(x.error().why == cause::result_too_large);
    CHECK(x.error().sqlstate == "54000");
    CHECK(w.serves());
  }
}
