// The debt of a request: answered once, or handed over when its holder dies.
#include "tripool/core/request/request.hpp"

#include "tripool/core/result/noticed_result.hpp"
#include "tripool/core/statement/token.hpp"
#include "tripool/core/util/mutation.hpp"

#include <cassert>
#include <utility>

namespace tripool {

void responder::done_single(result x) {
  reply all;
  all.results.push_back(std::move(x));
  done(std::move(all));
}

void responder::doubtful(const failure&) {
  // Nobody wants to know.
}

void responder::settled(const doubt_settlement&) {
  // Nobody wants to know.
}

void responder::abandoned(request&& x) {
  failure f;
  f.why = cause::actor_down;
  f.attempts = x.attempts;
  f.name = x.name();
  f.token = x.token();
  f.request = x.id();
  const bool unsent = x.progress == stage::queued || mutated(mutation::call_lost_write_unsent);
  if (unsent && !(x.doubted && x.mode() == access::write)) {
    f.kind = outcome::not_executed;
    f.message = "the actor that held the request ended before it was sent to a server";
    f.hint = "send it again";
    f.proved = x.proof_unsent();
  } else {
    f.kind = outcome::in_doubt;
    f.message = "the actor that held the request ended after it was sent to a server; the answer is lost";
    f.hint = x.token().empty() ? "look whether it took effect before sending it again"
                               : "send it again with the same token: it takes effect once, however often it is sent";
  }
  if (f.kind == outcome::in_doubt) doubtful(f);
  failed(std::move(f));
}

request::request(statement&& from, std::unique_ptr<responder> to, time_point arrived, time_point deadline)
  : body_(std::move(from)), to_(std::move(to)), arrived_(arrived), deadline_(deadline) {
  auto& x = std::get<statement>(body_);
  mode_ = x.mode;
  at_least_ = x.at_least;
  report_position_ = x.report_position;
  priority_ = x.priority;
  repeatable_ = x.repeatable && x.token.empty();
  pace_ = pace_key_of(x.text);
  if (x.token.empty()) return;
  prologue_ = 1;
  body_ = with_token(statement{std::move(x)});
}

request::request(batch&& x, std::unique_ptr<responder> to, time_point arrived, time_point deadline)
  : to_(std::move(to)), arrived_(arrived), deadline_(deadline) {
  for (const auto& s : x.statements) pace_ = pace_key_of(s.text, pace_);
  mode_ = x.mode;
  at_least_ = x.at_least;
  report_position_ = x.report_position;
  priority_ = x.priority;
  repeatable_ = x.repeatable && x.token.empty();
  own_ = static_cast<std::uint32_t>(x.statements.size());
  if (!x.token.empty()) prologue_ = 1;
  body_ = x.token.empty() ? std::move(x) : with_token(std::move(x));
}

request::request(session_order&& x, std::unique_ptr<responder> to, time_point arrived, time_point deadline)
  : body_(std::move(x)), to_(std::move(to)), arrived_(arrived), deadline_(deadline) {
  mode_ = std::get<session_order>(body_).mode;
  repeatable_ = true; // What opens a session leaves nothing behind.
}

request::~request() {
  if (!to_ || mutated(mutation::drop_promise)) return;
  auto to = std::move(to_);
  auto& target = *to;
  to_ = std::move(to);
  target.abandoned(std::move(*this));
}

std::span<const statement> request::statements() const noexcept {
  if (const auto* s = std::get_if<statement>(&body_)) return {s, 1};
  if (const auto* o = order()) return o->opening;
  return std::get<batch>(body_).statements;
}

const std::string& request::wanted_pool() const noexcept {
  if (const auto* s = std::get_if<statement>(&body_)) return s->pool;
  if (const auto* o = order()) return o->pool;
  return std::get<batch>(body_).pool;
}

const std::string& request::name() const noexcept {
  static const std::string none;
  if (const auto* s = std::get_if<statement>(&body_)) return s->name;
  const auto* b = std::get_if<batch>(&body_);
  return b ? b->name : none;
}

const std::string& request::token() const noexcept {
  static const std::string none;
  if (const auto* s = std::get_if<statement>(&body_)) return s->token;
  const auto* b = std::get_if<batch>(&body_);
  return b ? b->token : none;
}

const std::string& request::traceparent() const noexcept {
  static const std::string none;
  if (const auto* s = std::get_if<statement>(&body_)) return s->traceparent;
  const auto* b = std::get_if<batch>(&body_);
  return b ? b->traceparent : none;
}

proof request::harmless() const noexcept {
  if (mode_ == access::read) return proof::read;
  if (order()) return proof::opening;
  if (!token().empty()) return proof::token;
  if (mutated(mutation::resend_lost_write)) return proof::declared;
  return repeatable_ ? proof::declared : proof::none;
}

proof request::proof_unsent() const noexcept {
  if (attempts == 0) return proof::never_sent;
  return doubted && mode_ == access::read ? proof::read : proof::rolled_back;
}

void request::ask_for_token() {
  assert(!token().empty());
  asks_for_token_ = true;
  nothing_lost_ = !doubted;
  doubted = true; // An earlier sending was applied, as far as is known: no later failure may say otherwise.
  prologue_ = 0;
  auto question = token_question(token());
  question.token = token();
  question.pool = wanted_pool();
  question.name = name();
  pace_ = pace_key_of(question.text);
  body_ = std::move(question);
}

void request::complete_as_applied() {
  result nothing = with_receipt(result{}, {application::already_applied, {}});
  complete(reply{std::vector<result>(own_, nothing), {}});
}

void request::complete(std::vector<result>& results) {
  const bool plain = results.size() == 1 && prologue_ == 0 && !doubted; // Else there is more to say than the result.
  if (!plain) return complete(reply{std::move(results)});
  assert(!answered());
  cancellation.reset();
  auto to = std::move(to_);
  to->done_single(std::move(results.front()));
}

void request::complete(reply x) {
  assert(!answered());
  if (prologue_ > 0 && x.results.size() > prologue_) {
    x.results.erase(x.results.begin(), x.results.begin() + static_cast<std::ptrdiff_t>(prologue_));
    for (auto& r : x.results) {
      auto known = r.receipt();
      known.by_token = application::applied;
      r = with_receipt(std::move(r), known);
    }
  }
  if (doubted && !nothing_lost_ && mode_ == access::write) {
    const auto told = x.results.empty() ? application::plain : x.results.front().receipt().by_token;
    const auto how = told == application::plain ? std::string{"repeated"} : std::string{to_string(told)};
    to_->settled({id_, name(), token(), outcome::done, how, attempts});
  }
  cancellation.reset();
  auto to = std::move(to_);
  to->done(std::move(x));
}

void request::fail(failure x, time_point now) {
  assert(!answered());
  assert(x.kind != outcome::done);
  if (doubted && mode_ == access::write && x.kind != outcome::in_doubt) {
    // Whatever the last attempt proves about itself, an earlier one may have taken effect.
    x.detail = "the last attempt ended as " + std::string{to_string(x.kind)}
               + ", but the answer of an earlier one was lost" + (x.detail.empty() ? "" : ": " + x.detail);
    x.kind = outcome::in_doubt;
  }
  cancellation.reset();
  if (x.kind == outcome::not_executed && x.proved == proof::none) x.proved = proof_unsent();
  if (x.kind != outcome::not_executed) x.proved = proof::none;
  if (x.kind == outcome::in_doubt && !token().empty())
    x.hint = "send it again with the same token: it takes effect once, however often it is sent";
  x.name = name();
  x.token = token();
  x.request = id_;
  x.attempts = attempts;
  x.spent = now - arrived_;
  if (x.kind == outcome::in_doubt) to_->doubtful(x);
  auto to = std::move(to_);
  to->failed(std::move(x));
}

} // namespace tripool
