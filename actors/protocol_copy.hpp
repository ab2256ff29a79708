// The messages of COPY, each with: who sends it to whom, the reply, errors and time limits. Data flows as bytes, in
// pieces cut anywhere: core/copy writes and reads them. Each COPY is a transaction of its own.
// Used by callers, the delegate and the COPY's actor.
#pragma once

#include "tripool/actors/protocol_session.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace tripool {

/// Caller -> delegate. Reply: copy_writer_handle, when the server takes data. Errors: as for a statement (42P01 for an
/// unknown table); 42601, 0A000 for a text that is no COPY ... FROM STDIN. Keep the handle: a COPY whose last handle is
/// gone, or whose borrower, before `copy_end` keeps nothing.
struct copy_in {
  std::string text{};
  std::chrono::milliseconds timeout{0}; ///< Until the server takes data; 0: the configured deadline.
  std::string pool{};
};

/// Caller -> delegate. Reply: copy_reader_handle, when the server gives data. Errors: the same, for COPY ... TO STDOUT.
struct copy_out {
  std::string text{};
  access mode = access::read; ///< `write` for a COPY (INSERT ... RETURNING ...).
  std::chrono::milliseconds timeout{0};
  std::string pool{};
};

/// Takes copy_chunk, copy_end and copy_fail. The last copy's end aborts the COPY.
struct copy_writer_handle : session_handle {
  result_format format = result_format::text;
  std::size_t columns = 0;
};

/// Takes next_chunk and close_copy. The last copy's end ends the COPY.
struct copy_reader_handle : session_handle {
  result_format format = result_format::text;
  std::size_t columns = 0;
};

/// Consumer -> writer: at most 16 MB. Reply: done, when it has been written out; wait for it before sending more. A
/// refused piece fails the whole COPY.
struct copy_chunk {
  bytes data{};
  std::chrono::milliseconds timeout{0};
};

/// Consumer -> writer: that was all. Reply: result, when the server has committed it (its tag is "COPY n"). Errors: the
/// server's; `in_doubt` when the answer is lost.
struct copy_end {
  std::chrono::milliseconds timeout{0};
};

/// Consumer -> writer: keep nothing of it. Reply: done.
struct copy_fail {
  std::string reason{};
};

/// Consumer -> reader. Reply: copy_data. One at a time (55000).
struct next_chunk {
  std::chrono::milliseconds timeout{0};
};

/// What has arrived: about 256 kB at most, and whole rows; empty only when it is the last.
struct copy_data {
  bytes data{};
  bool last = false;
};

/// Consumer -> reader: enough. Reply: done.
struct close_copy {};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_in)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_out)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_writer_handle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_reader_handle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_fail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::next_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::copy_data)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::close_copy)
