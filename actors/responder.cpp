// Answering through CAF, and rescuing requests whose holder died.
#include "tripool/actors/responder.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/lease/lent_session.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_events.hpp"
#include "tripool/core/util/mutation.hpp"

#include <caf/actor_cast.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/send.hpp>
#include <caf/unit.hpp>

#include <utility>

namespace tripool {

namespace {

/// A request may lose its holder so often; then it is answered instead of handed on once more.
constexpr std::uint8_t rescues_max = 2;

} // namespace

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

void promise_responder::done_single(result x) {
  auto sender = caf::actor_cast<caf::strong_actor_ptr>(home().delegate);
  // What goes on to others, and what a session answers, is for CAF to deliver.
  if (form_ != answer_form::single || !sender || !to_.source() || !to_.stages().empty())
    return responder::done_single(std::move(x));
  count_done();
  // As `to_.deliver(x)`, but in one piece of memory: CAF makes a message, and an envelope around it.
  const auto asked = std::exchange(to_, caf::response_promise{});
  asked.source()->enqueue(caf::make_mailbox_element(std::move(sender), asked.id().response_id(), {}, std::move(x)),
                          nullptr);
}

void promise_responder::failed(failure x) {
  count_failed(x);
  to_.deliver(make_error(std::move(x)));
}

void rescuing_responder::doubtful(const failure& x) {
  if (auto to = caf::actor_cast<caf::actor>(home_->events)) caf::anon_send(to, doubt_event{x});
}

void rescuing_responder::settled(const doubt_settlement& x) {
  if (auto to = caf::actor_cast<caf::actor>(home_->events)) caf::anon_send(to, doubt_settled_event{x});
}

void rescuing_responder::abandoned(request&& x) {
  const bool safe = x.progress == stage::queued || x.harmless() != proof::none || mutated(mutation::rescue_sent_write);
  const auto attempts = x.token().empty() ? attempts_max : token_attempts_max;
  if (home_->delegate && safe && x.rescues < rescues_max && x.attempts < attempts) {
    if (auto delegate = caf::actor_cast<caf::actor>(home_->delegate)) {
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
