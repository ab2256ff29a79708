// The toy SQL of the simulated server: a few recognised texts, enough to tell a row that is there from one that is not.
// Words are separated by blanks, keywords may be in upper or lower case, $1, $2 ... stand for the parameters:
//   insert K V [unique] | update K V | delete K | select K | select null | select big N | select put K V
//   savepoint N | rollback to savepoint N | release savepoint N | discard all | set N V | show N
//   vacuum | call K V | noop | begin [... read only] | commit | rollback | deallocate NAME | the monitor's probe
//   copy K from stdin (one row a line; a line "bad" is refused) | copy K to stdout | copy big N to stdout (N rows)
//   claim T (or ask T, withdraw T), which is what the statements around a token become
//   listen "K" | unlisten "K" | notify K V, which is what `select pg_notify($1, $2)` becomes
// Knows nothing of sessions. Used by the simulated backend.
#pragma once

#include "tripool/core/statement/parameter.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tripool::test {

/// What a text asks for.
enum class sim_verb : std::uint8_t {
  unknown,       ///< A syntax error.
  insert,        ///< Adds a row to the key; keys may hold several rows, so that a repeated insert shows.
  insert_unique, ///< As `insert`, but 23505 if the key holds a row.
  update,        ///< Changes all rows of the key.
  remove,        ///< Deletes all rows of the key.
  select,        ///< One row for each row of the key, column "value".
  select_null,   ///< One row that holds a NULL.
  select_big,    ///< One row of `size` bytes.
  select_put,    ///< A SELECT of a function that writes: an insert that looks like a read.
  call,          ///< A procedure that inserts and commits by itself: refuses a block, may fail afterwards.
  vacuum,        ///< Refuses every transaction block, also the implicit one of a pipeline.
  listen,        ///< LISTEN on the channel `key`.
  unlisten,
  notify, ///< NOTIFY on the channel `key` with the payload `value`.
  noop,   ///< A command without effect.
  begin,
  begin_read_only,
  commit,
  rollback,
  savepoint,
  rollback_to,
  release_savepoint,
  discard_all,
  set,  ///< Session state: `show` tells it, `discard all` forgets it.
  show, ///< One row with the value, or an empty text.
  deallocate,
  probe,
  position,       ///< Timeline and position of the log.
  identity,       ///< The transaction's id, the cluster, the timeline and the server's incarnation.
  status,         ///< What became of the transaction `key` of the timeline `value`.
  token_claim,    ///< A token's row, unique: waits for another transaction that has it under way.
  token_ask,      ///< One row with `applied`, or none; counts as a write.
  token_withdraw, ///< Inserts an unapplied row unless there is one; one row with `applied`.
  copy_in,
  copy_out,
  copy_out_big, ///< `size` rows.
};

/// A text, taken apart.
struct sim_command {
  sim_verb what = sim_verb::unknown;
  std::string key;
  std::string value;
  std::size_t size = 0;

  bool writes() const noexcept;
  /// Steers a transaction: none of the faults for ordinary statements apply.
  bool is_control() const noexcept;
};

/// The text with its parameters in place of $n, blanks normalised: what ledgers and faults know a statement by.
std::string sim_bound_text(std::string_view text, std::span<const parameter> parameters);

/// Takes a bound text apart.
sim_command sim_parse(std::string_view bound);

} // namespace tripool::test
