// Counting answers.
#include "tripool/actors/service_record.hpp"

namespace tripool {

void service_record::failed(const failure& x) {
  by_outcome_[static_cast<std::size_t>(x.kind)].fetch_add(1, std::memory_order_relaxed);
  by_cause_[static_cast<std::size_t>(x.why)].fetch_add(1, std::memory_order_relaxed);
  if (x.kind == outcome::rejected) return;
  request_note n;
  n.request = x.request;
  if (clock) n.at = clock();
  n.what = x;
  const std::lock_guard guard{mutex_};
  recorder_.note(std::move(n));
}

answer_counts service_record::counts() const noexcept {
  answer_counts out;
  const auto of = [&](outcome x) { return by_outcome_[static_cast<std::size_t>(x)].load(std::memory_order_relaxed); };
  out.done = done_.load(std::memory_order_relaxed);
  out.rejected = of(outcome::rejected);
  out.not_executed = of(outcome::not_executed);
  out.in_doubt = of(outcome::in_doubt);
  for (std::size_t i = 0; i < causes_count; ++i) out.by_cause[i] = by_cause_[i].load(std::memory_order_relaxed);
  return out;
}

} // namespace tripool
