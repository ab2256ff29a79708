// Brings the answer of a request to its caller: the response promise that travels with the request, and the rescue of
// requests whose holder died. Used by the delegate, which makes one for each request.
#pragma once

#include "tripool/core/request/request.hpp"

#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>

namespace tripool {

/// Answers through a response promise. A request that is abandoned goes back to the delegate while that is safe: it
/// provably did not run, or may be repeated. Used on any thread, by one holder at a time.
class promise_responder final : public responder {
public:
  /// `single`: the caller sent one statement and gets its result, not a reply.
  promise_responder(caf::response_promise to, caf::actor_addr delegate, bool single);

  void done(reply x) override;
  void failed(failure x) override;
  void abandoned(request&& x) override;

private:
  caf::response_promise to_;
  caf::actor_addr delegate_;
  bool single_;
};

} // namespace tripool
