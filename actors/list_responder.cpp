// The list's countdown.
#include "tripool/actors/list_responder.hpp"

#include "tripool/actors/protocol.hpp"

#include <utility>

namespace tripool {

list_in_progress::list_in_progress(caf::response_promise to, std::size_t size)
  : to_(std::move(to)), ends_(size, statement_end{result{}}), missing_(size) {
  // nop
}

void list_in_progress::ended(std::size_t position, statement_end how) {
  ends_[position] = std::move(how); // Each position is written by one request only.
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) to_.deliver(list_reply{std::move(ends_)});
}

void list_responder::done(reply x) {
  done_single(x.results.empty() ? result{} : std::move(x.results.front()));
}

void list_responder::done_single(result x) {
  count_done();
  all_->ended(position_, std::move(x));
}

void list_responder::failed(failure x) {
  count_failed(x);
  all_->ended(position_, unexpected{std::move(x)});
}

} // namespace tripool
