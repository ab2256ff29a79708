// The pipeline's cancels: when one is aimed, when it is over, and what must not be in its way. A cancel strikes
// whatever runs when it arrives. A neighbour that it strikes was rolled back, and is sent again; what could not be
// rolled back is never sent while a cancel may be on its way.
#include "tripool/core/pipeline/pipeline_machine.hpp"
#include "tripool/core/statement/traits.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// How long after a delivered cancel a 57014 may still be its work: the signal travels apart from the session.
constexpr duration stray_window = std::chrono::milliseconds{500};

} // namespace

/// The units behind the Sync that the server is working towards. Which of them it is at cannot be told from outside: it
/// keeps its answers back until the Sync.
template <class Predicate>
pipeline_unit* pipeline_machine::find_in_front(Predicate wanted) noexcept {
  std::size_t n = 0;
  for (const auto& g : groups_)
    if ((n = g.units) > 0) break;
  for (auto i = sent_.begin(); i != sent_.end() && n > 0; ++i, --n) {
    const auto awaited = [&](const pipeline_op& op) { return op.unit == &*i; };
    if (wanted(*i) && std::any_of(ops_.begin(), ops_.end(), awaited)) return &*i;
  }
  return nullptr;
}

bool pipeline_machine::cancel_struck() noexcept {
  return find_in_front([](const pipeline_unit& u) { return u.cancel_why != cause::none; }) == nullptr;
}

/// Only answers are awaited that no request waits for, such as a shared COMMIT's: no deadline watches over them.
bool pipeline_machine::leftovers() const noexcept {
  if (ops_.empty() || validating_ || cancel_ != cancel_state::none) return false;
  auto& me = const_cast<pipeline_machine&>(*this);
  const auto* u = me.running();
  if (!u) return true;
  // What is not wanted any more has a deadline of its own only while it is in front.
  return !u->what && !me.find_in_front([&](const pipeline_unit& x) { return &x == u && (x.expired || x.left); });
}

/// A unit that the server may be at and that nobody waits for any more, or whose deadline has passed, or that was taken
/// back, although it has had its turn for a while.
pipeline_unit* pipeline_machine::overdue(time_point now) noexcept {
  if (cancel_ != cancel_state::none) return nullptr;
  const bool had_its_turn = now - head_since_ >= limits_.slow_statement;
  any_expired_ = any_expired_ && !sent_.empty();
  if (!had_its_turn && !any_expired_) return nullptr; // At each operation's end, as a rule.
  return find_in_front([&](const pipeline_unit& u) {
    if (u.cancel_why != cause::none) return false;
    if (!u.what) return u.expired || (u.left && had_its_turn && now >= u.deadline);
    const bool open = u.now == pipeline_unit::state::sent || u.now == pipeline_unit::state::executed;
    return open && had_its_turn && (u.cancel_asked || now >= u.deadline);
  });
}

/// The server is at the next operation: a cancel that has done its work is over, and a unit that nobody waits for any
/// more is cancelled as soon as it runs, never before, when it would strike somebody else's.
void pipeline_machine::moved_head(time_point now) {
  head_since_ = now;
  if (cancel_ == cancel_state::delivered && cancel_struck()) cancel_ = cancel_state::none;
  cancel_overdue(now);
}

void pipeline_machine::cancel_overdue(time_point now) {
  auto* u = overdue(now);
  if (!u) return;
  aim_cancel(*u, u->what && u->cancel_asked && now < u->deadline ? cause::cancelled : cause::deadline, now);
}

void pipeline_machine::received(std::size_t incoming, time_point now) {
  last_activity_ = now;
  if (incoming <= limits_.result_bytes_max || cancel_ != cancel_state::none) return;
  if (auto* u = running()) aim_cancel(*u, cause::result_too_large, now);
}

void pipeline_machine::aim_cancel(pipeline_unit& u, cause why, time_point now) {
  u.cancel_why = why;
  cancel_ = cancel_state::requested;
  cancel_since_ = now;
  effects_.cancel = true;
}

void pipeline_machine::cancel_finished(time_point now) {
  stray_until_ = now + stray_window;
  cancel_ = cancel_struck() ? cancel_state::none : cancel_state::delivered;
  cancel_overdue(now);
}

void pipeline_machine::cancel_wanted(time_point now) {
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto here = i++;
    if (!here->what->cancel_wanted()) continue;
    ++live_; // settle_taken_back counts it out.
    settle_taken_back(*here, "waited for its turn on a connection", now);
    spare_.splice(spare_.end(), waiting_, here);
  }
  for (auto& u : sent_) {
    if (!u.what || !u.what->cancel_wanted()) continue;
    if (u.now == pipeline_unit::state::resend) {
      settle_taken_back(u, "waited to be sent again; its first attempt was rolled back", now);
    } else {
      u.cancel_asked = true;
    }
  }
  cancel_overdue(now);
}

void pipeline_machine::settle_taken_back(pipeline_unit& u, std::string_view where, time_point now) {
  auto f = taken_back(where);
  f.pool = limits_.name;
  f.server = server_;
  settle_failed(u, std::move(f), now);
}

/// Whether what is to be sent next must wait: outside of a block it commits by itself what a stray cancel could not
/// undo, so that nothing may be on the wire that a cancel can still be aimed at, and none be on its way. Behind a
/// pooler everything waits for the last Sync: PgBouncer takes the answer to one for the end of all, and gives what was
/// sent behind it to another server's session.
bool pipeline_machine::must_wait(time_point now) {
  if (!limits_.prepared_statements && !ops_.empty()) return true;
  const auto& next = waiting_.front();
  if (next.what->is_batch()) return false;
  const auto& text = next.what->statements().front().text;
  if (!commits_by_itself(text)) return false;
  if (!next.run_alone && may_commit_inside(text)) return false; // It is tried in a block first.
  if (!ops_.empty()) return true;
  if (now >= stray_until_) return false;
  held_until_ = stray_until_;
  return true;
}

} // namespace tripool
