// The delegate's part in doubts and moves: it tells subscribers, answers who asks, and takes back what died.
#include "tripool/actors/delegate.hpp"
#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"
#include "tripool/actors/resolver.hpp"
#include "tripool/core/retry/retry_policy.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace tripool {

caf::message_handler delegate::event_handlers() {
  caf::message_handler own{
    [this](subscribe_events x) -> caf::delegated<events_subscribed> {
      const auto who = caf::actor_cast<caf::actor>(current_sender());
      events_.accept(x, make_response_promise(), who);
      return {};
    },
    [this](unsubscribe_events x) { events_.accept(x, caf::actor_cast<caf::actor_addr>(current_sender())); },
    [this](const watch_events& x) -> caf::delegated<events_subscribed> {
      const auto who = caf::actor_cast<caf::actor>(current_sender());
      events_.accept(x, make_response_promise(), who);
      return {};
    },
    [this](const doubt_event& x) {
      events_.tell(x);
      service_event e;
      e.kind = event_kind::in_doubt;
      e.weight = severity::error;
      e.pool = x.what.pool;
      e.request = x.what.request;
      e.sqlstate = x.what.sqlstate;
      e.text = x.what.name.empty() ? x.what.message : x.what.name + ": " + x.what.message;
      note(std::move(e));
    },
    [this](const doubt_settled_event& x) {
      events_.tell(x);
      service_event e;
      e.kind = event_kind::settled;
      e.request = x.request;
      e.text = (x.name.empty() ? "its doubt" : "the doubt of " + x.name) + " was settled: " + x.how;
      note(std::move(e));
    },
    [this](const event_msg& x) { events_.tell(x); },
    [this](const get_events& x) {
      return events_reply{env_->record->events(x.which), env_->record->last_serial(), now()};
    },
    [this](const get_causes& x) {
      return events_reply{env_->record->why(x.pool), env_->record->last_serial(), now()};
    },
    [this](get_request x) {
      event_filter f;
      f.request = x.request;
      const bool any = x.request != 0;
      return request_story{any ? env_->moves->of(x.request) : std::vector<move_note>{},
                           any ? env_->record->events(f) : std::vector<service_event>{},
                           env_->record->requests(x.request), now()};
    },
    [this](get_moves x) {
      return moves_reply{x.request == 0 ? env_->moves->all() : env_->moves->of(x.request), env_->moves->count()};
    },
  };
  return own.or_else(credential_handlers());
}

/// Keeps an event of its own and tells the subscribers.
void delegate::note(service_event x) {
  x.at = now();
  record(*env_, std::move(x));
}

/// Somebody else serves from now on.
void delegate::note_mode(const fallback_event& x) {
  service_event e;
  e.kind = event_kind::failover;
  e.weight = x.now == service_mode::resilient ? severity::warning : severity::error;
  e.other = to_string(x.before);
  e.text = "the service is " + std::string{to_string(x.now)} + " now, it was " + std::string{to_string(x.before)} + ": "
           + x.why;
  note(std::move(e));
}

void delegate::note_manager_death(const std::string& why) {
  service_event e;
  e.kind = event_kind::died;
  e.weight = severity::error;
  e.other = "pool_manager";
  e.text = "the pool manager died (" + why + "); another is started and adopts the pools";
  note(std::move(e));
}

/// A request whose holder died: it is routed anew, and the audit says why that does no harm.
void delegate::rescue(request_ptr r) {
  ++counts_.rescued;
  failure why;
  why.kind = r->progress == stage::sent ? outcome::in_doubt : outcome::not_executed;
  why.why = cause::actor_down;
  why.message = "the actor that held it ended";
  env_->moves->add(
    {0, r->id(), now(), r->name(), r->token(), {}, {}, why.why, {}, why.message, proof_of_move(*r, why), r->attempts});
  route(std::move(r));
}

void delegate::resolve(batch what, std::unique_ptr<responder> to, time_point arrived, time_point deadline) {
  auto job = std::make_shared<resolved_write>();
  job->what = std::move(what);
  job->to = std::move(to);
  job->arrived = arrived;
  job->deadline = deadline;
  system().spawn<resolver, caf::hidden>(env_, caf::actor_cast<caf::actor>(this), std::move(job));
}

void delegate::want_positions() {
  const auto t = now();
  if (!who_.monitor || t - positions_wanted_ < positions_pause) return;
  positions_wanted_ = t;
  send(who_.monitor, positions_wanted_msg{});
}

} // namespace tripool
