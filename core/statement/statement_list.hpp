// Many independent statements in one message, and what became of each: the variant of a batch in which they share
// nothing but the message. Each has its own access, deadline, pool and outcome, as if it had been sent alone.
// Plain values. Knows nothing of actors. Used by callers and the delegate.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/util/expected.hpp"

#include <vector>

namespace tripool {

/// The statements. They have no order among each other.
struct statement_list {
  std::vector<statement> statements{};
};

/// How one of them ended.
using statement_end = expected<result, failure>;

/// The answer: one end for each statement, by position.
struct list_reply {
  std::vector<statement_end> ends;
};

} // namespace tripool
