// Types found by name: looking them up both ways, domains, arrays, and reading them from pg_type's rows.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/codec/type_catalogue.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/parameter.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tripool::test {

using matchers::Contains;
namespace st = server_type;

namespace {

type_catalogue some_types() {
  using kind = catalogue_entry::kind;
  return type_catalogue{{
    {16'400, "public", "mood", kind::enumeration, true, 0, 16'401, 0},
    {16'401, "public", "_mood", kind::base, true, 16'400, 0, 0},
    {16'402, "other", "mood", kind::enumeration, false, 0, 0, 0},
    {16'403, "public", "positive", kind::domain, true, 0, 0, st::int4},
    {16'404, "public", "small", kind::domain, true, 0, 0, 16'403},
    {16'405, "public", "loop", kind::domain, true, 0, 0, 16'405},
  }};
}

} // namespace

TEST_CASE("types are found by their names, with and without schema, and their arrays", "[codec][catalogue]") {
  const auto types = some_types();
  CHECK(types.oid_of("mood") == 16'400);
  CHECK(types.oid_of("mood[]") == 16'401);
  CHECK(types.oid_of("public.mood") == 16'400);
  CHECK(types.oid_of("other.mood") == 16'402);
  CHECK(types.oid_of("other.mood[]") == 0);
  CHECK(types.oid_of("Mood") == 0);
  CHECK(types.oid_of("") == 0);
  CHECK(types.oid_of("[]") == 0);
}

TEST_CASE("types are named for people, those behind the search path with their schema", "[codec][catalogue]") {
  const auto types = some_types();
  CHECK(types.name_of(16'400) == "mood");
  CHECK(types.name_of(16'401) == "mood[]");
  CHECK(types.name_of(16'402) == "other.mood");
  CHECK(types.name_of(23).empty());
}

TEST_CASE("a domain is what it restricts, at the bottom", "[codec][catalogue]") {
  const auto types = some_types();
  CHECK(types.base_of(16'404) == st::int4);
  CHECK(types.base_of(16'400) == 16'400);
  CHECK(types.base_of(16'405) == 16'405); // A damaged answer must not hang.
}

TEST_CASE("pg_type's rows become a catalogue, and other rows do not", "[codec][catalogue]") {
  using column = owned_result::column;
  std::vector<column> columns{{"oid", st::int8},      {"nspname", st::text},  {"typname", st::text},
                              {"typtype", st::text},  {"visible", st::bool_}, {"elem", st::int8},
                              {"typarray", st::int8}, {"base", st::int8}};
  const auto read = [&](std::vector<owned_result::cell> row) {
    std::vector<std::vector<owned_result::cell>> rows;
    rows.push_back(std::move(row));
    return read_type_catalogue(result{std::make_shared<owned_result>("SELECT 1", columns, std::move(rows))});
  };
  const auto types = read({"16400", "public", "mood", "e", "t", "0", "16401", "0"});
  REQUIRE(types);
  REQUIRE(types->find(16'400));
  CHECK(types->find(16'400)->what == catalogue_entry::kind::enumeration);
  CHECK(types->oid_of("mood[]") == 16'401);
  CHECK_FALSE(read({"16400", "public", "mood", "enum", "t", "0", "16401", "0"}));
  CHECK_FALSE(read({"-1", "public", "mood", "e", "t", "0", "16401", "0"}));
  CHECK_FALSE(read({std::nullopt, "public", "mood", "e", "t", "0", "16401", "0"}));
}

TEST_CASE("a parameter found by name states the OID that its database has for it", "[codec][catalogue]") {
  const auto types = some_types();
  encoded_parameter x;
  x.type_name = "mood";
  x.data.emplace();
  const std::vector<parameter> parameters{1, x};
  CHECK(stated_types(parameters, &types) == std::vector<std::uint32_t>{0, 16'400});
  CHECK(stated_types(parameters) == std::vector<std::uint32_t>{0, 0});
  CHECK(names_unknown_type(parameters, nullptr));
  CHECK_FALSE(names_unknown_type(parameters, &types));
  CHECK(stated_types(std::vector<parameter>{1, "a", nullptr}).empty());
}

} // namespace tripool::test
