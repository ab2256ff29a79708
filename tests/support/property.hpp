// RapidCheck for unit tests: a property is tried with random values that are the same in each run, since a unit test
// repeats; a failure is shrunk and printed as the reason.
// Used by tests that hold a property over all values rather than examples.
#pragma once

#include "tests/support/catch.hpp"

#include <rapidcheck.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

namespace tripool::test {

/// Tries the property (see RapidCheck's rc::check) and fails the test with the smallest values that break it.
template <class Property>
void check_property(Property&& property, std::uint64_t seed = 20'261'123) {
  rc::detail::TestParams parameters;
  parameters.seed = seed;
  const auto outcome =
    rc::detail::checkTestable(std::forward<Property>(property), rc::detail::TestMetadata{}, parameters);
  std::ostringstream told;
  rc::detail::printResultMessage(outcome, told);
  INFO(told.str());
  CHECK(outcome.template is<rc::detail::SuccessResult>());
}

} // namespace tripool::test
