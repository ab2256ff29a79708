// Suggestions for mistyped names.
#include "tests/support/catch.hpp"

#include "tripool/core/config/suggestion.hpp"

#include <array>

using namespace tripool;

namespace {

constexpr std::array<std::string_view, 4> known{"connections-min", "connections-max", "queue-max", "port"};

} // namespace

TEST_CASE("a mistyped name is answered with the nearest known one") {
  CHECK(nearest_name("conections-max", known) == "connections-max");
  CHECK(nearest_name("connections_max", known) == "connections-max");
  CHECK(nearest_name("QUEUE-MAX", known) == "queue-max");
  CHECK(nearest_name("prot", known) == "port");
  CHECK(did_you_mean("prot", known) == "; did you mean port?");
}

TEST_CASE("a name that resembles nothing gets no suggestion") {
  CHECK(nearest_name("x", known).empty());
  CHECK(nearest_name("", known).empty());
  CHECK(nearest_name("retry-policy", known).empty());
  CHECK(nearest_name(std::string(10'000, 'p'), known).empty());
  CHECK(did_you_mean("retry-policy", known).empty());
}
