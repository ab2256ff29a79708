// What the pool machine wants done, and what it is told: the vocabulary between the machine and the pool actor.
// Knows nothing of actors. Used by pool_machine and the pool actor.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tripool {

/// Names one connection of a pool for its whole life; never reused.
using connection_id = std::uint32_t;

/// A request that could not be served where it was, and why: what the caller hears if nobody else can serve it.
struct moved_request {
  request_ptr what;
  failure why;
};

/// Start dialling a new connection under this id.
struct dial_effect {
  connection_id id = 0;
};
/// Hand these requests to that connection, in this order.
struct dispatch_effect {
  connection_id id = 0;
  std::vector<request_ptr> requests;
};
/// That connection is at a statement which takes long, and others have room, or other pools may: it shall return what
/// waits behind that and may be answered elsewhere.
struct give_back_effect {
  connection_id id = 0;
};
/// Close that connection: it takes no more requests, answers what it has, and ends.
struct close_effect {
  connection_id id = 0;
  std::string reason;
};
/// These requests leave the pool unserved: the monitor finds another pool, or answers with the failure.
struct move_effect {
  std::vector<moved_request> requests;
};
/// Answer this request now with the failure: no other pool may help (deadline, shed, drain).
struct fail_effect {
  request_ptr what;
  failure why;
};
/// Something is wrong with the server: the monitor should look now, not at the next heartbeat.
struct trouble_effect {
  cause why = cause::none;
  std::string sqlstate;
  std::string message;
};
/// The pool has drained: nothing queued, nothing outstanding, no connection left.
struct drained_effect {};

using pool_effect = std::variant<dial_effect, dispatch_effect, give_back_effect, close_effect, move_effect, fail_effect,
                                 trouble_effect, drained_effect>;

/// How a connection ended, or failed to begin.
struct connection_end {
  bool was_open = false;
  bool orderly = false; ///< At the pool's own wish.
  std::string sqlstate; ///< Of the error that ended it, or empty.
  std::string message;
  bool local = false;  ///< The server was not even asked: no credential, or no address.
  bool silent = false; ///< The server did not answer the dial in time.
};

} // namespace tripool
