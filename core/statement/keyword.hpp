// The SQL keywords that Tripool must know to tell what a statement is, and a quick way to find them.
// Not the whole grammar: only words that begin a command or change what a command means for sharing a connection.
// Knows nothing of positions or meaning. Used by the scanner.
#pragma once

#include <cstdint>
#include <string_view>

namespace tripool {

// clang-format off
/// A keyword; `none` for every other word. The order is that of `keyword_names` in keyword.cpp.
enum class keyword : std::uint8_t {
  none,
  // commands that read
  select_, values_, table_, with_, explain_, show_, fetch_, move_, close_, lock_, call_, do_,
  // commands that change data or the schema
  insert_, update_, delete_, merge_, create_, alter_, drop_, truncate_, grant_, revoke_, comment_, security_, reindex_,
  vacuum_, analyze_, analyse_, cluster_, checkpoint_, refresh_, import_, reassign_, notify_,
  // commands that control a transaction
  begin_, start_, commit_, end_, rollback_, abort_, savepoint_, release_,
  // commands that change the session
  prepare_, execute_, deallocate_, set_, reset_, listen_, unlisten_, discard_, load_, declare_,
  copy_,
  // words inside commands
  transaction_, prepared_, local_, constraints_, temp_, temporary_, global_, or_, replace_, unique_, function_,
  procedure_, atomic_, case_, recursive_, as_, not_, materialized_, search_, cycle_, using_, to_, for_, no_, key_,
  share_, into_, hold_, on_, database_, tablespace_, subscription_, concurrently_, system_, substring_, overlay_,
  false_, off_, verbose_,
};
// clang-format on

/// Finds a keyword, in any case. Returns `none` for other words.
keyword find_keyword(std::string_view word) noexcept;

/// The keyword in capitals, for messages; empty for `none`.
std::string_view to_string(keyword x) noexcept;

/// Whether it begins a command that changes data or the schema: INSERT, CREATE, GRANT, VACUUM ...
constexpr bool begins_write(keyword x) noexcept {
  return x >= keyword::insert_ && x <= keyword::notify_;
}

/// Whether it begins a command that controls a transaction: BEGIN, COMMIT, SAVEPOINT ...
constexpr bool begins_transaction_control(keyword x) noexcept {
  return x >= keyword::begin_ && x <= keyword::release_;
}

/// Whether it begins a command that changes the session: SET, LISTEN, PREPARE ...
constexpr bool begins_session_change(keyword x) noexcept {
  return x >= keyword::prepare_ && x <= keyword::declare_;
}

} // namespace tripool
