// A responder around another one that tells the observer of the request's end. Used by the delegate, for statements and
// batches that the observer wants to follow.
#pragma once

#include "tripool/actors/request_observer.hpp"
#include "tripool/core/request/request.hpp"

#include <functional>
#include <memory>

namespace tripool {

/// The responder.
class observed_responder final : public responder {
public:
  /// `clock` must work on any thread.
  observed_responder(std::unique_ptr<responder> to, std::shared_ptr<request_observer> observer,
                     std::function<time_point()> clock, request_span span);

  void done(reply x) override;
  void failed(failure x) override;
  void doubtful(const failure& x) override { to_->doubtful(x); }
  void settled(const doubt_settlement& x) override { to_->settled(x); }
  void abandoned(request&& x) override;

private:
  std::unique_ptr<responder> to_;
  std::shared_ptr<request_observer> observer_;
  std::function<time_point()> clock_;
  request_span span_;
};

/// The text of a statement, or of a batch's first one.
inline const std::string& first_text(const statement& x) noexcept {
  return x.text;
}
inline const std::string& first_text(const batch& x) noexcept {
  static const std::string none;
  return x.statements.empty() ? none : x.statements.front().text;
}

/// The span of a request that begins now.
template <class Body>
request_span begin_span(const Body& x, time_point now) {
  request_span out;
  if constexpr (requires { x.statements; }) out.statements = x.statements.size();
  out.text = first_text(x);
  out.name = x.name;
  out.traceparent = x.traceparent;
  out.mode = x.mode;
  out.began = now;
  return out;
}

} // namespace tripool
