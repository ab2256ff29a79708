// A value or an error, and never both.
#include "tests/support/catch.hpp"
#include "tripool/core/util/expected.hpp"

#include <memory>
#include <string>

namespace tripool::test {

TEST_CASE("an expected holds a value or an error", "[util][expected]") {
  expected<int, std::string> value = 5;
  CHECK(value);
  CHECK(value.has_value());
  CHECK(*value == 5);
  CHECK(value.value_or(7) == 5);
  expected<int, std::string> error = unexpected{"why"};
  CHECK_FALSE(error);
  CHECK(error.error() == "why");
  CHECK(error.value_or(7) == 7);
}

TEST_CASE("value and error of one type are told apart", "[util][expected]") {
  const expected<std::string, std::string> value = "a";
  const expected<std::string, std::string> error = unexpected{std::string{"a"}};
  CHECK(value);
  CHECK_FALSE(error);
  CHECK(value->size() == 1);
}

TEST_CASE("what can only be moved is moved out", "[util][expected]") {
  expected<std::unique_ptr<int>, std::string> x = std::make_unique<int>(3);
  const auto out = *std::move(x);
  CHECK(*out == 3);
}

} // namespace tripool::test
