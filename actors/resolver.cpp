// The resolver's steps.
#include "tripool/actors/resolver.hpp"

#include "tripool/actors/error.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// Between two questions for the status of a transaction that is under way.
constexpr duration ask_pause = std::chrono::milliseconds{100};
/// The longest that one question waits for its answer.
constexpr std::chrono::milliseconds ask_limit{2000};

} // namespace

resolver::resolver(caf::actor_config& cfg, environment_ptr env, caf::actor delegate,
                   std::shared_ptr<resolved_write> what)
  : loop_actor(cfg, env->loop), env_(std::move(env)), delegate_(std::move(delegate)), job_(std::move(what)) {
  // nop
}

caf::behavior resolver::make_behavior() {
  begin();
  return {
    [this](tick_msg) {
      ticked();
      if (std::exchange(ask_again_, false)) ask_status();
    },
  };
}

std::chrono::milliseconds resolver::time_left() const {
  const auto left = std::chrono::floor<std::chrono::milliseconds>(job_->deadline - now());
  return std::max(left, std::chrono::milliseconds{1});
}

void resolver::begin() {
  phase_ = phase::beginning;
  ++attempts_;
  identity_.reset();
  results_.reset();
  tripool::begin order;
  order.timeout = time_left();
  order.hold_max = time_left() + std::chrono::milliseconds{1000};
  order.pool = job_->what.pool;
  request(delegate_, caf::infinite, order)
    .then([this](transaction_handle& x) { work(std::move(x)); },
          [this](const caf::error& e) { failed(attempts_, failure_of(e)); });
}

/// The id is asked for and the statements are sent at once; COMMIT waits for both.
void resolver::work(transaction_handle x) {
  phase_ = phase::working;
  transaction_ = std::move(x);
  const auto n = attempts_; // What comes of an earlier attempt counts no more.
  auto question = identity_question();
  question.timeout = time_left();
  request(transaction_.to, caf::infinite, std::move(question))
    .then(
      [this, n](const result& r) {
        if (n != attempts_ || phase_ != phase::working) return;
        identity_ = identity_of(r);
        if (identity_) return commit_if_ready();
        failure f;
        f.why = cause::protocol;
        f.message = "the server did not tell the transaction's id: nothing was committed";
        failed(n, std::move(f));
      },
      [this, n](const caf::error& e) { failed(n, failure_of(e)); });
  auto statements = job_->what;
  statements.resolve = false;
  statements.pool.clear();
  statements.timeout = time_left();
  request(transaction_.to, caf::infinite, std::move(statements))
    .then(
      [this, n](reply& r) {
        if (n != attempts_ || phase_ != phase::working) return;
        results_ = std::move(r);
        commit_if_ready();
      },
      [this, n](const caf::error& e) { failed(n, failure_of(e)); });
}

void resolver::commit_if_ready() {
  if (identity_ && results_) commit();
}

void resolver::commit() {
  phase_ = phase::committing;
  request(transaction_.to, caf::infinite, tripool::commit{time_left()})
    .then([this](const result&) { done(); },
          [this](const caf::error& e) {
            auto f = failure_of(e);
            if (f.kind != outcome::in_doubt || f.sqlstate == "01000") return failed(attempts_, std::move(f));
            doubt_ = std::move(f);
            transaction_ = {};
            ask_status();
          });
}

void resolver::ask_status() {
  phase_ = phase::asking;
  if (now() >= job_->deadline) return judged({transaction_fate::unknown, "its time is over"});
  auto question = status_question(*identity_);
  question.timeout = std::min(time_left(), ask_limit);
  question.pool = job_->what.pool;
  request(delegate_, caf::infinite, std::move(question))
    .then([this](const result& r) { judged(judge_status(*identity_, r)); },
          [this](const caf::error& e) { judged(judge_status(failure_of(e))); });
}

void resolver::judged(const fate_finding& x) {
  if (phase_ != phase::asking) return;
  switch (x.what) {
    case transaction_fate::committed: tell_settled(outcome::done); return done();
    case transaction_fate::not_committed: {
      tell_settled(outcome::not_executed);
      auto f = std::move(*doubt_);
      doubt_.reset();
      f.kind = outcome::not_executed;
      f.proved = proof::rolled_back;
      f.detail = "its transaction " + identity_->xid + " was rolled back, as its server says";
      f.hint = "send it again";
      return begin_again_or(std::move(f));
    }
    case transaction_fate::under_way:
      if (now() + ask_pause < job_->deadline) {
        ask_again_ = true;
        return wake_at(now() + ask_pause);
      }
      [[fallthrough]];
    case transaction_fate::unknown: {
      auto f = std::move(*doubt_);
      f.detail = "transaction " + identity_->xid + " could not be looked up: " + x.why;
      return answer(std::move(f));
    }
  }
}

/// Before COMMIT is sent every failure proves that nothing was committed.
void resolver::failed(std::uint32_t attempt, failure f) {
  if (attempt != attempts_ || phase_ == phase::over || phase_ == phase::asking) return;
  if (phase_ != phase::committing && f.kind == outcome::in_doubt) {
    f.kind = outcome::not_executed;
    f.proved = proof::rolled_back;
  }
  begin_again_or(std::move(f));
}

void resolver::begin_again_or(failure f) {
  const bool conflict = f.kind == outcome::rejected && (f.sqlstate == "40001" || f.sqlstate == "40P01");
  const bool lost = f.kind == outcome::not_executed
                    && (f.why == cause::connection_lost || f.why == cause::server_error || f.why == cause::actor_down);
  transaction_ = {};
  if ((lost || conflict) && attempts_ < env_->current()->requests.attempts_max && now() < job_->deadline)
    return begin();
  answer(std::move(f));
}

void resolver::done() {
  phase_ = phase::over;
  job_->to->done(std::move(*results_));
  finish();
}

void resolver::answer(failure f) {
  phase_ = phase::over;
  f.name = job_->what.name;
  f.attempts = attempts_;
  f.spent = now() - job_->arrived;
  if (f.kind == outcome::not_executed && f.proved == proof::none) f.proved = proof::rolled_back;
  job_->to->failed(std::move(f));
  finish();
}

void resolver::finish() {
  job_->to.reset();
  quit();
}

void resolver::tell_settled(outcome kind) {
  job_->to->settled({doubt_->request, job_->what.name, {}, kind, "transaction status", attempts_});
}

void resolver::on_end() {
  transaction_ = {};
  delegate_ = nullptr;
  if (!job_ || !job_->to) return;
  failure f;
  f.kind = phase_ == phase::committing || phase_ == phase::asking ? outcome::in_doubt : outcome::not_executed;
  f.why = cause::actor_down;
  f.message = "the actor that saw to the write ended";
  f.hint = f.kind == outcome::in_doubt ? "look whether it took effect before sending it again" : "send it again";
  f.proved = f.kind == outcome::in_doubt ? proof::none : proof::rolled_back;
  f.name = job_->what.name;
  f.attempts = attempts_;
  if (f.kind == outcome::in_doubt) job_->to->doubtful(f);
  std::exchange(job_->to, nullptr)->failed(std::move(f));
}

} // namespace tripool
