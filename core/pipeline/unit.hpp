// The pieces of one connection's pipeline: a unit is a request on the wire, an operation is one message whose answer is
// awaited, a group is what stands behind one Sync.
// Used by the pipeline machine only.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/result/noticed_result.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tripool {

/// A request on its way through a connection.
struct pipeline_unit {
  /// How far the unit is. `settled` means that the caller has its answer, or that the request has left the connection.
  enum class state : std::uint8_t {
    waiting,  ///< Not on the wire.
    sent,     ///< On the wire, unanswered.
    executed, ///< Its results are here; what proves its commit is not.
    settled,
    resend, ///< Provably did not run (or was rolled back): goes on the wire again after its group's Sync.
  };
  /// How the unit is kept apart from its neighbours.
  enum class framing : std::uint8_t {
    alone,      ///< Its own Sync, no transaction block: the Sync commits it.
    read_frame, ///< Inside a READ ONLY block shared with other reads.
    own_frame,  ///< Between its own BEGIN and COMMIT.
  };

  request_ptr what;
  state now = state::waiting;
  framing frame = framing::alone;
  std::vector<result> results;
  pace_key pace = 0;                ///< Copied from the request, valid after it has left.
  bool quick = true;                ///< Its texts have proved to be quick: it may leave together with others.
  notice_list notices;              ///< Of the statement that runs.
  time_point deadline{};            ///< Copied from the request, valid after it has left.
  cause cancel_why = cause::none;   ///< Why a cancel was aimed at it, or none.
  bool sync_wait_cancelled = false; ///< The server committed locally, but stopped waiting for its standby.
  bool cancel_asked = false;        ///< Its caller has taken it back: to be cancelled as soon as it runs.
  bool expired = false;             ///< Answered at its deadline while the server was still at it.
  bool left = false;                ///< A read that is answered elsewhere: nobody waits for it here any more.
  duration raised_to{0};            ///< The statement_timeout that it brought along, zero for the session's own.
  bool committed = false;           ///< Its COMMIT is answered; only the position behind it is awaited.
  bool run_alone = false;           ///< It refuses a transaction block, or writes although declared a read.
  bool handed = false;              ///< The session took all of it that could make it commit.
  std::uint8_t replans = 0;         ///< How often it was prepared anew after 0A000 or 26000.
  std::uint8_t repeats = 0;         ///< How often it was repeated after 40001 or 40P01.
  std::uint8_t resends = 0;         ///< How often it was sent again because a neighbour's failure or cancel struck it.
};

/// One operation whose result is awaited.
struct pipeline_op {
  enum class kind : std::uint8_t { prepare, close, setting, begin, execute, commit, position, rollback, sync };
  kind what = kind::sync;
  pipeline_unit* unit = nullptr; ///< Null for what belongs to no single unit: shared frames, rollbacks, closes.
  std::uint32_t index = 0;       ///< For `execute`: position of the statement in its request.
  std::string name{};            ///< For `prepare`, `close` and what runs by a prepared name.
};

/// What stands behind one Sync.
struct pipeline_group {
  enum class purpose : std::uint8_t { work, rollback, validation };
  purpose what = purpose::work;
  std::size_t units = 0; ///< How many of the units on the wire belong to it, in their order.
};

} // namespace tripool
