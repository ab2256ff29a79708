// What becomes of a request that a pool could not serve: another pool, or the answer to its caller. Holds the promise
// that a statement reaches a server at most once unless it is a read, declared harmless, or provably not executed.
// Knows no pool and no clock. Used by the monitor for every request that comes back to it.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripool {

/// What to do with a request that came back.
enum class retry_step : std::uint8_t {
  move_elsewhere, ///< Any pool that can serve it now, else wait for one.
  spill_over,     ///< Another pool that has not been tried, now; else answer: waiting would only make the queue longer.
  answer,         ///< Answer the caller with `settle(request, failure)`.
};

/// Returns the step's name.
std::string_view to_string(retry_step x) noexcept;

/// Time that a request must have left to be worth moving.
inline constexpr duration move_margin = std::chrono::milliseconds{2};

/// Whether a write's token makes another attempt harmless although the answer of one was lost: it is repeated until it
/// is settled, with `token_attempts_max` as the only bound beside its deadline.
bool harmless_by_token(const request& r, const failure& f) noexcept;

/// What a move of the request for that failure rests on.
proof proof_of_move(const request& r, const failure& f) noexcept;

/// Decides. Moved only when the failure proves that it did not run, or when its answer was lost and another attempt is
/// harmless (`request::harmless`); only while it has been sent fewer times than `attempts_allowed` (1 to
/// `attempts_max`) and moved fewer times than `attempts_max`, unless it is harmless by its token; only while its
/// deadline is more than `move_margin` away; and never once its caller has taken it back.
retry_step next_step(const request& r, const failure& f, std::uint32_t attempts_allowed, time_point now) noexcept;

/// Writes the move into the request's history: where it comes from, why, and which pool is tried now.
/// `from` must outlive the request. Precondition: `next_step` did not say `answer`; `pool_index < 32`.
void record_move(request& r, std::string_view from, std::size_t pool_index, const failure& f);

/// Returns the failure that the caller is to hear. A write that is declared repeatable and whose answer was lost once
/// may have run: whatever a later attempt proves about itself, the request stays in doubt.
failure settle(const request& r, failure f);

} // namespace tripool
