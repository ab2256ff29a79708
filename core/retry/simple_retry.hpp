// What becomes of a request that the simple pool could not serve: the same server once more, or its answer. There is no
// other server, so that only what befell a session, not the server, is worth another attempt.
// Knows no pool and no clock. Used by the simple pool's actor.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>

namespace tripool {

/// Whether the request is to be tried on the same server again: `next_step` allows it another attempt, and the failure
/// is one of its session. Bounds as in `next_step`.
bool worth_the_same_server(const request& r, const failure& f, std::uint32_t attempts_allowed, time_point now) noexcept;

/// Writes that attempt into the request's history. Precondition: `worth_the_same_server`. `from` must outlive it.
void record_another_attempt(request& r, std::string_view from, const failure& f) noexcept;

} // namespace tripool
