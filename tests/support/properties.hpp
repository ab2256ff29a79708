// Property tests: a claim that must hold for all values, tried with many random ones, and shrunk to a small example
// when it fails. RapidCheck with a constant seed, so that a run repeats; TRIPOOL_SEED in the environment sets another.
// Used by unit tests; they include this file and never RapidCheck's own.
#pragma once

#include "tests/support/catch.hpp"

#include <rapidcheck.h>

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace tripool::test {

/// The seed of all properties of this run.
inline std::uint64_t property_seed() {
  const char* given = std::getenv("TRIPOOL_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20'241'123;
}

/// Checks a claim with `times` random values: a callable whose arguments are generated, and that uses RC_ASSERT.
template <class Claim>
void holds_for_all(const std::string& what, Claim&& claim, int times = 200) {
  rc::detail::TestMetadata about;
  about.description = what;
  rc::detail::TestParams how;
  how.seed = property_seed();
  how.maxSuccess = times;
  const auto out = rc::detail::checkTestable(std::forward<Claim>(claim), about, how);
  std::ostringstream text;
  rc::detail::printResultMessage(out, text);
  INFO(what << ", seed " << how.seed << ": " << text.str());
  CHECK(out.template is<rc::detail::SuccessResult>());
}

} // namespace tripool::test
