// Counting how statements share a Sync.
#include "tests/support/sim_traffic.hpp"

#include <utility>

namespace tripool::test {

sim_traffic& sim_traffic::operator+=(const sim_traffic& x) noexcept {
  alone += x.alone;
  frames += x.frames;
  framed += x.framed;
  framed_broken += x.framed_broken;
  reads += x.reads;
  shared += x.shared;
  shared_broken += x.shared_broken;
  return *this;
}

void sim_group::took(const sim_command& c, bool failed) noexcept {
  failed_ = failed_ || failed;
  if (c.what == sim_verb::begin || c.what == sim_verb::begin_read_only) {
    open_ = true;
    inside_ = 0;
    read_only_ = c.what == sim_verb::begin_read_only;
    return;
  }
  if (!open_) {
    if (!c.is_control()) ++alone_;
    return;
  }
  if (!c.is_control()) ++inside_;
  if (failed || c.what == sim_verb::commit || c.what == sim_verb::rollback) leave();
}

void sim_group::leave() noexcept {
  open_ = false;
  if (read_only_ && inside_ >= 2) {
    reads_ += inside_;
  } else {
    ++blocks_;
  }
}

void sim_group::end(sim_traffic& to) noexcept {
  // A failure hides what stood behind it: more than a block's own end was skipped.
  const bool several = blocks_ >= 2 || (blocks_ == 1 && failed_ && skipped_ > 1);
  if (alone_ == 1 && blocks_ == 0 && reads_ == 0 && !open_) ++to.alone;
  to.frames += blocks_;
  to.reads += reads_;
  if (several) {
    ++to.framed;
    to.framed_broken += failed_ ? 1 : 0;
  }
  if (reads_ > 0) {
    ++to.shared;
    to.shared_broken += failed_ ? 1 : 0;
  }
  *this = {};
}

} // namespace tripool::test
