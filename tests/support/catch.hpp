// Catch2 for every test of this tree, whichever major version is installed: version 2 (Debian 12) and version 3
// (Debian 13) differ in where their headers lie and in the namespace of their matchers. Tests include this file and
// never Catch2's own.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#  include <catch2/catch_all.hpp>
#else
#  include <catch2/catch.hpp>
#endif

namespace tripool::test {

using Catch::Approx;
namespace matchers = Catch::Matchers;

} // namespace tripool::test
