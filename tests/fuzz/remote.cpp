// Fuzzes what comes from another node: statements, batches, lists, results, failures and notifications. How it works:
//   1. the first byte picks the message, the rest is its content as CAF's serializer writes it;
//   2. what is read is written again, and what that gives must be read and written as the same bytes.
// Knows no network. Built with libFuzzer, or with replay.cpp.
#include "tripool/actors/protocol_listen.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace tripool;

using buffer = std::vector<char>;

template <class T>
bool read(T& x, const buffer& from) {
  caf::binary_deserializer in{nullptr, from};
  return !in(x);
}

template <class T>
buffer written(T& x) {
  buffer out;
  caf::binary_serializer to{nullptr, out};
  if (to(x)) std::abort();
  return out;
}

template <class T>
void check(const buffer& from) {
  T x;
  if (!read(x, from)) return;
  const auto once = written(x);
  T y;
  if (!read(y, once) || written(y) != once) std::abort();
  if (caf::deep_to_string(y).empty()) std::abort();
}

using checker = void (*)(const buffer&);

constexpr checker checkers[] = {check<statement>, check<batch>,   check<statement_list>, check<result>,
                                check<reply>,     check<failure>, check<list_reply>,     check<notification>};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  checkers[data[0] % std::size(checkers)]({data + 1, data + size});
  return 0;
}
