// What was asked for and never sent: a gap stands in its place until everything before it is answered. Then it is known
// whether a transaction is open around it, which must not be committed without it; and a BEGIN that never ran takes
// everything with it up to its COMMIT or ROLLBACK, since alone that would be committed piece by piece.
#include "tripool/core/lease/block_edge.hpp"
#include "tripool/core/lease/lease_machine.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

const std::string late_text = "the answer of one of its statements did not come in time";

failure unusable(std::string message) {
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "25P02";
  f.message = std::move(message);
  f.hint = "roll it back";
  return f;
}

} // namespace

/// The text that may begin or end a transaction: elsewhere the checks refuse such texts.
std::string_view lease_machine::control_text(lease_task what, const request& r) const noexcept {
  if (purpose_ != session_purpose::lease || what != lease_task::statement || r.statements().empty()) return {};
  return r.statements().front().text;
}

/// A command that found no room. Its borrower may have sent what follows already, the COMMIT too; a COMMIT or ROLLBACK
/// itself leaves things as they are, and can be sent again. Gaps in a row are one, so that they are bounded.
void lease_machine::note_turned_away(lease_task what, const request& r) {
  const auto edge = edge_of(what, control_text(what, r));
  const auto* last = waiting_.empty() || waiting_.back().what != lease_task::gap ? nullptr : &waiting_.back();
  const bool begin_turned_away = last && last->edge == block_edge::opens;
  if (edge == block_edge::closes) {
    if (begin_turned_away) waiting_.pop_back(); // All of it was.
    return;
  }
  if (begin_turned_away || (last && last->edge == block_edge::none && edge == block_edge::none)) return;
  auto& u = waiting_.emplace_back();
  u.what = lease_task::gap;
  u.edge = edge;
  u.doom = edge == block_edge::opens ? "its BEGIN was turned away: too many commands were waiting"
                                     : "one of its statements was turned away: too many were waiting";
}

/// Makes a gap of a waiting command whose deadline has passed. Precondition: its request is still there.
void lease_machine::leave_gap(lease_unit& u) const {
  u.edge = edge_of(u.what, control_text(u.what, *u.request));
  u.what = lease_task::gap;
  u.doom = u.edge == block_edge::opens ? "the deadline of its BEGIN passed before it was sent"
                                       : "one of its statements was not executed: its deadline passed while it waited";
}

/// Everything before the gap is answered.
void lease_machine::pass_gap(const lease_unit& u) {
  if (u.edge == block_edge::opens) void_ = u.doom;
  if (u.edge == block_edge::closes) void_.clear();
  if (u.edge == block_edge::none && void_.empty() && in_block()) doom_block(u.doom);
}

void lease_machine::doom_block(const std::string& why) {
  if (doomed_.empty()) doomed_ = why;
}

/// Why a COMMIT that is sent now must be a ROLLBACK, or empty.
std::string lease_machine::why_doomed() const {
  const auto told = [](const lease_unit& u) { return u.called_undone; };
  return doomed_.empty() && std::any_of(sent_.begin(), sent_.end(), told) ? late_text : doomed_;
}

/// An answer that came after its command's deadline: if a transaction is open now, it holds what its borrower was told
/// to be undone, or in doubt.
void lease_machine::note_late(const lease_unit& u) {
  const bool begun = u.edge == block_edge::opens;
  if (in_block() && !u.error) doom_block(begun ? "the answer to its BEGIN did not come in time" : late_text);
}

/// Answers what belongs to a transaction whose BEGIN never ran. Returns false for what does not.
bool lease_machine::answer_void(lease_unit& u, time_point now) {
  if (void_.empty() || !u.request) return false;
  const auto text = control_text(u.what, *u.request);
  const auto edge = edge_of(u.what, text);
  const auto why = edge == block_edge::none ? void_ : std::exchange(void_, {});
  if (edge == block_edge::opens) return false;
  if (rolls_back(u.what, text)) { // It comes to what was asked.
    u.results = {tag_of("ROLLBACK")};
    answer(u);
    return true;
  }
  auto f = blank(outcome::not_executed, cause::invalid_request);
  f.sqlstate = "25P01";
  f.message = "the transaction that it belongs to was never begun: " + why;
  f.hint = edge == block_edge::closes ? "send the whole transaction again" : "roll back, or begin anew";
  fail(u, std::move(f), now);
  return true;
}

/// What stands in a transaction that can only be rolled back.
std::optional<failure> lease_machine::refusal_of_doomed(const lease_unit& u) const {
  if (!u.request) return std::nullopt;
  const auto text = control_text(u.what, *u.request);
  if (const auto why = why_doomed(); !why.empty() && !text.empty()) {
    if (rolls_back(u.what, text)) return std::nullopt;
    if (u.commits || edge_of_text(text) == block_edge::closes)
      return unusable("the transaction cannot be committed any more: " + why);
  }
  if (doomed_.empty() || !in_block()) return std::nullopt;
  switch (u.what) {
    case lease_task::statement:
    case lease_task::batch:
    case lease_task::savepoint:
    case lease_task::rollback_to:
    case lease_task::release_savepoint:
      return unusable("the transaction around it can only be rolled back: " + doomed_);
    default: return std::nullopt;
  }
}

} // namespace tripool
