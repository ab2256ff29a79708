// The table of keywords: a hash table that is built at compile time.
#include "tripool/core/statement/keyword.hpp"

#include <array>
#include <cstddef>

namespace tripool {

namespace {

// clang-format off
constexpr auto keyword_names = std::to_array<std::string_view>({
  "",
  "SELECT", "VALUES", "TABLE", "WITH", "EXPLAIN", "SHOW", "FETCH", "MOVE", "CLOSE", "LOCK", "CALL", "DO",
  "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE", "GRANT", "REVOKE", "COMMENT",
  "SECURITY", "REINDEX", "VACUUM", "ANALYZE", "ANALYSE", "CLUSTER", "CHECKPOINT", "REFRESH", "IMPORT", "REASSIGN",
  "NOTIFY",
  "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE",
  "PREPARE", "EXECUTE", "DEALLOCATE", "SET", "RESET", "LISTEN", "UNLISTEN", "DISCARD", "LOAD", "DECLARE",
  "COPY",
  "TRANSACTION", "PREPARED", "LOCAL", "CONSTRAINTS", "TEMP", "TEMPORARY", "GLOBAL", "OR", "REPLACE", "UNIQUE",
  "FUNCTION", "PROCEDURE", "ATOMIC", "CASE", "RECURSIVE", "AS", "NOT", "MATERIALIZED", "SEARCH", "CYCLE", "USING", "TO",
  "FOR", "NO", "KEY", "SHARE", "INTO", "HOLD", "ON", "DATABASE", "TABLESPACE", "SUBSCRIPTION", "CONCURRENTLY", "SYSTEM",
  "SUBSTRING", "OVERLAY", "FALSE", "OFF", "VERBOSE",
});
// clang-format on
static_assert(keyword_names.size() == static_cast<std::size_t>(keyword::verbose_) + 1);
static_assert(keyword_names[static_cast<std::size_t>(keyword::insert_)] == "INSERT");
static_assert(keyword_names[static_cast<std::size_t>(keyword::copy_)] == "COPY");

constexpr std::size_t slot_count = 512; // A power of two, about five times the keywords: few probes go on.
constexpr std::size_t length_max = 12;  // MATERIALIZED, SUBSCRIPTION, CONCURRENTLY

constexpr unsigned folded(char c) noexcept {
  return static_cast<unsigned char>(c) | 0x20U;
}

constexpr std::size_t hash(std::string_view word) noexcept {
  const std::size_t n = word.size();
  return (folded(word[0]) * 31U + folded(word[1]) * 7U + folded(word[n - 1]) * 131U + n * 17U) % slot_count;
}

constexpr auto slots = [] {
  std::array<keyword, slot_count> out{};
  for (std::size_t i = 1; i < keyword_names.size(); ++i) {
    std::size_t slot = hash(keyword_names[i]);
    while (out[slot] != keyword::none) slot = (slot + 1) % slot_count;
    out[slot] = static_cast<keyword>(i);
  }
  return out;
}();

/// Only letters can be equal to a letter after folding, so that this is exact for every word.
bool same_word(std::string_view word, std::string_view name) noexcept {
  if (word.size() != name.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (folded(word[i]) != folded(name[i])) return false;
  }
  return true;
}

} // namespace

keyword find_keyword(std::string_view word) noexcept {
  if (word.size() < 2 || word.size() > length_max) return keyword::none;
  for (std::size_t slot = hash(word);; slot = (slot + 1) % slot_count) {
    const keyword found = slots[slot];
    if (found == keyword::none || same_word(word, keyword_names[static_cast<std::size_t>(found)])) return found;
  }
}

std::string_view to_string(keyword x) noexcept {
  return keyword_names[static_cast<std::size_t>(x)];
}

} // namespace tripool
