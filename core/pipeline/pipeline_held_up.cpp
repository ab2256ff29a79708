// What waits behind a statement that takes long, and need not: it leaves, to be answered on another connection. The
// answer to a read that has left is dropped when it comes after all.
#include "tripool/core/pipeline/pipeline_machine.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tripool {

namespace {

/// It harms nobody that it runs once more elsewhere, and an attempt is left for a lost connection. Only what shares its
/// Sync with nothing but reads: a cancel of what nobody waits for any more must not strike a write.
bool may_leave(const pipeline_unit& u) noexcept {
  using framing = pipeline_unit::framing;
  const bool among_reads = u.frame == framing::read_frame || u.frame == framing::alone;
  const bool harmless =
    u.what && ((u.what->mode() == access::read && among_reads) || mutated(mutation::give_back_sent_write));
  return u.now == pipeline_unit::state::sent && harmless && !u.run_alone && u.cancel_why == cause::none
         && !u.cancel_asked && u.what->attempts + 1 < attempts_max;
}

} // namespace

std::vector<request_ptr> pipeline_machine::take_held_up(time_point now) {
  if (!open_ || refused_ || effects_.close) return {};
  const auto front = std::ranges::find_if(groups_, [](const pipeline_group& g) { return g.units > 0; });
  const auto in_front = front == groups_.end() ? 0 : front->units;
  // Where nobody waits for what is in front any more, it ends by itself or is cancelled.
  const auto* first = running();
  if (in_front == 0 || !first || !first->what) return {};
  // The pool asks by its own watch, which may be a little ahead. Only what has just come to the head is not meant.
  if (now - head_since_ < limits_.slow_for(in_front) / 2) return {};
  // Others of these texts are to hold nobody up until they have proved themselves again: the same lock may be in their
  // way.
  const auto behind = std::next(sent_.begin(), static_cast<std::ptrdiff_t>(in_front));
  for (auto u = sent_.begin(); pace_ && u != behind; ++u) pace_->was_unclear(u->pace);
  std::vector<request_ptr> out;
  for (auto u = behind; u != sent_.end(); ++u) {
    if (!may_leave(*u)) continue;
    u->left = true;
    u->what->progress = stage::queued; // Whatever comes of it here: a read leaves nothing behind.
    if (u->what->mode() == access::read) u->what->doubted = true;
    u->what->held_up = true;
    out.push_back(std::move(u->what));
    u->what.reset();
    u->results.clear();
    u->notices.clear();
    u->now = pipeline_unit::state::settled;
    --live_;
  }
  for (auto& r : take_waiting()) out.push_back(std::move(r));
  return out;
}

} // namespace tripool
