// The sending half of the pipeline: which units leave together, and how each is kept apart from its neighbours.
#include "tripool/core/pipeline/pipeline_machine.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

const std::string begin_text = "BEGIN";
const std::string begin_read_only_text = "BEGIN READ ONLY";
const std::string commit_text = "COMMIT";
const std::string rollback_text = "ROLLBACK";

} // namespace

bool pipeline_machine::needs_validation(time_point now) const {
  return ops_.empty() && now - last_activity_ > limits_.validate_after_idle;
}

void pipeline_machine::pump(session& s, bool writable, time_point now) {
  if (!open_ || effects_.close) return;
  if (want_rollback_ && writable) {
    want_rollback_ = false;
    send_control(s, pipeline_op::kind::rollback, nullptr, rollback_text);
    send_sync(s, {pipeline_group::purpose::rollback, 0});
  }
  // While a cancel is under way nothing is added that it could strike.
  if (waiting_.empty() || !writable || validating_ || cancel_ != cancel_state::none) return;
  if (needs_validation(now)) {
    validating_ = true;
    validation_ends_ = now + limits_.validation_timeout;
    send_sync(s, {pipeline_group::purpose::validation, 0});
    return;
  }
  while (!waiting_.empty() && live_ < limits_.pipeline_depth && !effects_.close) {
    send_group(s, now);
  }
}

void pipeline_machine::send_group(session& s, time_point now) {
  units chosen;
  const auto n = choose_group(chosen);
  assert(n > 0);
  if (ops_.empty()) head_since_ = now;
  last_activity_ = now;
  for (auto& u : chosen) {
    u.now = pipeline_unit::state::sent;
    u.prepared = false;
    u.results.clear();
    u.what->progress = stage::sent;
    ++u.what->attempts;
  }
  live_ += n;
  if (n == 1 && !chosen.front().what->is_batch()) {
    send_closes(s);
    send_alone(s, chosen.front());
  } else {
    send_framed(s, chosen);
  }
  sent_.splice(sent_.end(), chosen);
  send_sync(s, {pipeline_group::purpose::work, n});
}

/// Takes the next units that may leave together: one that must run alone, or up to a frame's worth of others with the
/// reads in front. Concurrent requests have no order among themselves, so that reads may overtake writes.
std::size_t pipeline_machine::choose_group(units& chosen) {
  if (waiting_.front().run_alone) {
    chosen.splice(chosen.end(), waiting_, waiting_.begin());
    return 1;
  }
  const auto room = std::min(limits_.frame_max, limits_.pipeline_depth - live_);
  units writes;
  std::size_t n = 0;
  while (n < room && !waiting_.empty() && !waiting_.front().run_alone) {
    auto& r = *waiting_.front().what;
    auto& side = (r.mode() == access::read && !r.is_batch()) ? chosen : writes;
    side.splice(side.end(), waiting_, waiting_.begin());
    ++n;
  }
  chosen.splice(chosen.end(), writes);
  return n;
}

void pipeline_machine::send_alone(session& s, pipeline_unit& u) {
  u.frame = pipeline_unit::framing::alone;
  send_statement(s, u, 0);
}

void pipeline_machine::send_framed(session& s, units& chosen) {
  if (limits_.statement_cache > 0 && !control_prepared_) {
    control_prepared_ = true;
    for (const auto* text : {&begin_text, &begin_read_only_text, &commit_text, &rollback_text}) {
      s.prepare(control_name(*text), *text);
      ops_.push_back({pipeline_op::kind::prepare, nullptr, 0, control_name(*text)});
    }
    send_sync(s, {pipeline_group::purpose::work, 0});
  }
  send_closes(s);
  auto i = chosen.begin();
  const auto is_plain_read = [](const pipeline_unit& u) {
    return u.what->mode() == access::read && !u.what->is_batch();
  };
  if (i != chosen.end() && is_plain_read(*i)) {
    send_control(s, pipeline_op::kind::begin, nullptr, begin_read_only_text);
    for (; i != chosen.end() && is_plain_read(*i); ++i) {
      i->frame = pipeline_unit::framing::read_frame;
      send_statement(s, *i, 0);
    }
    send_control(s, pipeline_op::kind::commit, nullptr, commit_text);
  }
  for (; i != chosen.end(); ++i) {
    i->frame = pipeline_unit::framing::own_frame;
    const auto& begin = i->what->mode() == access::read ? begin_read_only_text : begin_text;
    send_control(s, pipeline_op::kind::begin, &*i, begin);
    const auto count = static_cast<std::uint32_t>(i->what->statements().size());
    for (std::uint32_t k = 0; k < count; ++k) send_statement(s, *i, k);
    send_control(s, pipeline_op::kind::commit, &*i, commit_text);
  }
}

void pipeline_machine::send_statement(session& s, pipeline_unit& u, std::uint32_t index) {
  const auto& x = u.what->statements()[index];
  const auto plan = cache_.plan(x.text);
  switch (plan.what) {
    case statement_plan::action::unnamed: s.execute(x.text, x.parameters, x.format); break;
    case statement_plan::action::prepare:
      ops_.push_back({pipeline_op::kind::prepare, &u, index, *plan.name});
      s.prepare(*plan.name, x.text);
      [[fallthrough]];
    case statement_plan::action::run_prepared:
      u.prepared = true;
      s.execute_prepared(*plan.name, x.parameters, x.format);
      break;
  }
  ops_.push_back({pipeline_op::kind::execute, &u, index, {}});
}

void pipeline_machine::send_control(session& s, pipeline_op::kind kind, pipeline_unit* u, const std::string& text) {
  if (control_prepared_) {
    s.execute_prepared(control_name(text), {}, result_format::text);
  } else {
    s.execute(text, {}, result_format::text);
  }
  ops_.push_back({kind, u, 0, {}});
}

void pipeline_machine::send_closes(session& s) {
  while (auto name = cache_.take_evicted()) {
    s.close_prepared(*name);
    ops_.push_back({pipeline_op::kind::close, nullptr, 0, std::move(*name)});
  }
}

void pipeline_machine::send_sync(session& s, pipeline_group g) {
  s.sync();
  ops_.push_back({pipeline_op::kind::sync, nullptr, 0, {}});
  groups_.push_back(g);
}

const std::string& pipeline_machine::control_name(const std::string& text) {
  static const std::string begin = "tp_begin";
  static const std::string begin_read_only = "tp_begin_read_only";
  static const std::string commit = "tp_commit";
  static const std::string rollback = "tp_rollback";
  if (&text == &begin_text) return begin;
  if (&text == &begin_read_only_text) return begin_read_only;
  return &text == &commit_text ? commit : rollback;
}

} // namespace tripool
