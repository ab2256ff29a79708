// The main function of every test executable that has none of its own. Nothing else belongs here: a program with a main
// function of its own links the same library, and this file then stays out of it.
// Knows only the runner.
#include "tests/support/catch_runner.hpp"

int main(int argc, char* argv[]) {
  return tripool::test::run_catch(argc, argv);
}
