// What stands in config/ and docs/ agrees with the program. After a change of the option table, run the tests once with
// TRIPOOL_REWRITE=1 in the environment: that writes the page's tables anew.
#include "tests/support/catch.hpp"

#include "tripool/actors/config/load.hpp"
#include "tripool/core/config/reference.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace tripool;

namespace {

const std::string source_dir = TRIPOOL_SOURCE_DIR;

std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("the example configuration is right and gives the three pools their defaults") {
  const auto x = load_file(source_dir + "/config/tripool.conf");
  if (const auto* errors = std::get_if<std::vector<config_error>>(&x)) FAIL(to_string(*errors));
  const auto& loaded = std::get<loaded_config>(x);
  CHECK(loaded.warnings.empty());
  const auto expected = default_options();
  REQUIRE(loaded.options.pools.size() == expected.pools.size());
  for (std::size_t i = 0; i < expected.pools.size(); ++i) {
    CHECK(loaded.options.pools[i].name == expected.pools[i].name);
    CHECK(loaded.options.pools[i].connections_min == expected.pools[i].connections_min);
    CHECK(loaded.options.pools[i].connections_max == expected.pools[i].connections_max);
    CHECK(loaded.options.pools[i].target.port == 5432 + i);
  }
}

TEST_CASE("the example's commented settings are right as well") {
  auto text = content_of(source_dir + "/config/tripool.conf");
  for (const std::string key : {"password-file", "sslmode", "ssl-root-cert", "channel-binding"}) {
    const auto at = text.find("; " + key + " =");
    REQUIRE(at != std::string::npos);
    text.erase(at, 2);
  }
  const auto x = load_text(std::move(text), "tripool.conf");
  if (const auto* errors = std::get_if<std::vector<config_error>>(&x)) FAIL(to_string(*errors));
}

TEST_CASE("the reference page lists the option table as it is") {
  const auto path = source_dir + "/docs/configuration.md";
  const auto page = content_of(path);
  const auto wanted = rewrite_reference(page);
  if (std::getenv("TRIPOOL_REWRITE") != nullptr)
    std::ofstream{path, std::ios::binary} << wanted;
  else
    CHECK(page == wanted);
  for (const auto* group : {"pool", "top", "requests", "monitor", "supervision", "listening", "simple-pool"})
    CHECK(page.find(std::string{"<!-- table: "} + group + " -->") != std::string::npos);
}
