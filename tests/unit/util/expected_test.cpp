// A value or an error, and never both.
#include "tests/support/catch.hpp"
#include "tripool/core/util/expected.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

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

TEST_CASE("an expected is copied, moved and assigned with what it holds, and lets go of the other",
          "[util][expected]") {
  using shared = expected<std::shared_ptr<int>, std::string>;
  const auto kept = std::make_shared<int>(3);
  shared value = kept;
  shared error = unexpected{std::string(100, 'x')};
  shared copy = value;
  CHECK(kept.use_count() == 3);
  CHECK(**copy == 3);
  copy = error;
  CHECK(kept.use_count() == 2);
  CHECK(copy.error() == error.error());
  copy = std::move(value);
  CHECK(**copy == 3);
  CHECK(kept.use_count() == 2);
  auto& same = copy;
  copy = same;
  copy = std::move(same);
  CHECK(**copy == 3);
  copy = shared{unexpected{std::string{"short"}}};
  CHECK(kept.use_count() == 1);
  CHECK(copy.error() == "short");
  shared moved = std::move(copy);
  CHECK(moved.error() == "short");
  moved = kept;
  CHECK(kept.use_count() == 2);
}

static_assert(std::is_copy_constructible_v<expected<int, std::string>>);
static_assert(std::is_copy_assignable_v<expected<int, std::string>>);
static_assert(!std::is_copy_constructible_v<expected<std::unique_ptr<int>, std::string>>);
static_assert(!std::is_copy_assignable_v<expected<std::unique_ptr<int>, std::string>>);
static_assert(std::is_nothrow_move_constructible_v<expected<std::unique_ptr<int>, std::string>>);
static_assert(std::is_nothrow_move_assignable_v<expected<int, std::string>>);

} // namespace tripool::test
