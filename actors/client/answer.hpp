// What a question ends with when there is no actor to take the two sides in two handlers: the value or the failure.
// Knows nothing of who asked. Used by the clients and by transaction functions.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/util/expected.hpp"

namespace tripool {

/// The value, or why there is none.
template <class T>
using answer = expected<T, failure>;

} // namespace tripool
