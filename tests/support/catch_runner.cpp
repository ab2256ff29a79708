// Catch2's runner, for version 2 and 3 alike. Nothing else belongs here: Catch2 v2 compiles its whole runner into this
// file.
// Used through catch_runner.hpp.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.hpp"

#include "tests/support/catch_runner.hpp"

namespace tripool::test {

int run_catch(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}

} // namespace tripool::test
