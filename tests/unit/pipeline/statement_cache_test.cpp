// The cache of prepared statements by itself: what is prepared when, and which names must be closed.
#include "tests/support/catch.hpp"

#include "tripool/core/pipeline/statement_cache.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace tripool;
using action = statement_plan::action;

TEST_CASE("a text is unnamed, then prepared, then run by its name", "[pipeline]") {
  statement_cache c{4};
  CHECK(c.plan("a").what == action::unnamed);
  const auto second = c.plan("a");
  REQUIRE(second.what == action::prepare);
  const auto name = *second.name;
  const auto third = c.plan("a");
  CHECK(third.what == action::run_prepared);
  CHECK(*third.name == name);
  CHECK(c.hits() == 1);
  CHECK(c.misses() == 2);
  CHECK(c.has_name(name));
}

TEST_CASE("the least recently used text leaves, and its name is to be closed", "[pipeline]") {
  statement_cache c{2};
  c.plan("a"), c.plan("a"), c.plan("b");
  const auto name = *c.find("a");
  c.plan("b"), c.plan("c"); // "a" was used longest ago.
  CHECK(c.take_evicted() == name);
  CHECK(!c.take_evicted());
  CHECK(!c.find("a"));
  CHECK(c.find("b"));
  CHECK(c.prepared() == 1);
}

TEST_CASE("a dropped text is prepared anew, under a name never used before", "[pipeline]") {
  statement_cache c{2};
  c.plan("a"), c.plan("a");
  const auto name = *c.find("a");
  c.drop("a");
  c.drop("a");
  CHECK(c.take_evicted() == name);
  CHECK(!c.take_evicted());
  const auto again = c.plan("a");
  CHECK(again.what == action::prepare);
  CHECK(*again.name != name);
}

TEST_CASE("a name whose preparation failed is forgotten, texts without a name are not touched", "[pipeline]") {
  statement_cache c{3};
  c.plan("a"), c.plan("b"), c.plan("b");
  c.drop_name("");
  CHECK(c.prepared() == 1);
  CHECK(!c.has_name(""));
  c.drop_name(*c.find("b"));
  CHECK(c.prepared() == 0);
  CHECK(c.plan("b").what == action::prepare);
}

TEST_CASE("the same text with other stated types is another statement", "[pipeline]") {
  statement_cache c{4};
  const std::vector<std::uint32_t> none, numbers{23, 0}, texts{25, 0};
  c.plan("a", numbers), c.plan("a", numbers);
  CHECK(c.plan("a").what == action::unnamed);
  CHECK(c.plan("a", texts).what == action::unnamed);
  CHECK(c.plan("a", numbers).what == action::run_prepared);
  CHECK(c.plan("a", texts).what == action::prepare);
  CHECK(*c.find("a", texts) != *c.find("a", numbers));
  CHECK(!c.find("a"));
  c.drop("a");
  CHECK(!c.find("a", texts));
  CHECK(!c.find("a", numbers));
  CHECK(c.prepared() == 0);
  CHECK((c.take_evicted() && c.take_evicted() && !c.take_evicted()));
}

TEST_CASE("a cleared cache knows nothing, and closes nothing", "[pipeline]") {
  statement_cache c{1};
  c.plan("a"), c.plan("a"), c.plan("b");
  c.clear();
  CHECK(!c.take_evicted());
  CHECK(c.plan("a").what == action::unnamed);
}
