// Looking a lost COMMIT up by its transaction's id: what is to be known of the transaction before its COMMIT is sent,
// what is asked afterwards, and what the answers prove. A status counts only on the same cluster and timeline: after a
// failover the new primary may have given the id to another transaction.
// Knows no connection. Used by the resolver.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/statement.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// A transaction as its server names it.
struct transaction_identity {
  std::string xid;      ///< pg_current_xact_id()
  std::string system;   ///< The cluster's system identifier.
  std::string timeline; ///< In eight hexadecimal digits.
  /// When the server's statistics were reset last, which a recovery from a crash does: an id whose traces a crash has
  /// lost is given out again, and its "committed" would be a stranger's.
  std::string incarnation;
};

/// Asked inside of the transaction: the four values above. Needs PostgreSQL 13, and EXECUTE on pg_control_system(),
/// which everybody has by default.
inline constexpr std::string_view identity_text =
  "SELECT pg_current_xact_id()::text, (SELECT system_identifier::text FROM pg_control_system()), "
  "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), "
  "coalesce((SELECT stats_reset::text FROM pg_stat_bgwriter), '')";
/// Asked afterwards. Parameters: xid, system identifier, timeline. Columns: system identifier, timeline, incarnation,
/// and the status, which is NULL elsewhere than on that cluster and timeline, and for ids of long ago. It writes a
/// message into the log, that is: commits itself. Where commits wait for a standby, its answer says that whatever it
/// found committed has got there, too; a terminated backend's commit need not have.
inline constexpr std::string_view status_text =
  "SELECT s.system_identifier::text, t.timeline, coalesce(b.stats_reset::text, ''), "
  "CASE WHEN s.system_identifier::text = $2 AND t.timeline = $3 THEN pg_xact_status($1::text::xid8) END "
  "FROM pg_control_system() AS s, pg_stat_bgwriter AS b, "
  "(SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS timeline) AS t, "
  "pg_logical_emit_message(true, 'tripool', '') AS m WHERE m IS NOT NULL";

statement identity_question();
/// Goes to the server that takes writes now, and may be repeated.
statement status_question(const transaction_identity& x);

/// Reads the answer to the first. Nothing: it is not what was asked.
std::optional<transaction_identity> identity_of(const result& x);

/// What became of a transaction.
enum class transaction_fate : std::uint8_t {
  committed,
  not_committed, ///< It is rolled back, and will not be committed any more.
  under_way,     ///< It is worth asking again.
  unknown,       ///< No answer will tell.
};

/// What an answer proves, and why it does not prove more.
struct fate_finding {
  transaction_fate what = transaction_fate::unknown;
  std::string why{}; ///< One sentence, for `unknown` and `under_way`.
};

/// Judges the answer to the second question.
fate_finding judge_status(const transaction_identity& x, const result& answer);
/// Judges that the question failed: not known yet when no server was there to ask.
fate_finding judge_status(const failure& x);

} // namespace tripool
