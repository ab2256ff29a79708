// The pieces of a borrowed session's work: a unit is what stands behind one Sync - a borrower's command, or the
// machine's own housekeeping - and an operation is one message whose answer is awaited.
// Used by lease_machine and block_edge only, but for `lease_task`.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/result/noticed_result.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// What a borrower asks of its session, and below what the machine does for itself.
enum class lease_task : std::uint8_t {
  statement,
  batch,
  begin,
  commit,
  rollback,
  savepoint,
  rollback_to,
  release_savepoint,
  release, ///< Of the session: nothing more comes.
  // -- the machine's own ----------------------------------------------------------------------------------------------
  validation, ///< A Sync alone: is anybody there?
  opening,    ///< What the order opens with.
  closes,     ///< Prepared statements that the cache has evicted.
  undo,       ///< ROLLBACK of what the borrower left open.
  reset,      ///< DISCARD ALL.
  gap,        ///< Nothing: something stood here that was never sent, and has its answer.
};

/// What a command does to the transaction around it.
enum class block_edge : std::uint8_t { none, opens, closes };

/// One Sync's worth of work.
struct lease_unit {
  lease_task what = lease_task::statement;
  request_ptr request{}; ///< Null for the machine's own, and for what is answered.
  std::string name{};    ///< Of a savepoint.
  time_point deadline = time_point::max();
  std::vector<result> results{};
  notice_list notices{};                 ///< Since its last result.
  std::string tag{};                     ///< Of the COMMIT around a framed batch.
  std::optional<server_message> error{}; ///< The first; what stands behind it in the unit was skipped.
  std::uint32_t error_index = 0;         ///< The statement that it answers, in a batch.
  std::string error_name{};              ///< The prepared name by which that ran, or empty.
  cause cancel_why = cause::none;        ///< Why a cancel was aimed at it, or none.
  bool sync_wait_cancelled = false;      ///< The server committed locally, but stopped waiting for its standby.
  std::string doom{};                    ///< Of a gap: what is missing. Of a COMMIT: why ROLLBACK was sent for it.
  block_edge edge = block_edge::none;    ///< Of a gap, and of what opens a block.
  bool ends_block = false;               ///< It may commit what came before it.
  bool commits = false;                  ///< It is a COMMIT: a tag that says ROLLBACK is bad news.
  bool framed = false;                   ///< A batch between its own BEGIN and COMMIT.
  bool expired = false;                  ///< Answered at its deadline while the server was still at it.
  bool called_undone = false;            ///< And told not to be executed, since its transaction is rolled back.
  bool own_read_only = false;            ///< The borrower has made itself read-only: a refused write is its own doing.
  bool stray = false;                    ///< A cancel that was meant for another may have struck it.
  std::uint8_t replans = 0;              ///< How often it was prepared anew after 0A000 or 26000.
};

/// One operation whose result is awaited.
struct lease_op {
  enum class kind : std::uint8_t { prepare, execute, control, setting, close, sync };
  kind what = kind::sync;
  std::uint32_t index = 0; ///< For `execute`: position of the statement in its unit.
  std::string name{};      ///< For `prepare`, `close` and what runs by a prepared name.
};

/// A result with nothing but its command's tag.
result tag_of(std::string text);

} // namespace tripool
