// The main function of every test executable, for Catch2 version 2 and 3 alike. Nothing else belongs here: Catch2 v2
// compiles its whole runner into this file.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.hpp"

int main(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}
