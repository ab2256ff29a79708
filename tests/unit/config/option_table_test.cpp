// The table agrees with itself and with the defaults.
#include "tests/support/catch.hpp"

#include "tripool/core/config/apply.hpp"
#include "tripool/core/config/reference.hpp"

#include <set>

using namespace tripool;

namespace {

bool is_number(const option_spec& x) {
  return x.type == option_type::time_span || x.type == option_type::count || x.type == option_type::size;
}

} // namespace

TEST_CASE("every key is named once in its group, and is documented") {
  std::set<std::pair<option_group, std::string_view>> seen;
  for (const auto& x : option_table()) {
    INFO(x.key);
    CHECK(seen.emplace(x.group, x.key).second);
    CHECK(x.doc.size() > 10);
    CHECK(x.key.find('_') == std::string_view::npos);
  }
}

TEST_CASE("every default lies within its bounds and in its steps") {
  options o;
  pool_options p;
  for (const auto& x : option_table()) {
    INFO(x.key);
    if (!is_number(x)) continue;
    REQUIRE(x.min < x.max);
    CHECK(number_of(x, o, p) >= x.min);
    CHECK(number_of(x, o, p) <= x.max);
    CHECK(number_of(x, o, p) % x.step == 0);
  }
}

TEST_CASE("each key sets a field of its own") {
  options o;
  pool_options p;
  for (const auto& x : option_table()) {
    if (!is_number(x)) continue;
    INFO(x.key);
    // A value that no default has.
    const auto odd = x.max - x.max % x.step == number_of(x, o, p) ? x.min : x.max - x.max % x.step;
    options changed;
    pool_options changed_pool;
    store_number(x, odd, changed, changed_pool);
    for (const auto& other : option_table())
      if (is_number(other) && &other != &x) CHECK(number_of(other, changed, changed_pool) == number_of(other, o, p));
    CHECK(number_of(x, changed, changed_pool) == odd);
  }
}

TEST_CASE("both bounds of every number are accepted, and what lies beyond is refused with the bounds") {
  for (const auto& x : option_table()) {
    if (!is_number(x)) continue;
    INFO(x.key);
    options o;
    pool_options p;
    const auto value = [&](std::int64_t n) {
      return x.type == option_type::time_span ? config_value{duration{n}} : config_value{n};
    };
    CHECK_FALSE(apply_value(x, value(x.min), o, p));
    CHECK_FALSE(apply_value(x, value(x.max), o, p));
    for (const auto beyond : {x.min - x.step, x.max + x.step}) {
      const auto error = apply_value(x, value(beyond), o, p);
      REQUIRE(error);
      CHECK(error->find(allowed_text(x)) != std::string::npos);
      CHECK(number_of(x, o, p) == x.max);
    }
  }
}

TEST_CASE("the reference lists every key of a group and is replaced in place") {
  const std::string page = "before\n<!-- table: monitor -->\nold\n<!-- end -->\nafter\n";
  const auto written = rewrite_reference(page);
  for (const auto key : option_names(option_group::monitor))
    CHECK(written.find("`" + std::string{key} + "`") != std::string::npos);
  CHECK(written.starts_with("before\n<!-- table: monitor -->\n"));
  CHECK(written.ends_with("<!-- end -->\nafter\n"));
  CHECK(written.find("old") == std::string::npos);
  CHECK(rewrite_reference(written) == written);
}
