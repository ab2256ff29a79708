// What a SQL text is, as far as Tripool must know before it is sent: how many statements and parameters it holds, which
// command it is, and whether it changes data, the session or the transaction. One pass, no allocation.
// It reads tokens, not the grammar: what PostgreSQL would refuse as a syntax error gets some answer, and is left to it.
// Functions that a statement calls are not seen: `SELECT set_config(...)` is a read here.
// Used by check() and, later, by a cache of traits by text.
#pragma once

#include "tripool/core/statement/keyword.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripool {

/// What a statement means for a connection that others use too.
enum class statement_kind : std::uint8_t {
  ordinary,            ///< Complete in itself.
  transaction_control, ///< BEGIN, COMMIT, SAVEPOINT, PREPARE TRANSACTION ...
  finish_prepared,     ///< COMMIT PREPARED, ROLLBACK PREPARED: ends another transaction, and stands alone.
  transaction_state, ///< SET LOCAL, SET TRANSACTION, SET CONSTRAINTS, DECLARE without HOLD: gone with the transaction.
  session_state,     ///< SET, LISTEN, PREPARE, DECLARE WITH HOLD ...: stays on the connection.
  temporary_object, ///< CREATE TEMP, SELECT INTO TEMP: stays on the connection unless ON COMMIT DROP makes it ordinary.
  copy,             ///< COPY in any direction.
};

/// Why a statement cannot be a read.
enum class read_conflict : std::uint8_t {
  none,
  writes,       ///< It changes data or the schema; `culprit` names the command.
  selects_into, ///< SELECT ... INTO makes a table.
  locks_rows,   ///< SELECT ... FOR UPDATE or FOR SHARE; `culprit` is the last of these words.
};

/// What analyse() found.
struct statement_traits {
  statement_kind kind = statement_kind::ordinary;
  keyword command = keyword::none; ///< Leading keyword; after WITH that of the main statement. EXPLAIN stays EXPLAIN.
  read_conflict conflict = read_conflict::none;
  keyword culprit = keyword::none; ///< For `writes`: the command, also one inside WITH or behind EXPLAIN ANALYZE.
  std::uint8_t statements = 0;     ///< 0: only blanks, comments and semicolons; 1; 2: several.
  bool own_transaction = false; ///< Refuses a transaction block or commits by itself: VACUUM, CALL, CREATE DATABASE ...
  bool unterminated = false;    ///< A literal, quoted name or comment does not end: the server will refuse it.
  std::uint32_t parameters = 0; ///< Highest $n: what the server will ask for. 0 for the body of a function.
  std::size_t second_at = 0;    ///< With several statements: offset of the second one.
};

/// Analyses one text. Linear in its length.
statement_traits analyse(std::string_view text) noexcept;

/// Whether the text, outside of a block, may commit part of its work before it ends: CALL, VACUUM, CREATE INDEX
/// CONCURRENTLY ... Cheap for the statements that most are.
bool commits_by_itself(std::string_view text) noexcept;

/// Whether the text is a CALL or a DO: outside of a block it may commit before it fails.
bool may_commit_inside(std::string_view text) noexcept;

/// Whether a statement that ran outside of a block may have left something behind when it failed with that SQLSTATE.
/// CALL and DO may have committed; others that refuse a block, such as CREATE INDEX CONCURRENTLY, work in several
/// transactions once they have begun, which they have not when they were refused as such.
bool may_leave_work(std::string_view text, std::string_view sqlstate) noexcept;

} // namespace tripool
