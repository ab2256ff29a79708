// A place in a cluster's write-ahead log: what a write reports after its commit, and what a read asks for to see it.
// Positions are comparable on one timeline only: after a failover the log goes on from where the new primary had it.
// Plain values. Knows no server. Used by statements, results and routing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// A position in the log.
struct wal_position {
  std::uint32_t timeline = 0;
  std::uint64_t lsn = 0; ///< Bytes since the beginning, as PostgreSQL's pg_lsn.
  friend bool operator==(const wal_position&, const wal_position&) = default;
};

/// "1:0/16B3748": the timeline, and the position as PostgreSQL writes it.
std::string to_string(const wal_position& x);

/// What a write that reports its position asks behind its COMMIT, in text: one row, the timeline in eight hexadecimal
/// digits and the position in bytes. The position of insertion is never before the commit, however commits are flushed.
inline constexpr std::string_view wal_position_text =
  "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), "
  "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

/// Reads that row's two values. Nothing: they are none.
std::optional<wal_position> wal_position_of(std::string_view timeline, std::string_view bytes) noexcept;

/// Reads what `to_string` writes, for a position that a caller has kept elsewhere. Nothing: it is none.
std::optional<wal_position> read_wal_position(std::string_view text) noexcept;

} // namespace tripool
