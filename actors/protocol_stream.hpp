// The messages of streams, each with: who sends it to whom, the reply, errors and time limits. A stream is a result of
// any size that its consumer takes in chunks: what it has not asked for stays in the server.
// Used by callers, the delegate and the stream's actor.
#pragma once

#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/statement.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstdint>

namespace tripool {

/// Caller -> delegate. Reply: stream_handle, once the statement is planned and its cursor open. Errors: as for a
/// statement; 0A000 for what has no cursor (INSERT ... RETURNING, EXPLAIN ...). Keep the handle: with its last copy, or
/// with its borrower, the stream ends, whatever runs is cancelled, and the connection goes back to its pool.
struct open_stream {
  statement what{};                      ///< `timeout`: until the cursor is open. A read runs READ ONLY, on any server.
  std::chrono::milliseconds hold_max{0}; ///< For the whole stream; 0: no limit but lease-hold-max.
};

/// A stream in somebody's hands.
struct stream_handle : session_handle {};

/// Consumer -> stream. Reply: rows_chunk. One at a time (55000). A consumer that asks for nothing for 5 minutes loses
/// the stream. Errors end it, too: nothing of it can be read any more.
struct fetch {
  std::uint32_t rows = 0;               ///< How many from now on: at most 100,000; 0: as before, 1000 at first.
  std::chrono::milliseconds timeout{0}; ///< For fetches from now on; 0: as before, the configured deadline at first.
};

/// The next rows: about as many as were asked for, fewer where they are large (4 MB a chunk), and none at all only in
/// the last chunk, which is given out when the stream's transaction has been committed.
struct rows_chunk {
  result rows{};
  bool last = false;
};

/// Consumer -> stream: enough. Reply: done, when the connection is on its way back.
struct close_stream {};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::open_stream)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::stream_handle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::fetch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::rows_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::close_stream)
