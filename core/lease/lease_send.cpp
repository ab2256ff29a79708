// The sending half of a lease: commands in their order, each behind a Sync of its own, several at a time where the
// answer to one cannot change what the next one means.
#include "tripool/core/lease/block_edge.hpp"
#include "tripool/core/lease/lease_machine.hpp"
#include "tripool/core/lease/traces.hpp"
#include "tripool/core/pipeline/server_timeout.hpp"
#include "tripool/core/statement/traits.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

const std::string commit_text = "COMMIT";
const std::string rollback_text = "ROLLBACK";
const std::string reset_text = "DISCARD ALL";

/// Whether it needs to know how everything before it ended.
bool waits_for_all(lease_task what, session_purpose purpose) noexcept {
  switch (what) {
    case lease_task::begin:
    case lease_task::batch:
    case lease_task::commit:
    case lease_task::rollback: return purpose == session_purpose::lease;
    case lease_task::release:
    case lease_task::gap:
    case lease_task::closes:
    case lease_task::undo:
    case lease_task::reset: return true;
    default: return false;
  }
}

} // namespace

void lease_machine::pump(session& s, bool writable, time_point now) {
  if (outside_ || refused_ || effects_.close || phase_ == phase::over || phase_ == phase::lost) return;
  if (sent_.empty()) head_since_ = now;
  go_on_finishing(now);
  while (writable && !refused_ && !waiting_.empty() && may_send(waiting_.front())) {
    auto& u = waiting_.front();
    if (u.what == lease_task::release) {
      release_ = std::move(u.request);
      waiting_.pop_front();
      go_on_finishing(now);
      continue;
    }
    if (u.what == lease_task::gap) {
      pass_gap(u);
      waiting_.pop_front();
      go_on_finishing(now);
      continue;
    }
    if (answer_void(u, now)) {
      waiting_.pop_front();
      continue;
    }
    note_traces(u);
    if (auto f = refusal_now(u)) {
      fail(u, std::move(*f), now);
      waiting_.pop_front();
      continue;
    }
    if (sent_.empty() && status_ != 'E') send_closes(s);
    note_wishes(u);
    send(s, u);
    sent_.splice(sent_.end(), waiting_, waiting_.begin());
  }
}

bool lease_machine::may_send(const lease_unit& u) const {
  // While a cancel is under way nothing is added that it could strike.
  if (cancel_ != cancel_state::none || sent_.size() >= limits_.pipeline_depth) return false;
  if (phase_ == phase::opening && u.what != lease_task::validation && u.what != lease_task::opening) return false;
  if (sent_.empty()) return true;
  return !waits_for_all(u.what, purpose_) && !sent_.back().framed;
}

/// Looks at what is about to be sent: whether it ends the block, and whether it may stay on the session.
void lease_machine::note_traces(lease_unit& u) {
  const auto* r = u.what == lease_task::opening ? order_.get() : u.request.get();
  if (!r) return;
  if (u.what == lease_task::begin) u.edge = block_edge::opens;
  if (u.what == lease_task::commit) {
    u.doom = why_doomed();
    u.commits = u.ends_block = u.doom.empty();
    return;
  }
  if (u.what != lease_task::statement && u.what != lease_task::batch && u.what != lease_task::opening) return;
  used_ = used_ || u.what != lease_task::opening;
  for (const auto& x : r->statements()) {
    if (purpose_ != session_purpose::lease) {
      traces_ = traces_ || may_leave_traces(x.text);
      continue;
    }
    const auto traits = analyse(x.text);
    if (traits.command == keyword::discard_ || traits.command == keyword::deallocate_) cache_.clear();
    if (traits.kind != statement_kind::transaction_control) continue;
    const bool inside = traits.command == keyword::savepoint_ || traits.command == keyword::release_;
    u.ends_block = u.ends_block || !inside;
    if (traits.command == keyword::begin_ || traits.command == keyword::start_) u.edge = block_edge::opens;
    u.commits = traits.command == keyword::commit_ || traits.command == keyword::end_;
  }
}

/// Whether the borrower makes itself read-only, and for how long.
void lease_machine::note_wishes(lease_unit& u) {
  if (!u.request) return;
  for (const auto& x : u.request->statements()) {
    const auto wish = read_only_wish_of(x.text);
    read_only_block_ = read_only_block_ || wish == read_only_wish::block;
    read_only_session_ = read_only_session_ || wish == read_only_wish::session;
    if (read_only_block_ && edge_of(u.what, x.text) == block_edge::closes) read_only_block_ = false;
  }
  u.own_read_only = read_only_block_ || read_only_session_;
}

void lease_machine::send(session& s, lease_unit& u) {
  if (u.request) {
    u.request->progress = stage::sent;
    ++u.request->attempts;
  }
  switch (u.what) {
    case lease_task::validation: break;
    case lease_task::closes: break; // Sent by send_closes.
    case lease_task::opening:
      send_statements(s, u);
      send_time_limit(s);
      break;
    case lease_task::statement: send_statements(s, u); break;
    case lease_task::batch:
      u.framed = purpose_ == session_purpose::lease && !in_block();
      if (u.framed) send_control(s, reads_only_ ? "BEGIN READ ONLY" : "BEGIN");
      send_statements(s, u);
      if (u.framed) send_control(s, commit_text);
      break;
    case lease_task::commit: send_control(s, u.doom.empty() ? commit_text : rollback_text); break;
    case lease_task::rollback:
    case lease_task::undo: send_control(s, rollback_text); break;
    case lease_task::reset: send_control(s, reset_text); break;
    default: send_control(s, u.request->statements().front().text); break;
  }
  if (!refused_) taken(s.sync(), {});
}

/// The server's own limit is that of single statements on shared connections. A borrower may take longer: its limits
/// are this machine's, and the server bounds what is left if we vanish. In a block it ends with it, else with the
/// reset.
void lease_machine::send_time_limit(session& s) {
  if (limits_.target.statement_timeout <= duration::zero() || refused_ || !order_) return;
  const bool local = purpose_ == session_purpose::transaction || purpose_ == session_purpose::stream;
  constexpr duration longest = std::chrono::hours{24 * 24}; // The server counts milliseconds in 32 bits.
  const auto text = set_timeout_text(std::min(hold_max_, longest), local);
  taken(s.execute(text, {}, result_format::text), {lease_op::kind::setting, 0, {}});
  time_limit_set_ = time_limit_set_ || !local;
}

void lease_machine::send_statements(session& s, lease_unit& u) {
  const auto* r = u.what == lease_task::opening ? order_.get() : u.request.get();
  if (!r) return; // An order that was given up before it was sent.
  if (purpose_ == session_purpose::copy_in || purpose_ == session_purpose::copy_out) return; // Its text is the owner's.
  std::uint32_t index = 0;
  for (const auto& x : r->statements()) send_statement(s, x, index++);
}

void lease_machine::send_statement(session& s, const statement& x, std::uint32_t index) {
  using kind = lease_op::kind;
  if (refused_) return;
  if (purpose_ == session_purpose::stream) { // Its texts speak of a cursor: prepared, they would outlive it.
    taken(s.execute(x.text, x.parameters, x.format), {kind::execute, index, {}});
    return;
  }
  const auto types = stated_types(x.parameters, s.types().get());
  const auto plan = cache_.plan(x.text, types);
  if (plan.what == statement_plan::action::unnamed) {
    taken(s.execute(x.text, x.parameters, x.format), {kind::execute, index, {}});
    return;
  }
  if (plan.what == statement_plan::action::prepare
      && !taken(s.prepare(*plan.name, x.text, types), {kind::prepare, index, *plan.name}))
    return;
  taken(s.execute_prepared(*plan.name, x.parameters, x.format), {kind::execute, index, *plan.name});
}

void lease_machine::send_control(session& s, const std::string& text) {
  if (!refused_) taken(s.execute(text, {}, result_format::text), {lease_op::kind::control, 0, {}});
}

/// Behind a Sync of their own: their failure must strike nothing else.
void lease_machine::send_closes(session& s) {
  bool any = false;
  while (!refused_) {
    auto name = cache_.take_evicted();
    if (!name) break;
    any = taken(s.close_prepared(*name), {lease_op::kind::close, 0, *name}) || any;
  }
  if (!any || refused_) return;
  taken(s.sync(), {});
  sent_.emplace_back().what = lease_task::closes;
}

/// Notes an operation that the session took. One that it refused is the last that this session is offered.
bool lease_machine::taken(bool accepted, lease_op&& op) {
  if (accepted) {
    ops_.push_back(std::move(op));
  } else {
    refused_ = true;
  }
  return accepted;
}

} // namespace tripool
