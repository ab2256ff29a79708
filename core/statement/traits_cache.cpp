// A direct-mapped table by the text's hash; the whole text is compared, so that two texts never share traits.
#include "tripool/core/statement/traits_cache.hpp"

#include "tripool/core/util/text_hash.hpp"

#include <bit>

namespace tripool {

traits_cache::traits_cache(std::size_t capacity) : entries_(std::bit_ceil(capacity == 0 ? std::size_t{1} : capacity)) {
  // nop
}

std::size_t traits_cache::place_of(std::string_view text) const noexcept {
  return hash_text(text) & (entries_.size() - 1);
}

const statement_traits* traits_cache::find(std::string_view text) const noexcept {
  if (text.empty() || text.size() > text_bytes_max) return nullptr;
  const auto& x = entries_[place_of(text)];
  return x.text == text ? &x.traits : nullptr;
}

void traits_cache::keep(std::string_view text, const statement_traits& traits) {
  if (text.empty() || text.size() > text_bytes_max) return;
  auto& x = entries_[place_of(text)];
  x.text = text;
  x.traits = traits;
}

} // namespace tripool
