// Secrets live where no core dump looks.
#include "tests/support/catch.hpp"

#include "tripool/actors/credentials/secret_pages.hpp"
#include "tripool/core/credentials/secret.hpp"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

using namespace tripool;

namespace {

/// The kernel's flags of the memory at this address, as /proc/self/smaps lists them.
std::string flags_at(const void* where) {
  std::ifstream in{"/proc/self/smaps"};
  const auto address = reinterpret_cast<std::uintptr_t>(where);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = from <= address && address < to;
    if (inside && line.starts_with("VmFlags:")) return line + ' ';
  }
  return {};
}

} // namespace

TEST_CASE("the pages of a secret are excluded from core dumps and emptied in forked children") {
  protect_secrets();
  protect_secrets(); // Harmless.
  const auto x = secret::copy_of("a planted secret");
  const auto flags = flags_at(x.reveal());
  INFO(flags);
  REQUIRE_FALSE(flags.empty());
  CHECK(flags.find(" dd ") != std::string::npos); // MADV_DONTDUMP
  CHECK(flags.find(" wf ") != std::string::npos); // MADV_WIPEONFORK
  const auto copy = x.duplicate();
  CHECK(flags_at(copy.reveal()).find(" dd ") != std::string::npos);
  CHECK(x.same_as(copy));
}
