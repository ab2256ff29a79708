// A table of credits by text.
#include "tripool/core/pool/pace_book.hpp"

#include "tripool/core/util/text_hash.hpp"

#include <bit>

namespace tripool {

pace_key pace_key_of(std::string_view text, pace_key before) noexcept {
  // Multiplied by an odd constant, so that the order of a batch's texts counts.
  const pace_key out = (before * 0x9E3779B97F4A7C15u) ^ hash_text(text);
  return out == 0 ? 1 : out; // 0 marks an empty entry.
}

pace_book::pace_book(std::size_t capacity) : entries_(std::bit_ceil(capacity == 0 ? std::size_t{1} : capacity)) {
  // nop
}

bool pace_book::quick(pace_key key) const noexcept {
  const auto& x = entries_[key & (entries_.size() - 1)];
  return x.key == key && x.credit > 0;
}

void pace_book::was_quick(pace_key key) noexcept {
  auto& x = at(key);
  if (x.key != key) {
    x = {key, 1};
  } else if (x.credit < 1) {
    ++x.credit;
  }
}

void pace_book::was_slow(pace_key key) noexcept {
  at(key) = {key, static_cast<std::int8_t>(1 - quick_after_slow)};
}

void pace_book::was_unclear(pace_key key) noexcept {
  auto& x = at(key);
  if (x.key == key && x.credit > 0) x.credit = 0;
}

} // namespace tripool
