// The debt of a request: answered once, or handed over when its holder dies.
#include "tripool/core/request/request.hpp"

#include <cassert>
#include <utility>

namespace tripool {

void responder::abandoned(request&& x) {
  failure f;
  f.why = cause::actor_down;
  f.attempts = x.attempts;
  if (x.progress == stage::queued && !(x.doubted && x.mode() == access::write)) {
    f.kind = outcome::not_executed;
    f.message = "the actor that held the request ended before it was sent to a server";
    f.hint = "send it again";
  } else {
    f.kind = outcome::in_doubt;
    f.message = "the actor that held the request ended after it was sent to a server; the answer is lost";
    f.hint = "look whether it took effect before sending it again";
  }
  failed(std::move(f));
}

request::request(statement x, std::unique_ptr<responder> to, time_point arrived, time_point deadline)
  : body_(std::move(x)), to_(std::move(to)), arrived_(arrived), deadline_(deadline) {
  const auto& s = std::get<statement>(body_);
  pace_ = pace_key_of(s.text);
  mode_ = s.mode;
  repeatable_ = s.repeatable;
}

request::request(batch x, std::unique_ptr<responder> to, time_point arrived, time_point deadline)
  : body_(std::move(x)), to_(std::move(to)), arrived_(arrived), deadline_(deadline) {
  const auto& b = std::get<batch>(body_);
  for (const auto& s : b.statements) pace_ = pace_key_of(s.text, pace_);
  mode_ = b.mode;
  repeatable_ = b.repeatable;
}

request::request(session_order x, std::unique_ptr<responder> to, time_point arrived, time_point deadline)
  : body_(std::move(x)), to_(std::move(to)), arrived_(arrived), deadline_(deadline) {
  mode_ = std::get<session_order>(body_).mode;
  repeatable_ = true; // What opens a session leaves nothing behind.
}

request::~request() {
  if (!to_) return;
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

const std::string& request::traceparent() const noexcept {
  static const std::string none;
  if (const auto* s = std::get_if<statement>(&body_)) return s->traceparent;
  const auto* b = std::get_if<batch>(&body_);
  return b ? b->traceparent : none;
}

void request::complete(reply x) {
  assert(!answered());
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
  x.name = name();
  x.attempts = attempts;
  x.spent = now - arrived_;
  auto to = std::move(to_);
  to->failed(std::move(x));
}

} // namespace tripool
