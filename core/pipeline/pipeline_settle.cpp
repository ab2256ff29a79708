// The settling half of the pipeline: what each answer of the server proves for the unit that it answers.
#include "tripool/core/pipeline/pipeline_machine.hpp"
#include "tripool/core/pipeline/server_timeout.hpp"
#include "tripool/core/statement/traits.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

/// Each is the work of another unit's failure in front of it, so that they end by themselves; a bound all the same.
constexpr std::uint8_t resends_max = 200;
constexpr std::uint8_t repeats_max = 2;
constexpr std::uint8_t replans_max = 2;
constexpr std::uint8_t rollbacks_struck_max = 3;

bool is_open(const pipeline_unit& u) noexcept {
  return u.now == pipeline_unit::state::sent || u.now == pipeline_unit::state::executed;
}

/// Its question for the position was sent behind its COMMIT.
bool awaits_position(const std::deque<pipeline_op>& ops, const pipeline_unit& u) noexcept {
  return !ops.empty() && ops.front().what == pipeline_op::kind::position && ops.front().unit == &u;
}

/// The server does not know the name that the operation ran by: it ran nothing. A statement's own 26000, from a
/// function that raises it, names another.
bool is_unknown_name(const pipeline_op& op, const server_message& e) noexcept {
  using kind = pipeline_op::kind;
  const bool by_name = op.what != kind::prepare && op.what != kind::close && !op.name.empty();
  return by_name && e.sqlstate == "26000" && e.message.find(op.name) != std::string::npos;
}

} // namespace

void pipeline_machine::on_result(wire_result&& x, time_point now) {
  last_activity_ = now;
  if (ops_.empty()) return lose("the server sent a result that nothing had asked for");
  using op_kind = pipeline_op::kind;
  if (ops_.front().what == op_kind::sync) {
    if (x.what != wire_result::kind::sync) return lose("the server's answers are out of step with what was sent");
    ops_.pop_front();
    if (!x.error.sqlstate.empty()) on_error_at_sync(x.error, now);
    on_sync(x.transaction_status, now);
    moved_head(now);
    return;
  }
  const auto op = std::move(ops_.front());
  ops_.pop_front();
  switch (x.what) {
    case wire_result::kind::complete: on_complete(op, std::move(x), now); break;
    case wire_result::kind::error: on_error(op, x.error, now); break;
    case wire_result::kind::aborted: on_aborted(op); break;
    case wire_result::kind::sync: lose("the server's answers are out of step with what was sent"); break;
  }
  moved_head(now);
}

void pipeline_machine::on_complete(const pipeline_op& op, wire_result&& x, time_point now) {
  using op_kind = pipeline_op::kind;
  auto* u = op.unit;
  if (!u || u->now == pipeline_unit::state::settled) return;
  if (op.what == op_kind::execute) {
    if (!u->notices.empty()) x.rows = with_notices(std::move(x.rows), u->notices.take());
    u->results.push_back(std::move(x.rows));
    if (op.index + 1 < u->what->statements().size()) return;
    u->now = pipeline_unit::state::executed;
    const bool framed = u->frame == pipeline_unit::framing::own_frame;
    if (mutated(framed ? mutation::ack_before_commit : mutation::ack_before_sync)) return settle_done(*u, now);
    const bool own_block = framed && !u->what->is_batch();
    if (u->what->mode() != access::read || u->frame == pipeline_unit::framing::alone || own_block) return;
    settle_done(*u, now); // In a READ ONLY block there is nothing to commit: the rows are all.
  } else if (op.what == op_kind::position) {
    if (u->committed) settle_position(*u, x.rows, now);
  } else if (op.what == op_kind::commit && u->now == pipeline_unit::state::executed) {
    if (x.rows.command_tag() == "COMMIT" || mutated(mutation::rollback_is_done)) {
      u->committed = true;
      if (!awaits_position(ops_, *u)) settle_done(*u, now);
      return;
    }
    server_message e;
    e.sqlstate = "25P02";
    e.message = "COMMIT was answered with " + std::string{x.rows.command_tag()} + ": the transaction was rolled back";
    settle_failed(*u, describe(*u, outcome::rejected, e, 0), now);
  }
}

void pipeline_machine::on_error(const pipeline_op& op, const server_message& e, time_point now) {
  using op_kind = pipeline_op::kind;
  if (ends_session(e.severity)) fatal_seen_ = true;
  if (op.what == op_kind::rollback) {
    // A stray cancel's work: the block still stands, and the Sync brings the next ROLLBACK.
    if (e.sqlstate != "57014" || ++rollbacks_struck_ > rollbacks_struck_max) lose("ROLLBACK failed: " + e.message);
    return;
  }
  if (op.what == op_kind::setting && !op.unit) restore_timeout_ = true; // A stray cancel's work, or skipped behind it.
  if (op.what == op_kind::prepare) forget_prepare(op);
  if (op.what == op_kind::close && e.sqlstate != "26000") cache_.close_again(op.name);
  const bool unknown_name = is_unknown_name(op, e);
  const bool believed = unknown_name && forget_all(op);
  if (op.unit && op.unit->committed && is_open(*op.unit)) return settle_done(*op.unit, now); // Without its position.
  if (!op.unit || !is_open(*op.unit)) return; // What stands behind a shared frame is skipped, and sent again.
  // A frame's own name is gone, or the name's preparation failed: the unit is not to blame.
  if (unknown_name && (op.what != op_kind::execute || !believed)) return mark_resend(*op.unit);
  settle_error(*op.unit, e, op, now);
}

void pipeline_machine::forget_prepare(const pipeline_op& op) {
  if (op.unit) {
    cache_.drop_name(op.name);
  } else {
    controls_.lost(op.name);
  }
}

/// The server does not know a name. Returns false when we know why: its preparation failed or was skipped. Else
/// somebody has discarded all prepared statements of the session.
bool pipeline_machine::forget_all(const pipeline_op& op) {
  const bool believed = op.what == pipeline_op::kind::execute ? cache_.has_name(op.name) : controls_.has(op.name);
  if (!believed) return false;
  cache_.clear();
  controls_.lost_all();
  return true;
}

void pipeline_machine::on_aborted(const pipeline_op& op) {
  using op_kind = pipeline_op::kind;
  if (op.what == op_kind::setting && !op.unit) restore_timeout_ = true;
  if (op.what == op_kind::prepare) forget_prepare(op);
  if (op.what == op_kind::close) cache_.close_again(op.name);
  if (op.unit && is_open(*op.unit) && !op.unit->committed) mark_resend(*op.unit);
}

void pipeline_machine::on_error_at_sync(const server_message& e, time_point now) {
  if (ends_session(e.severity)) fatal_seen_ = true;
  const auto n = groups_.empty() ? 0 : groups_.front().units;
  std::size_t k = 0;
  for (auto i = sent_.begin(); i != sent_.end() && k < n; ++i, ++k)
    if (is_open(*i) && !i->committed) settle_error(*i, e, pipeline_op{}, now);
}

void pipeline_machine::on_sync(char transaction_status, time_point now) {
  assert(!groups_.empty());
  const auto g = groups_.front();
  groups_.pop_front();
  if (pace_ && g.what == pipeline_group::purpose::work) note_pace(g, now);
  group_since_ = now;
  switch (g.what) {
    case pipeline_group::purpose::validation: validating_ = false; break;
    case pipeline_group::purpose::rollback:
      if (transaction_status == 'I') rollbacks_struck_ = 0;
      if (transaction_status == 'T') lose("the session stays in a transaction after ROLLBACK");
      break;
    case pipeline_group::purpose::work: finish_group(g, transaction_status, now); break;
  }
  if (transaction_status == 'T') return lose("a statement left a transaction open on a shared connection");
  if (transaction_status != 'E') return;
  // A failed block stands open. One ROLLBACK is enough for all groups that were sent before it.
  if (!in_failed_block()) want_rollback_ = true;
}

bool pipeline_machine::in_failed_block() const noexcept {
  const auto is_rollback = [](const pipeline_group& x) { return x.what == pipeline_group::purpose::rollback; };
  return want_rollback_ || std::any_of(groups_.begin(), groups_.end(), is_rollback);
}

/// The server keeps its answers back until the Sync: only the time of all units together is known.
void pipeline_machine::note_pace(const pipeline_group& g, time_point now) {
  const bool quick = now - group_since_ <= limits_.slow_for(g.units);
  auto u = sent_.begin();
  for (std::size_t k = 0; k < g.units && u != sent_.end(); ++k, ++u) {
    if (quick) {
      pace_->was_quick(u->pace);
    } else if (g.units == 1) {
      pace_->was_slow(u->pace);
    } else {
      pace_->was_unclear(u->pace);
    }
  }
}

/// The group's Sync is answered: what was executed alone is committed now, the rest is settled or goes round again.
void pipeline_machine::finish_group(const pipeline_group& g, char transaction_status, time_point now) {
  units again;
  for (std::size_t k = 0; k < g.units && !sent_.empty(); ++k) {
    auto& u = sent_.front();
    const bool alone = u.frame == pipeline_unit::framing::alone && transaction_status == 'I';
    if (u.now == pipeline_unit::state::executed && (alone || u.committed)) {
      settle_done(u, now);
    } else if (is_open(u)) {
      server_message e;
      e.message = u.now == pipeline_unit::state::executed
                    ? "it ran inside a transaction that another statement had left open"
                    : "the server answered the Sync without an answer to the statement";
      settle_moved(u, describe(u, outcome::in_doubt, e, 0));
    }
    if (u.now == pipeline_unit::state::resend && u.what->cancel_wanted())
      settle_taken_back(u, "waited to be sent again; its first attempt was rolled back", now);
    auto& side = u.now == pipeline_unit::state::resend ? again : spare_;
    if (u.now == pipeline_unit::state::resend) {
      u.now = pipeline_unit::state::waiting;
      --live_;
    }
    side.splice(side.end(), sent_, sent_.begin());
  }
  waiting_.splice(waiting_.begin(), again);
}

void pipeline_machine::settle_error(pipeline_unit& u, const server_message& e, const pipeline_op& op, time_point now) {
  if (settle_token(u, e, op, now)) return;
  const auto index = op.index;
  const auto limit = u.raised_to > duration::zero() ? u.raised_to : limits_.target.statement_timeout;
  if (u.cancel_why == cause::none && is_statement_timeout(e, now - head_since_, limit)) u.cancel_why = cause::deadline;
  classify_context c;
  c.is_write = u.what->mode() == access::write;
  c.framed = u.frame != pipeline_unit::framing::alone;
  c.batch = u.what->is_batch();
  c.prepared = op.what == pipeline_op::kind::execute && !op.name.empty();
  c.cancel_aimed = u.cancel_why != cause::none;
  c.stray_cancel = cancel_ != cancel_state::none || now < stray_until_;
  c.poisoned = in_failed_block();
  auto what = classify(e, c);
  // A procedure outside of a block may have committed part of its work before it failed.
  const bool refused = is_unknown_name(op, e) || (e.sqlstate == "25P02" && c.poisoned);
  const bool ran = op.what != pipeline_op::kind::prepare && !refused;
  if (ran && !c.framed && may_leave_work(u.what->statements().front().text, e.sqlstate)) what = verdict::in_doubt;
  switch (what) {
    case verdict::rejected: return settle_failed(u, describe(u, outcome::rejected, e, index), now);
    case verdict::in_doubt: return settle_moved(u, describe(u, outcome::in_doubt, e, index));
    case verdict::not_executed: return settle_moved(u, describe(u, outcome::not_executed, e, index));
    case verdict::read_only_server: {
      effects_.troubles.push_back({cause::server_error, e.sqlstate, e.message});
      return settle_moved(u, describe(u, outcome::not_executed, e, index));
    }
    case verdict::retry_here: return repeat_or_reject(u, e, index, now);
    case verdict::prepare_again: return replan_or_reject(u, e, op, now);
    case verdict::run_alone: u.run_alone = true; return mark_resend(u);
    case verdict::victim: return mark_resend(u);
  }
}

void pipeline_machine::repeat_or_reject(pipeline_unit& u, const server_message& e, std::uint32_t index,
                                        time_point now) {
  if (u.repeats >= repeats_max || now >= u.deadline)
    return settle_failed(u, describe(u, outcome::rejected, e, index), now);
  ++u.repeats;
  mark_resend(u);
}

void pipeline_machine::replan_or_reject(pipeline_unit& u, const server_message& e, const pipeline_op& op,
                                        time_point now) {
  if (u.replans >= replans_max || now >= u.deadline)
    return settle_failed(u, describe(u, outcome::rejected, e, op.index), now);
  ++u.replans;
  if (cache_.has_name(op.name)) { // The batch's other statements are as old. Else a neighbour has seen to it.
    for (const auto& s : u.what->statements()) cache_.drop(s.text);
  }
  mark_resend(u);
}

void pipeline_machine::mark_resend(pipeline_unit& u) {
  u.what->progress = stage::queued; // Proved: skipped, or rolled back.
  if (++u.resends > resends_max) {
    auto f = blank(outcome::not_executed, cause::victim);
    f.message = "struck " + std::to_string(resends_max) + " times by failures of other statements on its connection";
    return settle_moved(u, std::move(f));
  }
  ++resent_;
  --u.what->attempts;
  u.results.clear();
  u.notices.clear();
  u.cancel_why = cause::none;
  u.sync_wait_cancelled = false;
  u.now = pipeline_unit::state::resend;
}

void pipeline_machine::settle_done(pipeline_unit& u, time_point now) {
  if (u.what->mode() == access::read && settle_if_too_large(u, now)) return;
  if (u.sync_wait_cancelled) {
    auto f = blank(outcome::in_doubt, cause::server_error);
    f.sqlstate = "01000";
    f.message = "committed on this server, but the wait for its synchronous standby was cancelled";
    f.hint = "it is lost if the server is lost before a standby has it; look before sending it again";
    return settle_failed(u, std::move(f), now);
  }
  if (!u.notices.empty() && !u.results.empty()) // Its COMMIT's, for example of a deferred trigger.
    u.results.back() = with_notices(std::move(u.results.back()), u.notices.take());
  if (u.what->answered()) {
    // Its holder gave the answer already.
  } else if (u.what->asks_for_token()) {
    settle_asked(u, now);
  } else {
    note_end(u, outcome::done, now);
    u.what->complete(u.results);
  }
  u.what.reset();
  u.results.clear();
  u.now = pipeline_unit::state::settled;
  --live_;
  ++effects_.completed;
}

void pipeline_machine::note_end(const pipeline_unit& u, outcome how, time_point now) {
  const bool from_pool = u.what->dispatched_at != time_point{}; // Probes and the like come from no queue.
  if (meter_ && from_pool) meter_->answered(how, now - u.what->dispatched_at, now);
}

void pipeline_machine::settle_failed(pipeline_unit& u, failure f, time_point now) {
  note_end(u, f.kind, now);
  if (!u.what->answered()) u.what->fail(std::move(f), now);
  u.what.reset();
  u.results.clear();
  u.now = pipeline_unit::state::settled;
  --live_;
  ++effects_.completed;
}

void pipeline_machine::settle_moved(pipeline_unit& u, failure f) {
  if (f.kind == outcome::not_executed) u.what->progress = stage::queued;
  effects_.moved.push_back({std::move(u.what), std::move(f)});
  u.what.reset();
  u.results.clear();
  u.now = pipeline_unit::state::settled;
  --live_;
  ++effects_.completed;
}

void pipeline_machine::on_notice(const server_message& x) {
  // It comes before the answer of the operation that caused it.
  auto* u = ops_.empty() ? nullptr : ops_.front().unit;
  if (u && u->what) u->notices.add(x);
  if (!is_sync_wait_cancelled(x) || mutated(mutation::ignore_sync_wait_warning)) return;
  if (!u) u = running();
  if (u) u->sync_wait_cancelled = true; // Even if nobody waits for it any more.
}

void pipeline_machine::on_lost(const session_loss& x) {
  open_ = false;
  // A FATAL ends the server's work at the first operation without an answer: what stands behind that never ran.
  const auto* first = ops_.empty() ? nullptr : ops_.front().unit;
  ops_.clear();
  groups_.clear();
  cancel_ = cancel_state::none; // Nothing is left to wait for.
  validating_ = false;
  want_rollback_ = false;
  for (auto& u : sent_) {
    if (u.now == pipeline_unit::state::settled) continue;
    if (u.committed) { // Only its position is lost.
      settle_done(u, last_activity_);
      continue;
    }
    const bool ended_before = fatal_seen_ || classify_loss(x, true, &u == first) == verdict::not_executed;
    const bool behind = mutated(mutation::call_neighbour_unsent) && &u != first;
    const bool never_ran = u.now == pipeline_unit::state::resend
                           || (u.now == pipeline_unit::state::sent && ended_before) || behind
                           || mutated(mutation::call_lost_write_unsent);
    server_message e;
    e.sqlstate = x.sqlstate;
    e.message = "the connection was lost: " + x.message;
    auto f = describe(u, never_ran ? outcome::not_executed : outcome::in_doubt, e, 0);
    f.why = cause::connection_lost;
    if (never_ran) {
      f.detail = "the server ended the session before it came to this statement";
      f.proved = proof::session_ended;
    } else {
      f.hint =
        u.what->repeatable() ? "repeating it is harmless" : "look whether it took effect before sending it again";
    }
    settle_moved(u, std::move(f));
  }
  for (auto& u : waiting_) {
    auto f = blank(outcome::not_executed, cause::connection_lost);
    f.sqlstate = x.sqlstate;
    f.message = "the connection was lost before the statement was sent: " + x.message;
    f.proved = u.what->proof_unsent();
    f.hint = "send it again";
    ++live_; // settle_moved counts it out.
    settle_moved(u, std::move(f));
  }
  spare_.clear();
  sent_.clear();
  waiting_.clear();
  live_ = 0;
}

void pipeline_machine::give_up_repeatable(const std::string& reason) {
  for (auto& u : sent_) {
    if (!u.what || !u.what->repeatable()) continue;
    auto f = blank(outcome::in_doubt, cause::connection_lost);
    f.message = "the connection was given up while the server worked on the statement: " + reason;
    f.hint = "repeating it is harmless";
    settle_moved(u, std::move(f));
  }
}

} // namespace tripool
