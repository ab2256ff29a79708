// The pipeline's frame: opening, submitting, deadlines. Sending, settling and cancels stand in files of their own.
#include "tripool/core/pipeline/pipeline_machine.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

/// How long after its deadline a request that is on the wire waits for an answer before it is called in doubt: long
/// enough for a cancel to come back, well inside the half second that every answer has.
constexpr duration answer_grace = std::chrono::milliseconds{250};

} // namespace

pipeline_machine::pipeline_machine(const pool_options& limits, std::shared_ptr<pace_book> pace)
  : limits_(limits), pace_(std::move(pace)), cache_(limits.prepared_statements ? limits.statement_cache : 0) {
  // nop
}

void pipeline_machine::opened(const server_info& info, time_point now) {
  open_ = true;
  server_ = info.address;
  last_activity_ = now;
}

void pipeline_machine::submit(request_ptr r) {
  assert(r && !r->answered());
  if (spare_.empty()) {
    waiting_.emplace_back();
  } else {
    waiting_.splice(waiting_.end(), spare_, spare_.begin());
    auto results = std::move(waiting_.back().results);
    waiting_.back() = pipeline_unit{};
    waiting_.back().results = std::move(results);
  }
  auto& u = waiting_.back();
  u.deadline = r->deadline();
  u.pace = r->pace();
  u.quick = !pace_ || pace_->quick(u.pace);
  u.what = std::move(r);
}

std::vector<request_ptr> pipeline_machine::take_waiting() {
  std::vector<request_ptr> out;
  out.reserve(waiting_.size());
  for (auto& u : waiting_) out.push_back(std::move(u.what));
  waiting_.clear();
  return out;
}

void pipeline_machine::take_back(statement_cache statements, bool reset, time_point now) {
  cache_ = std::move(statements);
  if (reset) controls_.reset();
  last_activity_ = head_since_ = now;
}

pipeline_effects pipeline_machine::take_effects() {
  return std::exchange(effects_, {});
}

pipeline_unit* pipeline_machine::head() noexcept {
  for (auto& u : sent_)
    if (u.now == pipeline_unit::state::sent || u.now == pipeline_unit::state::executed) return &u;
  return nullptr;
}

const pipeline_unit* pipeline_machine::head() const noexcept {
  return const_cast<pipeline_machine*>(this)->head();
}

std::string_view pipeline_machine::current_text() const noexcept {
  const auto* u = head();
  if (!u) return {};
  const auto done = u->results.size();
  const auto all = u->what->statements();
  return all[std::min(done, all.size() - 1)].text;
}

std::string_view pipeline_machine::current_name() const noexcept {
  const auto* u = head();
  return u && u->what ? std::string_view{u->what->name()} : std::string_view{};
}

pipeline_unit* pipeline_machine::running() noexcept {
  for (auto& op : ops_)
    if (op.unit) return op.unit;
  return nullptr;
}

void pipeline_machine::lose(std::string reason) {
  if (!effects_.close) effects_.close = std::move(reason);
}

void pipeline_machine::tick(time_point now) {
  expire_waiting(now);
  expire_sent(now);
  if (validating_ && now >= validation_ends_) lose("no answer to a validation after an idle time");
  if (cancel_ != cancel_state::none && now - cancel_since_ >= limits_.cancel_grace
      && !mutated(mutation::keep_stuck_session))
    lose("a cancelled statement did not end within cancel-grace");
  if (leftovers() && now - head_since_ >= limits_.cancel_grace) lose("the server does not answer");
}

void pipeline_machine::expire_waiting(time_point now) {
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto here = i++;
    if (now < here->deadline) continue;
    auto f = blank(outcome::not_executed, cause::deadline);
    f.message = "the deadline passed while the request waited for its turn on a connection";
    f.hint = "give it more time, or the pool more connections";
    ++live_; // settle_failed counts it out.
    settle_failed(*here, std::move(f), now);
    spare_.splice(spare_.end(), waiting_, here);
  }
}

void pipeline_machine::expire_sent(time_point now) {
  cancel_overdue(now);
  for (auto& x : sent_) {
    if (x.what && now >= x.deadline && !mutated(mutation::no_wire_deadline)) expire_one(x, now);
  }
}

void pipeline_machine::expire_one(pipeline_unit& u, time_point now) {
  if (u.now == pipeline_unit::state::resend) {
    auto f = blank(outcome::not_executed, cause::deadline);
    f.message = "the deadline passed before the statement could be sent again; its first attempt was rolled back";
    settle_failed(u, std::move(f), now);
  } else if (u.committed) {
    settle_done(u, now); // Without its position.
  } else if (now >= u.deadline + answer_grace) {
    auto f = blank(outcome::in_doubt, cause::deadline);
    f.message = "the deadline passed and the server has not answered";
    f.hint = u.what->repeatable() ? "repeating it is harmless" : "look whether it took effect before sending it again";
    u.expired = true;
    any_expired_ = true;
    settle_failed(u, std::move(f), now);
  }
}

std::optional<time_point> pipeline_machine::next_wake() const {
  std::optional<time_point> out;
  const auto sooner = [&](time_point t) {
    if (!out || t < *out) out = t;
  };
  for (const auto& u : waiting_) sooner(u.deadline);
  std::size_t in_front = 0;
  for (const auto& g : groups_)
    if ((in_front = g.units) > 0) break;
  // As `overdue` finds them: what has all its own answers, and waits for the end of a shared block, is not cancelled.
  const auto sooner_if_awaited = [&](time_point t, const pipeline_unit& u) {
    if (out && *out <= t) return;
    if (std::ranges::any_of(ops_, [&](const pipeline_op& op) { return op.unit == &u; })) out = t;
  };
  for (const auto& u : sent_) {
    const bool may_cancel = in_front > 0 && cancel_ == cancel_state::none && u.cancel_why == cause::none;
    if (in_front > 0) --in_front;
    if (u.what && u.now == pipeline_unit::state::resend) {
      sooner(u.deadline);
    } else if (u.what || u.expired || u.left) {
      const auto had_its_turn = head_since_ + limits_.slow_statement;
      if (may_cancel && u.left) sooner_if_awaited(std::max(u.deadline, had_its_turn), u);
      if (may_cancel && u.what)
        sooner_if_awaited(u.cancel_asked ? had_its_turn : std::max(u.deadline, had_its_turn), u);
      if (may_cancel && u.expired) sooner_if_awaited(u.deadline, u);
      if (u.what && !mutated(mutation::no_wire_deadline)) sooner(u.deadline + answer_grace);
    }
  }
  if (validating_) sooner(validation_ends_);
  if (cancel_ != cancel_state::none && !mutated(mutation::keep_stuck_session))
    sooner(cancel_since_ + limits_.cancel_grace);
  if (leftovers()) sooner(head_since_ + limits_.cancel_grace);
  if (held_until_) sooner(*held_until_);
  return out;
}

} // namespace tripool
