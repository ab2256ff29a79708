// The probe: the statement that a heartbeat sends, and what its one row says. Asks for role, read-only, timeline and
// position, since `SELECT 1` succeeds on a demoted primary and proves nothing.
// Knows nothing of connections and clocks. Used by the prober.
#pragma once

#include "tripool/core/health/health.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/util/expected.hpp"

#include <string>
#include <string_view>

namespace tripool {

/// The statement: read-only, without parameters, one row of seven columns, the same text on a primary and a standby of
/// PostgreSQL 12 or newer and for every role. Columns: in recovery, read-only, timeline, position in bytes, system
/// identifier, replay lag in seconds, WAL receiver runs.
/// - Whether the server is in recovery is asked once (OFFSET 0 keeps the planner from repeating it) so that a promotion
///   in the middle cannot make the columns contradict each other; the functions that fail during recovery are volatile
///   or get volatile arguments, so CASE does hold them back.
/// - A function that the role may not execute fails the whole statement, even in a branch that is never taken. Hence
///   pg_control_*() stand in a text that query_to_xml runs only where all of them are permitted; else NULL.
/// - The replay lag is NULL when WAL waits before the first commit has been replayed: not known, which is not 0.
/// - received_tli is NULL to roles without pg_read_all_stats; the control file's timelines are a lower bound for it.
inline constexpr std::string_view probe_text = R"sql(
select r,
  current_setting('transaction_read_only') = 'on',
  case when r then coalesce((select received_tli from pg_stat_wal_receiver)::text,
                            substring(control.f from '<timeline>([0-9]+)'))
       else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint::text end,
  pg_wal_lsn_diff(case when r then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, '0/0'),
  substring(control.f from '<system>([0-9]+)'),
  case when not r or pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() then 0
       else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end,
  case when r then exists (select from pg_stat_wal_receiver) end
from (select pg_is_in_recovery() as r offset 0) as s
left join lateral (
  select query_to_xml('select s.system_identifier as system,
                         greatest(c.timeline_id, r.min_recovery_end_timeline) as timeline
                       from pg_control_system() s, pg_control_checkpoint() c, pg_control_recovery() r',
                      false, false, '')::text as f
  where (select bool_and(has_function_privilege(to_regprocedure(n), 'execute'))
         from unnest(array['pg_control_system()', 'pg_control_checkpoint()', 'pg_control_recovery()']) as n)
) as control on true)sql";

/// A statement that is ready to be sent: the text above as a read.
statement probe_statement();

/// Reads the probe's row; fails with a sentence for people when it is not what the statement returns.
expected<server_facts, std::string> parse_probe(const result& row);

} // namespace tripool
