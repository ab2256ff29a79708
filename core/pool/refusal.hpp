// What a request hears when the pool could not serve it: what happened, how long it took, which limits were in force
// and what can be done about it. Always `not_executed`: a request in the queue has not been sent.
// Words only; decides nothing. Used by pool_machine.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/pool/connection_table.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tripool {

/// The circumstances that every refusal tells.
struct refusal_context {
  const pool_options& options;
  connection_counts connections;
  std::size_t queued = 0;
};

/// The request's own deadline passed after it had waited here for `waited`; `allowed` is the time it had in all.
failure refuse_deadline(const refusal_context& c, duration waited, duration allowed);
/// It waited for `queue_wait_max`.
failure refuse_queue_timeout(const refusal_context& c, duration waited);
/// An order waited for `waited`, for its whole time or for `queue_wait_max`, and no connection could be lent.
failure refuse_order(const refusal_context& c, duration waited);
/// The queue was at its bound.
failure refuse_queue_full(const refusal_context& c);
/// Everything in front of it takes long.
failure refuse_held_up(const refusal_context& c);
/// It was shed after it had waited for `waited`, because the queue has been too slow for too long.
failure refuse_overload(const refusal_context& c, duration waited);
/// No connection is open, for the reason `error` (may be empty) with `sqlstate` (may be empty), since `since_for`.
failure refuse_no_connection(const refusal_context& c, duration since_for, std::string_view error,
                             std::string_view sqlstate);
/// The pool is draining; `waited` is zero for a request that has just come.
failure refuse_draining(const refusal_context& c, duration waited);

/// Returns the duration for people, to three digits or so: "850 us", "12 ms", "2.1 s", "10 min".
std::string text_of(duration x);

} // namespace tripool
