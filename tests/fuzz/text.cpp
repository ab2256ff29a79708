// Fuzzes what reads texts into value types: numeric, uuid, inet, cidr. What is read is written, and the text that comes
// out must be read as the same value. Knows nothing of the wire. Built with libFuzzer, or with replay.cpp.
#include "tripool/core/types/network.hpp"
#include "tripool/core/types/numeric.hpp"
#include "tripool/core/types/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

template <class T>
void check(std::string_view text) {
  const auto x = T::parse(text);
  if (!x) return;
  const auto again = T::parse(to_string(*x));
  if (!again || !(*again == *x)) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  if (text.ends_with('\n')) text.remove_suffix(1); // The files of the corpus end with one.
  check<tripool::numeric>(text);
  check<tripool::uuid>(text);
  check<tripool::inet>(text);
  check<tripool::cidr>(text);
  return 0;
}
