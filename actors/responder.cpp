// Answering through CAF, and rescuing requests whose holder died.
#include "tripool/actors/responder.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/lease/lent_session.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_events.hpp"
#include "tripool/core/util/mutation.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/unit.hpp>

#include <utility>

namespace tripool {

namespace {

/// A request may lose its holder so often; then it is answered instead of handed on once more.
constexpr std::uint8_t rescues_max = 2;

} // namespace

promise_responder::promise_responder(caf::response_promise to, caf::actor_addr delegate, caf::actor_addr events,
                                     answer_form form, std::shared_ptr<service_record> record)
  : rescuing_responder(std::move(delegate), std::move(events), std::move(record)), to_(std::move(to)), form_(form) {
  // nop
}

void promise_responder::done(reply x) {
  count_done();
  switch (form_) {
    case answer_form::single: to_.deliver(x.results.empty() ? result{} : std::move(x.results.front())); break;
    case answer_form::all: to_.deliver(std::move(x)); break;
    case answer_form::nothing: to_.deliver(caf::unit); break;
    case answer_form::handle:
      if (const auto* lent = dynamic_cast<const session_loan*>(x.lent.get())) lent->deliver(to_);
      break;
  }
}

void promise_responder::failed(failure x) {
  count_failed(x);
  to_.deliver(make_error(std::move(x)));
}

rescuing_responder::rescuing_responder(caf::actor_addr delegate, caf::actor_addr events,
                                       std::shared_ptr<service_record> record)
  : delegate_(std::move(delegate)), events_(std::move(events)), record_(std::move(record)) {
  // nop
}

void rescuing_responder::doubtful(const failure& x) {
  if (auto to = caf::actor_cast<caf::actor>(events_)) caf::anon_send(to, doubt_event{x});
}

void rescuing_responder::settled(const doubt_settlement& x) {
  if (auto to = caf::actor_cast<caf::actor>(events_)) caf::anon_send(to, doubt_settled_event{x});
}

void rescuing_responder::abandoned(request&& x) {
  const bool safe = x.progress == stage::queued || x.harmless() != proof::none || mutated(mutation::rescue_sent_write);
  const auto attempts = x.token().empty() ? attempts_max : token_attempts_max;
  if (delegate_ && safe && x.rescues < rescues_max && x.attempts < attempts) {
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
