// The settling half of a lease: what each answer of the server proves for the command that it answers, and for the
// transaction around it. Lost sessions: lease_loss.cpp.
#include "tripool/core/lease/lease_machine.hpp"

#include "tripool/core/outcome/classify.hpp"
#include "tripool/core/result/parameter_change.hpp"
#include "tripool/core/statement/traits.hpp"
#include "tripool/core/util/mutation.hpp"

#include <cassert>
#include <utility>

namespace tripool {

namespace {

constexpr std::uint8_t replans_max = 2;

/// The server does not know the prepared name, or its plan is out of date: nothing ran.
bool refuses_plan(const lease_unit& u) {
  if (!u.error || u.error_name.empty()) return false;
  const auto& e = *u.error;
  if (e.sqlstate == "26000") return e.message.find(u.error_name) != std::string::npos;
  return e.sqlstate == "0A000" && e.source_function == "RevalidateCachedQuery";
}

} // namespace

void lease_machine::on_result(wire_result&& x, time_point now) {
  if (ops_.empty()) return lose("the server sent a result that nothing had asked for");
  const auto op = std::move(ops_.front());
  ops_.pop_front();
  const bool at_sync = op.what == lease_op::kind::sync;
  if (at_sync != (x.what == wire_result::kind::sync) || sent_.empty())
    return lose("the server's answers are out of step with what was sent");
  if (!at_sync) return on_answer(op, std::move(x));
  auto& u = sent_.front();
  if (!x.error.sqlstate.empty() && !u.error) u.error = std::move(x.error);
  const char before = std::exchange(status_, x.transaction_status);
  u.stray = cancel_ != cancel_state::none || now < stray_until_;
  settle(u, before, now);
  note_status(u, before);
  if (u.request) { // It goes round again.
    waiting_.splice(waiting_.begin(), sent_, sent_.begin());
  } else {
    sent_.pop_front();
  }
  moved_head(now);
  go_on_finishing(now);
}

void lease_machine::on_answer(const lease_op& op, wire_result&& x) {
  using kind = lease_op::kind;
  auto& u = sent_.front();
  switch (x.what) {
    case wire_result::kind::complete:
      if (op.what == kind::control && u.framed) {
        u.tag = x.rows.command_tag();
      } else if (op.what == kind::execute || op.what == kind::control) {
        u.results.push_back(with_notices(std::move(x.rows), u.notices.take()));
      }
      break;
    case wire_result::kind::error: on_error(op, std::move(x.error)); break;
    case wire_result::kind::aborted:
      if (op.what == kind::prepare) cache_.drop_name(op.name);
      if (op.what == kind::close) cache_.close_again(op.name);
      break;
    case wire_result::kind::sync: break;
  }
}

void lease_machine::on_error(const lease_op& op, server_message&& e) {
  using kind = lease_op::kind;
  auto& u = sent_.front();
  if (ends_session(e.severity)) fatal_seen_ = true;
  if (op.what == kind::prepare) cache_.drop_name(op.name);
  if (op.what == kind::close && e.sqlstate != "26000") cache_.close_again(op.name);
  u.error_index = op.index;
  u.error_name = op.what == kind::execute ? op.name : std::string{};
  u.error = std::move(e);
  if (!refuses_plan(u)) return;
  if (u.error->sqlstate == "26000") {
    cache_.clear(); // Somebody has discarded them all.
  } else {
    cache_.drop_name(u.error_name);
    cache_.close_again(u.error_name);
  }
}

void lease_machine::settle(lease_unit& u, char before, time_point now) {
  switch (u.what) {
    case lease_task::validation:
    case lease_task::closes: return;
    case lease_task::opening: return settle_opening(u, now);
    case lease_task::undo:
      if (status_ != 'I') lose("the session stays in a transaction after ROLLBACK");
      return;
    case lease_task::reset:
      if (u.error) return lose("the session could not be reset: " + u.error->message);
      was_reset_ = true;
      cache_.clear();
      return;
    default: break;
  }
  if (u.expired) note_late(u);
  if (u.error) {
    if (u.request && send_again(u, before)) return;
    settle_error(u, before, now);
  } else {
    settle_complete(u, now);
  }
}

void lease_machine::settle_opening(lease_unit& u, time_point now) {
  if (phase_ == phase::opening) phase_ = phase::ready;
  if (!order_) return;
  if (!u.error) {
    lent_since_ = now;
    if (hold_max_ > duration::zero()) hold_until_ = now + hold_max_;
    effects_.opened = opened_order{std::move(order_), std::move(u.results)};
    order_.reset();
    return;
  }
  classify_context c;
  c.is_write = order_->mode() == access::write && !reads_only_;
  const auto v = classify(*u.error, c);
  if (v == verdict::read_only_server)
    effects_.troubles.push_back({cause::server_error, u.error->sqlstate, u.error->message});
  auto kind = outcome_of(v);
  if (kind == outcome::in_doubt) kind = outcome::not_executed; // What opens a session leaves nothing behind.
  auto f = describe(u, kind, *u.error);
  f.attempts = order_->attempts;
  effects_.moved = moved_request{std::move(order_), std::move(f)};
  order_.reset();
  end_with("was never begun");
  input_closed_ = true;
}

/// Goes round again when nothing ran but an outdated name was used, and when nothing else would be overtaken.
bool lease_machine::send_again(lease_unit& u, char before) {
  const bool alone = before == 'I' && !u.framed && sent_.size() == 1;
  if (!alone || !refuses_plan(u) || u.replans >= replans_max || abandoned_) return false;
  ++u.replans;
  u.error.reset();
  u.error_name.clear();
  u.results.clear();
  u.notices.clear();
  u.request->progress = stage::queued;
  --u.request->attempts;
  return true;
}

void lease_machine::settle_error(lease_unit& u, char before, time_point now) {
  if (!u.request) return;
  const auto& e = *u.error;
  classify_context c;
  c.is_write = !reads_only_ && !u.own_read_only && u.request->mode() == access::write;
  c.framed = u.framed;
  c.batch = u.request->is_batch();
  c.prepared = !u.error_name.empty();
  c.cancel_aimed = u.cancel_why != cause::none;
  c.stray_cancel = u.stray;
  const auto v = classify(e, c);
  auto kind = outcome_of(v);
  // Inside a block nothing is committed by an error, nor by the session's end.
  if (before != 'I' && !u.ends_block && kind == outcome::in_doubt) kind = outcome::not_executed;
  const bool free = before == 'I' && !u.framed && !refuses_plan(u) && u.what == lease_task::statement;
  if (free && may_leave_work(u.request->statements().front().text, e.sqlstate)) kind = outcome::in_doubt;
  if (v == verdict::read_only_server) effects_.troubles.push_back({cause::server_error, e.sqlstate, e.message});
  auto f = describe(u, kind, e);
  if (v == verdict::victim) f.why = cause::victim;
  fail(u, std::move(f), now);
}

void lease_machine::settle_complete(lease_unit& u, time_point now) {
  if (!u.request) return;
  const auto tag = u.framed ? u.tag : u.results.empty() ? std::string{} : std::string{u.results.back().command_tag()};
  const bool undone = u.what == lease_task::commit && !u.doom.empty();
  if (undone || ((u.commits || u.framed) && tag == "ROLLBACK" && !mutated(mutation::rollback_is_done))) {
    server_message e;
    e.sqlstate = undone ? "40000" : "25P02";
    e.message = undone ? "the transaction was rolled back instead of committed: " + u.doom
                       : "COMMIT was answered with ROLLBACK: the transaction had failed, and was rolled back";
    e.hint = "send the whole transaction again";
    end_with("was rolled back: it could not be committed");
    return fail(u, describe(u, outcome::rejected, e), now);
  }
  const bool committed = u.commits || u.framed || (!in_block() && u.what == lease_task::statement);
  if (u.sync_wait_cancelled && committed) {
    server_message e;
    e.sqlstate = "01000";
    e.message = "committed on this server, but the wait for its synchronous standby was cancelled";
    e.hint = "it is lost if the server is lost before a standby has it; look before sending it again";
    end_with("was committed on its server, but not on its standby");
    return fail(u, describe(u, outcome::in_doubt, e), now);
  }
  if (u.what == lease_task::commit && purpose_ != session_purpose::lease) end_with("was committed");
  if (u.what == lease_task::rollback && purpose_ != session_purpose::lease) end_with("was rolled back");
  if (u.request->mode() == access::read && too_large(u, now)) return;
  answer(u);
}

/// What the transaction around the unit is now.
void lease_machine::note_status(const lease_unit& u, char before) {
  if (u.edge == block_edge::opens && u.error && !in_block()) void_ = "its BEGIN failed: " + u.error->message;
  if (status_ == 'E' && before != 'E' && u.error) first_error_ = u.error->sqlstate + ": " + u.error->message;
  if (status_ == 'T' && before == 'E') first_error_.clear();
  if (status_ == 'I') {
    if (sent_.size() <= 1) read_only_block_ = false; // Else what is on its way may have begun another.
    first_error_.clear();
    doomed_.clear();
    savepoints_.clear();
  }
  if (u.framed && in_block()) { // It failed in the middle of its own block.
    waiting_.emplace_front().what = lease_task::undo;
  }
  const bool ours = u.what == lease_task::commit || u.what == lease_task::rollback || u.what == lease_task::undo;
  if (purpose_ == session_purpose::transaction && before != 'I' && status_ == 'I') {
    asked_to_end_ = true;
    end_with(ours ? "was rolled back" : "was ended by one of its statements");
  }
}

/// Keeps it for the result of what runs, if anybody waits for that.
void lease_machine::note(const server_message& x) {
  if (!sent_.empty() && sent_.front().request) sent_.front().notices.add(x);
}

void lease_machine::on_parameter(std::string_view name, std::string_view value) {
  // Taken back. What is on its way behind it may wish it again.
  if (name == "default_transaction_read_only" && value == "off" && sent_.size() <= 1) read_only_session_ = false;
  note(notice_of({name, value}));
}

void lease_machine::on_notice(const server_message& x) {
  note(x);
  if (mutated(mutation::ignore_sync_wait_warning)) return;
  if (is_sync_wait_cancelled(x) && !sent_.empty()) sent_.front().sync_wait_cancelled = true;
}

void lease_machine::answer(lease_unit& u) {
  auto r = std::exchange(u.request, nullptr);
  // What came behind the last result: settings are reported with the Sync, and a commit has notices of its own.
  if (!u.results.empty()) u.results.back() = with_notices(std::move(u.results.back()), u.notices.take());
  r->complete(reply{std::move(u.results), nullptr});
}

void lease_machine::fail(lease_unit& u, failure f, time_point now) {
  auto r = std::exchange(u.request, nullptr);
  if (f.kind == outcome::not_executed) r->progress = stage::queued;
  r->fail(std::move(f), now);
}

bool lease_machine::too_large(lease_unit& u, time_point now) {
  std::size_t sum = 0;
  for (const auto& r : u.results) sum += r.memory_bytes();
  if (sum <= limits_.result_bytes_max) return false;
  server_message e;
  e.sqlstate = "54000";
  e.message = "the result holds " + std::to_string(sum)
              + " bytes, more than result-bytes-max = " + std::to_string(limits_.result_bytes_max);
  e.hint = "ask for fewer rows or columns, open a stream, or raise result-bytes-max for this pool";
  auto f = describe(u, outcome::rejected, e);
  f.why = cause::result_too_large;
  fail(u, std::move(f), now);
  return true;
}

failure lease_machine::describe(const lease_unit& u, outcome kind, const server_message& e) const {
  const bool ours = u.cancel_why != cause::none && e.sqlstate == "57014";
  auto f = blank(kind, ours ? u.cancel_why : cause::server_error);
  f.sqlstate = e.sqlstate;
  f.message = e.message;
  f.detail = e.detail;
  f.hint = e.hint;
  if (f.hint.empty()) f.hint = std::string{hint_for(e.sqlstate)};
  if (f.why == cause::deadline) f.message = "the deadline passed while the command ran: it was cancelled";
  if (f.why == cause::cancelled)
    f.message = "it was cancelled: the " + std::string{to_string(purpose_)} + " " + ended_as_;
  if (f.why == cause::result_too_large) {
    f.sqlstate = "54000";
    f.message = "the result passed result-bytes-max = " + std::to_string(limits_.result_bytes_max)
                + " bytes: the statement was cancelled";
    f.hint = "ask for fewer rows or columns, open a stream, or raise result-bytes-max for this pool";
  }
  const auto add = [&](const std::string& text) { f.detail = f.detail.empty() ? text : text + "; " + f.detail; };
  if (e.sqlstate == "25P02" && !first_error_.empty()) add("the transaction failed at " + first_error_);
  if (u.request && u.request->is_batch())
    add("statement " + std::to_string(u.error_index + 1) + " of " + std::to_string(u.request->statements().size()));
  return f;
}

} // namespace tripool
