// Finds what PostgreSQL would refuse in a text: a NUL byte, or bytes that are no UTF-8.
// Knows nothing of statements. Used by the check of requests before they are sent.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tripool {

/// The first byte of a text that a server with client encoding UTF8 refuses.
struct text_fault {
  std::size_t at = 0; ///< Offset in bytes.
  bool nul = false;   ///< A NUL byte; otherwise the start of a sequence that is not UTF-8.
  friend bool operator==(const text_fault&, const text_fault&) = default;
};

/// Looks for the first fault. UTF-8 as PostgreSQL defines it: no overlong forms, no surrogates, at most U+10FFFF.
std::optional<text_fault> find_text_fault(std::string_view text) noexcept;

} // namespace tripool
