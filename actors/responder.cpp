// Answering through CAF, and rescuing requests whose holder died.
#include "tripool/actors/responder.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

namespace {

/// A request may lose its holder so often; then it is answered instead of handed on once more.
constexpr std::uint8_t rescues_max = 2;

} // namespace

promise_responder::promise_responder(caf::response_promise to, caf::actor_addr delegate, bool single)
  : to_(std::move(to)), delegate_(std::move(delegate)), single_(single) {
  // nop
}

void promise_responder::done(reply x) {
  if (!single_) {
    to_.deliver(std::move(x));
  } else {
    to_.deliver(x.results.empty() ? result{} : std::move(x.results.front()));
  }
}

void promise_responder::failed(failure x) {
  to_.deliver(make_error(std::move(x)));
}

void promise_responder::abandoned(request&& x) {
  const bool safe = x.progress == stage::queued || x.repeatable();
  if (safe && x.rescues < rescues_max && x.attempts < attempts_max) {
    if (auto delegate = caf::actor_cast<caf::actor>(delegate_)) {
      auto rescued = std::make_shared<request>(std::move(x));
      ++rescued->rescues;
      if (rescued->progress == stage::sent) rescued->doubted = true;
      caf::anon_send(delegate, rescue_msg{std::move(rescued)});
      return;
    }
  }
  responder::abandoned(std::move(x));
}

} // namespace tripool
