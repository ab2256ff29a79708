// The parts of encoding that can fail: texts and lengths.
#include "tripool/core/codec/encoder.hpp"

#include "tripool/core/util/utf8.hpp"

#include <limits>
#include <utility>

namespace tripool {

void encoder::put_text(std::string_view text) {
  if (const auto found = find_text_fault(text)) {
    fail("22021", (found->nul ? "holds a NUL byte at offset " : "is not valid UTF-8 at offset ")
                    + std::to_string(found->at) + " of a text of " + std::to_string(text.size()) + " bytes");
  }
  put(text);
}

std::size_t encoder::begin_value() {
  const auto place = to_.size();
  put32(0);
  return place;
}

void encoder::end_value(std::size_t place) {
  const auto length = to_.size() - place - 4;
  if (length > std::numeric_limits<std::int32_t>::max())
    return fail("54000", "has a part of " + std::to_string(length) + " bytes, more than fit one message");
  write<4>(place, length);
}

void encoder::fail(std::string_view sqlstate, std::string message) {
  if (!fault_) fault_ = encode_fault{std::string{sqlstate}, std::move(message)};
}

} // namespace tripool
