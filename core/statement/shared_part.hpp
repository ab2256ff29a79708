// What a statement and a batch have in common, copied or moved from one to the other: everything but texts, parameters
// and formats. Knows nothing of who asks. Used where a statement becomes a batch, and where a batch travels.
#pragma once

#include "tripool/core/result/aggregate.hpp"
#include "tripool/core/statement/statement.hpp"

#include <utility>

namespace tripool {

/// `from`, a statement or a batch, is moved from where it is an rvalue.
template <class From, class To>
void take_shared_part(From&& from, To& to) {
  static_assert(detail::member_count<statement>() == 16 && detail::member_count<batch>() == 14,
                "a new member is shared, too, or belongs to one of them alone");
  to.mode = from.mode;
  to.repeatable = from.repeatable;
  to.timeout = from.timeout;
  to.pool = std::forward<From>(from).pool;
  to.name = std::forward<From>(from).name;
  to.traceparent = std::forward<From>(from).traceparent;
  to.cancel_key = from.cancel_key;
  to.cancel_with_caller = from.cancel_with_caller;
  to.token = std::forward<From>(from).token;
  to.resolve = from.resolve;
  to.report_position = from.report_position;
  to.at_least = from.at_least;
  to.priority = from.priority;
}

} // namespace tripool
