// The cache of what texts are: it must never tell the traits of another text, and a check with it must say what a check
// without it says.
#include "tests/support/catch.hpp"
#include "tripool/core/statement/check.hpp"

#include <string>
#include <vector>

namespace tripool::test {

namespace {

statement make(std::string text, std::vector<parameter> parameters = {}, access mode = access::write) {
  statement out;
  out.text = std::move(text);
  out.parameters = std::move(parameters);
  out.mode = mode;
  return out;
}

std::string verdict(const std::optional<failure>& x) {
  return x ? x->sqlstate + " " + x->message : "sent";
}

} // namespace

TEST_CASE("a text's traits are found again, and no other text's", "[statement][traits]") {
  traits_cache cache{1}; // Every text meets every other in the one place.
  CHECK(cache.find("select $1") == nullptr);
  cache.keep("select $1", analyse("select $1"));
  REQUIRE(cache.find("select $1"));
  CHECK(cache.find("select $1")->parameters == 1);
  CHECK(cache.find("select $2") == nullptr);
  CHECK(cache.find("") == nullptr);
  cache.keep("update t set a = $2", analyse("update t set a = $2"));
  CHECK(cache.find("select $1") == nullptr);
  CHECK(cache.find("update t set a = $2")->conflict == read_conflict::writes);
}

TEST_CASE("very long texts are not kept", "[statement][traits]") {
  traits_cache cache;
  const auto text = "select '" + std::string(traits_cache::text_bytes_max, 'x') + "'";
  cache.keep(text, analyse(text));
  CHECK(cache.find(text) == nullptr);
}

TEST_CASE("a check with a cache says what one without says, however often it is asked", "[statement][check]") {
  traits_cache cache{4};
  const std::vector<statement> all{
    make("select $1", {1}, access::read),
    make("select $1"),
    make("select $1", {1, 2}),
    make("update t set a = 1", {}, access::read),
    make("update t set a = 1"),
    make("begin"),
    make("select 1; select 2"),
    make(std::string{"select '\0'", 10}),
    make("select '\xff'"),
    make(""),
    make("set local x = 1"),
    make("copy t from stdin"),
    make("select $1", {std::string{"\0", 1}}),
    make("vacuum"),
  };
  for (int round = 0; round < 3; ++round)
    for (const auto& x : all) CHECK(verdict(check(x, cache)) == verdict(check(x)));
}

TEST_CASE("what is refused is not kept", "[statement][check]") {
  traits_cache cache;
  CHECK(check(make("select '\xff'"), cache));
  CHECK(cache.find("select '\xff'") == nullptr);
  CHECK(check(make("begin"), cache));
  CHECK(cache.find("begin") == nullptr);
}

} // namespace tripool::test
