// The sending half of the pipeline: which units leave together, and how each is kept apart from its neighbours.
#include "tripool/core/pipeline/pipeline_machine.hpp"
#include "tripool/core/pipeline/server_timeout.hpp"
#include "tripool/core/statement/labels.hpp"
#include "tripool/core/statement/traits.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

const std::string rollback_text = "ROLLBACK";
/// A unit that was struck by its neighbours' failures this often leaves on its own.
constexpr std::uint8_t struck_often = 3;

/// It may have to wait for its own first sending, which is under way on another session: nobody shall wait with it.
bool may_wait_for_itself(const pipeline_unit& u) noexcept {
  return u.what->doubted && !u.what->token().empty();
}

bool goes_alone(const pipeline_unit& u) noexcept {
  return may_wait_for_itself(u) || u.run_alone || !u.quick || u.resends >= struck_often || u.what->reports_position();
}

} // namespace

/// It may share a READ ONLY block with others: nothing in it is its own.
bool pipeline_machine::is_plain_read(const pipeline_unit& u, time_point now) const noexcept {
  return u.what->mode() == access::read && !u.what->is_batch() && !needs_more_time(u, now);
}

bool pipeline_machine::needs_validation(time_point now) const {
  return ops_.empty() && now - last_activity_ > limits_.validate_after_idle;
}

void pipeline_machine::pump(session& s, bool writable, time_point now) {
  held_until_.reset();
  if (!open_ || refused_ || effects_.close) return;
  if (ops_.empty()) head_since_ = now;
  if (groups_.empty()) group_since_ = now;
  if (want_rollback_ && writable) send_rollback(s);
  if (restore_timeout_ && writable) send_session_timeout(s, limits_.target.statement_timeout);
  // While a cancel is under way nothing is added that it could strike.
  if (waiting_.empty() || !writable || validating_ || cancel_ != cancel_state::none) return;
  if (needs_validation(now)) {
    validating_ = true;
    validation_ends_ = now + limits_.validation_timeout;
    send_sync(s, {pipeline_group::purpose::validation, 0});
    return;
  }
  while (!waiting_.empty() && has_room(now) && !refused_ && !must_wait(now)) send_group(s, now);
}

void pipeline_machine::send_group(session& s, time_point now) {
  send_closes(s);
  units chosen;
  const auto n = choose_group(chosen, now);
  assert(n > 0);
  note_timeouts(chosen, now);
  const auto& first = chosen.front();
  // A procedure runs in a block until it turns out to need none: in a block its error proves that nothing happened.
  const bool may_commit = !first.run_alone && may_commit_inside(first.what->statements().front().text);
  // What needs more time than the session allows gets it in a block, or, where it takes none, in the session.
  const bool more_time = first.raised_to > duration::zero();
  const bool by_itself = more_time && (first.run_alone || commits_by_itself(first.what->statements().front().text));
  const bool reports = first.what->reports_position() && !first.run_alone;
  const bool lone = n == 1 && !first.what->is_batch() && !may_commit && !reports && (!more_time || by_itself);
  if (!lone) prepare_controls(s);
  last_activity_ = now;
  for (auto& u : chosen) {
    u.now = pipeline_unit::state::sent;
    u.handed = false;
    u.committed = false;
    u.results.clear();
    u.what->progress = stage::sent;
    ++u.what->attempts;
  }
  live_ += n;
  if (lone) {
    if (by_itself) send_session_timeout(s, first.raised_to);
    send_lone(s, chosen.front());
  } else {
    send_framed(s, chosen);
  }
  if (refused_) take_back(chosen);
  auto* only = lone && !refused_ ? &chosen.front() : nullptr;
  sent_.splice(sent_.end(), chosen);
  send_sync(s, {pipeline_group::purpose::work, n}, only);
  if (lone && by_itself) send_session_timeout(s, limits_.target.statement_timeout);
}

/// The session took no more in the middle of a group: what it did not take whole waits on, and provably did not run.
/// A framed write without its COMMIT counts as not taken: the server rolls it back.
void pipeline_machine::take_back(units& chosen) {
  units back;
  for (auto i = chosen.begin(); i != chosen.end();) {
    auto here = i++;
    if (here->handed) continue;
    here->now = pipeline_unit::state::waiting;
    here->what->progress = stage::queued;
    --here->what->attempts;
    --live_;
    back.splice(back.end(), chosen, here);
  }
  waiting_.splice(waiting_.begin(), back);
  // No answer may find a unit that is not on the wire any more.
  for (auto& op : ops_)
    if (op.unit && !op.unit->handed) op.unit = nullptr;
}

/// How many more plain reads may be put on the wire.
std::size_t pipeline_machine::room_for_reads() const noexcept {
  const auto depth = limits_.depth_for_reads();
  return depth - std::min(depth, live_);
}

/// How many more others: only they are in doubt when the connection is lost, so that the reads on it do not count.
std::size_t pipeline_machine::room_for_others() const noexcept {
  auto n = live_;
  if (n >= limits_.pipeline_depth) // Else there are too few to make a difference.
    n = static_cast<std::size_t>(std::ranges::count_if(
      sent_, [](const pipeline_unit& u) { return u.what && u.frame != pipeline_unit::framing::read_frame; }));
  return limits_.pipeline_depth - std::min(limits_.pipeline_depth, n);
}

bool pipeline_machine::has_room(time_point now) const noexcept {
  const auto& next = waiting_.front();
  return (is_plain_read(next, now) && !goes_alone(next) ? room_for_reads() : room_for_others()) > 0;
}

/// Takes the next units that may leave together: one that must run alone or may be slow, or up to a frame's worth of
/// others: the reads if there are any, else the writes. Concurrent requests have no order among themselves: reads may
/// overtake writes.
std::size_t pipeline_machine::choose_group(units& chosen, time_point now) {
  if (goes_alone(waiting_.front())) {
    chosen.splice(chosen.end(), waiting_, waiting_.begin());
    return 1;
  }
  const auto reads_max = std::min(limits_.frame_for_reads(), room_for_reads());
  const auto others_max = std::min(limits_.frame_max, room_for_others());
  units writes;
  while (!waiting_.empty() && !goes_alone(waiting_.front())) {
    const bool read = is_plain_read(waiting_.front(), now);
    auto& side = read ? chosen : writes;
    if (side.size() >= (read ? reads_max : others_max)) break;
    side.splice(side.end(), waiting_, waiting_.begin());
  }
  // The server tells of reads with the Sync: it shall not wait for the writes, and what they may wait for. Writes that
  // were overtaken once go next, whatever reads have come since.
  const bool writes_turn = std::exchange(overtaken_, false) && !writes.empty();
  if (chosen.empty() || writes_turn) chosen.swap(writes);
  overtaken_ = !writes_turn && !writes.empty();
  waiting_.splice(waiting_.begin(), writes);
  return chosen.size();
}

void pipeline_machine::send_lone(session& s, pipeline_unit& u) {
  u.frame = pipeline_unit::framing::alone;
  send_statement(s, u, 0);
}

void pipeline_machine::send_framed(session& s, units& chosen) {
  using which = control_statements::which;
  auto i = chosen.begin();
  const auto shares = [](const pipeline_unit& u) {
    return u.what->mode() == access::read && !u.what->is_batch() && u.raised_to == duration::zero();
  };
  if (shares(*i)) {
    send_control(s, which::begin_read_only, nullptr);
    for (; i != chosen.end() && shares(*i); ++i) {
      i->frame = pipeline_unit::framing::read_frame;
      send_statement(s, *i, 0);
    }
    send_control(s, which::commit, nullptr);
  }
  for (; i != chosen.end(); ++i) {
    i->frame = pipeline_unit::framing::own_frame;
    // A single read asks what it likes, also whether the transaction is read-only: a block of its own must not show.
    const bool read_only = i->what->mode() == access::read && i->what->is_batch();
    send_control(s, read_only ? which::begin_read_only : which::begin, &*i);
    if (i->raised_to > duration::zero()) send_setting(s, set_timeout_text(i->raised_to, true), &*i);
    const auto count = static_cast<std::uint32_t>(i->what->statements().size());
    for (std::uint32_t k = 0; k < count; ++k) send_statement(s, *i, k);
    send_control(s, which::commit, &*i);
    if (i->what->reports_position()) send_position(s, *i);
  }
}

/// Behind the COMMIT: what it says is no part of the transaction, and its loss takes nothing away from it.
void pipeline_machine::send_position(session& s, pipeline_unit& u) {
  static const std::string text{wal_position_text};
  if (refused_) return;
  taken(s.execute(text, {}, result_format::text), {pipeline_op::kind::position, &u, 0, {}});
}

/// Notes an operation that the session took. One that it refused is the last that this session is offered.
bool pipeline_machine::taken(bool accepted, pipeline_op&& op) {
  if (accepted) {
    ops_.push_back(std::move(op));
  } else {
    refused_ = true;
  }
  return accepted;
}

void pipeline_machine::send_statement(session& s, pipeline_unit& u, std::uint32_t index) {
  using kind = pipeline_op::kind;
  if (refused_) return;
  const auto& x = u.what->statements()[index];
  // The same text with other stated types is another statement: what was inferred or stated at its preparation holds.
  const auto types = stated_types(x.parameters, s.types().get());
  const bool traced = limits_.trace_comments && !u.what->traceparent().empty();
  const auto plan = traced ? statement_plan{} : cache_.plan(x.text, types);
  bool ok = true;
  if (traced) {
    ok = taken(s.execute(with_trace_comment(u.what->traceparent(), x.text), x.parameters, x.format),
               {kind::execute, &u, index});
  } else if (plan.what == statement_plan::action::unnamed) {
    ok = taken(s.execute(x.text, x.parameters, x.format), {kind::execute, &u, index, {}});
  } else {
    if (plan.what == statement_plan::action::prepare)
      ok = taken(s.prepare(*plan.name, x.text, types), {kind::prepare, &u, index, *plan.name});
    ok = ok && taken(s.execute_prepared(*plan.name, x.parameters, x.format), {kind::execute, &u, index, *plan.name});
  }
  // Without a block a statement may commit by itself; inside one its COMMIT is still to come.
  if (ok && u.frame != pipeline_unit::framing::own_frame) u.handed = true;
}

void pipeline_machine::send_control(session& s, control_statements::which x, pipeline_unit* u) {
  using which = control_statements::which;
  if (refused_) return;
  const auto kind = x == which::commit ? pipeline_op::kind::commit : pipeline_op::kind::begin;
  const bool ok =
    controls_.ready()
      ? taken(s.execute_prepared(controls_.name(x), {}, result_format::text), {kind, u, 0, controls_.name(x)})
      : taken(s.execute(control_statements::text(x), {}, result_format::text), {kind, u, 0, {}});
  if (ok && u && x == which::commit) u->handed = true;
}

void pipeline_machine::send_rollback(session& s) {
  want_rollback_ = false;
  taken(s.execute(rollback_text, {}, result_format::text), {pipeline_op::kind::rollback, nullptr, 0, {}});
  send_sync(s, {pipeline_group::purpose::rollback, 0});
}

/// Whether the request may take longer than the session's statement_timeout lets it.
bool pipeline_machine::needs_more_time(const pipeline_unit& u, time_point now) const noexcept {
  const auto limit = limits_.target.statement_timeout;
  return limit > duration::zero() && server_timeout(u.deadline - now) > limit;
}

void pipeline_machine::note_timeouts(units& chosen, time_point now) {
  for (auto& u : chosen) u.raised_to = needs_more_time(u, now) ? server_timeout(u.deadline - now) : duration{0};
}

void pipeline_machine::send_setting(session& s, const std::string& text, pipeline_unit* u) {
  if (refused_) return;
  taken(s.execute(text, {}, result_format::text), {pipeline_op::kind::setting, u, 0});
}

/// Behind a Sync of its own: it holds for the session until it is set again.
void pipeline_machine::send_session_timeout(session& s, duration x) {
  restore_timeout_ = false;
  send_setting(s, set_timeout_text(x, false), nullptr);
  send_sync(s, {pipeline_group::purpose::work, 0});
}

/// Behind a Sync of their own, as the closes below: their failure must strike no unit.
void pipeline_machine::prepare_controls(session& s) {
  const bool allowed = limits_.prepared_statements && limits_.statement_cache > 0;
  if (!allowed || !controls_.wanted() || refused_) return;
  controls_.renew();
  for (const auto x : control_statements::all) {
    const auto& name = controls_.name(x);
    if (!taken(s.prepare(name, control_statements::text(x), {}), {pipeline_op::kind::prepare, nullptr, 0, name}))
      return;
  }
  send_sync(s, {pipeline_group::purpose::work, 0});
}

void pipeline_machine::send_closes(session& s) {
  bool any = false;
  while (!refused_) {
    auto name = cache_.take_evicted();
    if (!name) break;
    any = taken(s.close_prepared(*name), {pipeline_op::kind::close, nullptr, 0, *name});
  }
  if (any) send_sync(s, {pipeline_group::purpose::work, 0});
}

/// `lone`: the unit that this Sync commits.
void pipeline_machine::send_sync(session& s, pipeline_group g, pipeline_unit* lone) {
  if (refused_) return;
  if (taken(s.sync(), {pipeline_op::kind::sync, lone, 0, {}})) groups_.push_back(g);
}

} // namespace tripool
