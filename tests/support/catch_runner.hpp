// Catch2's runner as a function, apart from any main function, so that programs which are no test executables can link
// code that uses Catch2's macros.
// Used by catch_main.cpp.
#pragma once

namespace tripool::test {

/// Runs the tests of this executable as its command line says; returns the process's exit code.
int run_catch(int argc, char* argv[]);

} // namespace tripool::test
