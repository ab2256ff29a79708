// Telling the observer.
#include "tripool/actors/observed_responder.hpp"

#include <utility>

namespace tripool {

observed_responder::observed_responder(std::unique_ptr<responder> to, std::shared_ptr<request_observer> observer,
                                       std::function<time_point()> clock, request_span span)
  : to_(std::move(to)), observer_(std::move(observer)), clock_(std::move(clock)), span_(std::move(span)) {
  // nop
}

void observed_responder::done(reply x) {
  span_.ended = clock_();
  for (const auto& r : x.results) {
    span_.rows += r.size();
    span_.affected += r.affected_rows();
  }
  observer_->answered(span_);
  to_->done(std::move(x));
}

void observed_responder::failed(failure x) {
  span_.ended = clock_();
  span_.kind = x.kind;
  span_.why = x;
  observer_->answered(span_);
  to_->failed(std::move(x));
}

/// The request lives on with its new holder, and this observer with it, unless the inner responder answers it.
void observed_responder::abandoned(request&& x) {
  // `x` holds this object. The inner one takes the request over, answers it or hands it on, as if it were held alone.
  auto self = x.release();
  auto& me = static_cast<observed_responder&>(*self);
  auto inner = std::move(me.to_);
  auto& target = *inner;
  x.owe(std::move(inner));
  me.span_.ended = me.clock_();
  me.span_.kind = x.progress == stage::queued ? outcome::not_executed : outcome::in_doubt;
  me.span_.why.why = cause::actor_down;
  me.span_.why.message = "the actor that held it ended; what follows is not in this span";
  me.observer_->answered(me.span_);
  target.abandoned(std::move(x));
}

} // namespace tripool
