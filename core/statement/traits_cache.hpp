// What the texts that were sent before are: their traits, so that a text is read once and not with every request.
// Bounded: a fixed table in which a newcomer takes another's place. Only texts that passed the check of their encoding
// belong into it. Knows no request and no clock. Used by the delegate, on its one thread.
#pragma once

#include "tripool/core/statement/traits.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// The cache. Not thread-safe.
class traits_cache {
public:
  /// Longer texts are not kept: they are hardly ever the same, and would fill the memory.
  static constexpr std::size_t text_bytes_max = 4096;

  /// `capacity`: about how many texts it remembers; rounded up to a power of two.
  explicit traits_cache(std::size_t capacity = 512);

  /// The traits of exactly this text, or null. Valid until the next `keep`.
  const statement_traits* find(std::string_view text) const noexcept;
  /// Remembers a text. Precondition: it is valid UTF-8 without NUL, and `traits` are its own.
  void keep(std::string_view text, const statement_traits& traits);

private:
  struct entry {
    std::string text; ///< Empty: free.
    statement_traits traits;
  };
  std::size_t place_of(std::string_view text) const noexcept;

  std::vector<entry> entries_;
};

} // namespace tripool
