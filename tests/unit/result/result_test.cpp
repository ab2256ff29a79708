// Results as handles: empty ones, owned data, columns by name, and the count in a command tag.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/result/result.hpp"

#include <memory>

namespace tripool::test {

namespace {

result tagged(std::string tag) {
  return result{std::make_shared<owned_result>(std::move(tag), std::vector<owned_result::column>{},
                                               std::vector<std::vector<owned_result::cell>>{})};
}

} // namespace

TEST_CASE("an empty handle is a result without rows and columns", "[result]") {
  const result r;
  CHECK(r.empty());
  CHECK(r.size() == 0);
  CHECK(r.columns() == 0);
  CHECK(r.command_tag().empty());
  CHECK(r.affected_rows() == 0);
  CHECK(r.memory_bytes() == 0);
  CHECK_FALSE(r.find_column("x"));
}

TEST_CASE("the count of rows is read from the command tag", "[result]") {
  CHECK(tagged("INSERT 0 3").affected_rows() == 3);
  CHECK(tagged("UPDATE 18446744073709551615").affected_rows() == 18446744073709551615U);
  CHECK(tagged("SELECT 12").affected_rows() == 12);
  CHECK(tagged("MERGE 2").affected_rows() == 2);
  for (const char* tag :
       {"", "BEGIN", "CREATE TABLE", "UPDATE ", "UPDATE x1", "UPDATE 1x", "UPDATE -1", "UPDATE 99999999999999999999"})
    CHECK(tagged(tag).affected_rows() == 0);
}

TEST_CASE("owned data tells NULL from an empty text", "[result]") {
  const result r{std::make_shared<owned_result>(
    "SELECT 1",
    std::vector<owned_result::column>{{"a", server_type::text}, {"b", server_type::int4, result_format::binary}},
    std::vector<std::vector<owned_result::cell>>{{"", std::nullopt}})};
  CHECK(r.size() == 1);
  CHECK(r.columns() == 2);
  CHECK(r.raw(0, 0) == "");
  CHECK(r.is_null(0, 1));
  CHECK_FALSE(r.is_null(0, 0));
  CHECK(r.column_name(1) == "b");
  CHECK(r.column_type(1) == server_type::int4);
  CHECK(r.column_format(1) == result_format::binary);
  CHECK(r.find_column("b") == 1U);
  CHECK_FALSE(r.find_column("B"));
  CHECK(r.memory_bytes() > sizeof(owned_result));
}

TEST_CASE("copies of a handle share their data", "[result]") {
  const auto a = tagged("SELECT 0");
  const auto b = a;
  CHECK(a.data() == b.data());
  CHECK(a.command_tag().data() == b.command_tag().data());
}

} // namespace tripool::test
