// Time on a borrowed session: deadlines of commands, of the order and of the loan itself, cancels, and the patience
// with a server that does not answer.
#include "tripool/core/lease/lease_machine.hpp"

#include "tripool/core/util/milliseconds.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// How long after its deadline a command that is on the wire waits for an answer: long enough for a cancel to come
/// back, well inside the half second that every answer has.
constexpr duration answer_grace = std::chrono::milliseconds{250};
/// How long after a delivered cancel a 57014 may still be its work: the signal travels apart from the session.
constexpr duration stray_window = std::chrono::milliseconds{500};

} // namespace

void lease_machine::tick(time_point now) {
  if (phase_ == phase::over || phase_ == phase::lost) return;
  if (now >= hold_until_ && !abandoned_) {
    auto f = blank(outcome::not_executed, cause::deadline);
    f.message = "the " + std::string{to_string(purpose_)} + " was held for longer than " + milliseconds(hold_max_);
    f.hint = "end it sooner, or allow it more time";
    abandon(std::move(f), now);
  }
  expire_opening(now);
  expire_waiting(now);
  expire_sent(now);
  cancel_front(now);
  if (const auto until = front_until(); until && now >= *until)
    lose(cancel_ == cancel_state::none ? "the server does not answer" : "a cancelled statement did not end in time");
  if (recalled_until_ && ((sent_.empty() && !outside_) || now >= *recalled_until_)) lose(recall_reason_);
}

void lease_machine::expire_opening(time_point now) {
  if (!order_ || now < order_->deadline()) return;
  auto f = blank(outcome::not_executed, cause::deadline);
  f.message = "the deadline passed while a connection was being prepared for the " + std::string{to_string(purpose_)};
  f.hint = "give it more time";
  end_with("was never begun: its deadline had passed");
  order_->fail(std::move(f), now);
  order_.reset();
  abandoned_ = input_closed_ = true;
}

void lease_machine::expire_waiting(time_point now) {
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto here = i++;
    if (!here->request || now < here->deadline) continue;
    if (here->what == lease_task::release) { // The session is given back all the same.
      release_ = std::move(here->request);
    } else {
      auto f = blank(outcome::not_executed, cause::deadline);
      f.message = "the deadline passed while the command waited for those before it";
      f.hint = "give it more time, or send fewer at a time";
      leave_gap(*here);
      fail(*here, std::move(f), now);
      continue;
    }
    waiting_.erase(here);
  }
}

void lease_machine::expire_sent(time_point now) {
  bool open = in_block(); // Where the unit stands, if what is before it does what it says.
  for (auto& u : sent_) {
    const bool inside = open && !commit_on_the_way();
    if (u.what == lease_task::rollback || !u.doom.empty()) open = false;
    if (!u.request || now < u.deadline + answer_grace) continue;
    u.expired = true;
    // A BEGIN alone leaves nothing, and what it began is not committed.
    const bool undone = inside || u.edge == block_edge::opens;
    auto f = blank(undone ? outcome::not_executed : outcome::in_doubt, cause::deadline);
    f.message = "the deadline passed and the server has not answered";
    if (undone) {
      u.called_undone = true;
      f.detail = "the transaction around it can only be rolled back now";
      f.hint = "roll back and begin anew";
    } else {
      f.hint = "look whether it took effect before sending it again";
    }
    fail(u, std::move(f), now);
  }
}

bool lease_machine::commit_on_the_way() const noexcept {
  return std::any_of(sent_.begin(), sent_.end(), [](const lease_unit& u) { return u.ends_block; });
}

/// Whether the unit that the server is at should end now.
bool lease_machine::wants_cancel(const lease_unit& u, time_point now) const noexcept {
  if (u.cancel_why != cause::none) return false;
  if (u.expired || (u.request && now >= u.deadline)) return true;
  const bool borrowers = u.request || u.what == lease_task::opening;
  return abandoned_ && borrowers && !commit_on_the_way();
}

void lease_machine::cancel_front(time_point now) {
  if (sent_.empty() || cancel_ != cancel_state::none || phase_ == phase::lost) return;
  auto& u = sent_.front();
  if (!wants_cancel(u, now)) return;
  u.cancel_why = abandoned_ && u.request && now < u.deadline ? cause::cancelled : cause::deadline;
  cancel_ = cancel_state::requested;
  cancel_since_ = now;
  effects_.cancel = true;
}

void lease_machine::back_from_outside(char transaction_status) noexcept {
  outside_ = false;
  status_ = transaction_status;
}

void lease_machine::cancel_outside(time_point now) {
  if (!outside_ || cancel_ != cancel_state::none) return;
  cancel_ = cancel_state::requested;
  cancel_since_ = now;
  effects_.cancel = true;
}

void lease_machine::received(std::size_t incoming, time_point now) {
  if (incoming <= limits_.result_bytes_max || cancel_ != cancel_state::none || sent_.empty()) return;
  auto& u = sent_.front();
  if (!u.request || u.cancel_why != cause::none) return;
  u.cancel_why = cause::result_too_large;
  cancel_ = cancel_state::requested;
  cancel_since_ = now;
  effects_.cancel = true;
}

void lease_machine::cancel_finished(time_point now) {
  stray_until_ = now + stray_window;
  const bool at_work = !sent_.empty() && sent_.front().cancel_why != cause::none;
  cancel_ = at_work ? cancel_state::delivered : cancel_state::none;
  cancel_front(now);
}

/// The server is at the next unit: a cancel that has done its work is over.
void lease_machine::moved_head(time_point now) {
  head_since_ = now;
  const bool struck = sent_.empty() || sent_.front().cancel_why == cause::none;
  if (cancel_ == cancel_state::delivered && struck) cancel_ = cancel_state::none;
  cancel_front(now);
}

/// Until when the server may take for what it is at, apart from the borrower's own deadlines.
std::optional<time_point> lease_machine::front_until() const noexcept {
  if (cancel_ != cancel_state::none) return cancel_since_ + limits_.cancel_grace;
  if (sent_.empty() || sent_.front().request) return std::nullopt;
  switch (sent_.front().what) {
    case lease_task::validation: return head_since_ + limits_.validation_timeout;
    case lease_task::opening: // Its order's deadline watches over it, unless the order is gone.
      return order_ ? std::nullopt : std::optional{head_since_ + limits_.cancel_grace};
    case lease_task::closes:
    case lease_task::undo:
    case lease_task::reset: return head_since_ + limits_.cancel_grace;
    default: return std::nullopt;
  }
}

std::optional<time_point> lease_machine::next_wake() const {
  if (phase_ == phase::over || phase_ == phase::lost) return std::nullopt;
  std::optional<time_point> out = front_until();
  const auto sooner = [&](time_point t) {
    if (!out || t < *out) out = t;
  };
  if (order_) sooner(order_->deadline());
  if (hold_until_ != time_point::max() && !abandoned_) sooner(hold_until_);
  if (recalled_until_) sooner(*recalled_until_);
  for (const auto& u : waiting_)
    if (u.request) sooner(u.deadline);
  for (const auto& u : sent_) {
    if (!u.request) continue;
    const bool front = &u == &sent_.front();
    if (front && cancel_ == cancel_state::none && u.cancel_why == cause::none) sooner(u.deadline);
    sooner(u.deadline + answer_grace);
  }
  if (phase_ == phase::finishing && sent_.empty() && waiting_.empty() && cancel_ == cancel_state::none)
    sooner(stray_until_);
  return out;
}

} // namespace tripool
