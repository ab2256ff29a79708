// What a lost session means for what was asked of it.
#include "tripool/core/lease/lease_machine.hpp"

#include "tripool/core/outcome/classify.hpp"
#include "tripool/core/util/mutation.hpp"

#include <utility>

namespace tripool {

void lease_machine::on_lost(const session_loss& x, time_point now) {
  if (phase_ == phase::lost) return;
  ops_.clear();
  cancel_ = cancel_state::none;
  end_with("lost its connection: " + x.message);
  lose_opening(x);
  bool open_block = in_block();
  bool first = true;
  while (!sent_.empty()) {
    auto& u = sent_.front();
    const bool ended_before = fatal_seen_ && !first;
    const bool never_ran = ended_before || classify_loss(x, true, first) == verdict::not_executed;
    const bool undone = open_block && (!commit_on_the_way() || mutated(mutation::call_lost_commit_undone));
    if (u.request) settle_lost(u, x, never_ran, undone, now);
    if (u.ends_block || u.what == lease_task::rollback || !u.doom.empty()) open_block = false;
    first = false;
    sent_.pop_front();
  }
  auto why = blank(outcome::not_executed, cause::connection_lost);
  why.sqlstate = x.sqlstate;
  why.message = "the connection was lost before the command was sent: " + x.message;
  why.hint = "begin anew";
  refuse_waiting(why, now);
  waiting_.clear();
  phase_ = phase::lost;
  if (auto r = std::exchange(release_, nullptr)) r->complete(reply{{result{}}, nullptr});
}

void lease_machine::lose_opening(const session_loss& x) {
  if (!order_) return;
  auto f = blank(outcome::not_executed, cause::connection_lost);
  f.sqlstate = x.sqlstate;
  f.message = "the connection was lost while it was being prepared: " + x.message;
  f.hint = "send it again";
  effects_.moved = moved_request{std::move(order_), std::move(f)};
  order_.reset();
}

void lease_machine::settle_lost(lease_unit& u, const session_loss& x, bool never_ran, bool undone, time_point now) {
  if (u.what == lease_task::rollback) { // It comes to what was asked.
    u.results = {tag_of("ROLLBACK")};
    return answer(u);
  }
  const bool committed =
    (u.what == lease_task::commit && !u.results.empty() && u.results.back().command_tag() == "COMMIT")
    || (u.framed && u.tag == "COMMIT");
  if (committed && !u.error && !u.sync_wait_cancelled) {
    if (u.what == lease_task::commit) end_with("was committed");
    return answer(u);
  }
  const char before = undone ? 'T' : status_;
  if (u.error) return settle_error(u, u.ends_block ? status_ : before, now);
  const bool failed_block = u.commits && status_ == 'E' && sent_.size() == 1;
  auto f =
    blank(never_ran || undone || failed_block ? outcome::not_executed : outcome::in_doubt, cause::connection_lost);
  f.sqlstate = x.sqlstate;
  f.message = "the connection was lost: " + x.message;
  if (never_ran) {
    f.detail = "the server ended the session before it came to this command";
    f.hint = "begin anew";
  } else if (undone || failed_block) {
    f.detail = "the transaction around it is rolled back";
    f.hint = "send the whole transaction again";
  } else {
    f.hint =
      u.request->repeatable() ? "repeating it is harmless" : "look whether it took effect before sending it again";
    // Its status would say "committed", which is true of this server only.
    if (u.sync_wait_cancelled) f.sqlstate = "01000";
  }
  fail(u, std::move(f), now);
}

} // namespace tripool
