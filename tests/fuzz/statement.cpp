// Fuzzes the scanner of SQL texts and the check of statements: any text is taken apart or refused, and a refusal says
// why. Knows nothing of connections. Built with libFuzzer, or with replay.cpp.
#include "tripool/core/statement/check.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tripool::statement x;
  x.text.assign(reinterpret_cast<const char*>(data), size);
  for (const auto mode : {tripool::access::read, tripool::access::write}) {
    x.mode = mode;
    const auto why = tripool::check(x);
    if (why && (why->message.empty() || why->sqlstate.size() != 5)) std::abort();
  }
  return 0;
}
