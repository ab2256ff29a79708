// The connection actor's lending half: the session goes to a borrowed session's actor, and comes back or does not.
#include "tripool/actors/connection.hpp"
#include "tripool/actors/lease/borrowed_session.hpp"
#include "tripool/actors/lease/spawn_borrowed.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace tripool {

void connection::take_order(request_ptr r) {
  if (order_) { // The pool gives one at a time; whatever else comes goes back to it.
    std::vector<request_ptr> back;
    back.push_back(std::move(r));
    return send(owner_.who, returned_msg{owner_.id, std::move(back)});
  }
  order_ = std::move(r);
}

/// Lends the session as soon as nothing of anybody else is on its wire, and no cancel is under way that could strike
/// the borrower.
void connection::lend_if_quiet() {
  const auto t = now();
  if (t >= order_->deadline()) {
    failure f;
    f.why = cause::deadline;
    f.message = "the deadline passed while the connection was busy with leftovers of others";
    f.pool = limits().name;
    f.server = server_.address;
    order_->fail(std::move(f), t);
    order_.reset();
    return send(owner_.who, progress_msg{owner_.id, 1, 0});
  }
  if (phase_ != phase::open || !flushed_ || !machine_.quiet(t)) return;
  lent_as_ = to_string(order_->order()->what);
  const auto* to = dynamic_cast<const promise_responder*>(order_->creditor());
  borrower_ = to ? describe_actor(to->asker()) : std::string{};
  lent_since_ = t;
  unwatch();
  auto out = std::make_shared<lent_session>();
  out->wire = std::move(session_);
  out->server = server_;
  out->last_activity = machine_.last_activity();
  out->statements = machine_.lend_statements();
  lender from{caf::actor_cast<caf::actor>(this), owner_.pool, owner_.id};
  lent_to_ = spawn_borrowed(system(), env_, out, order_, from);
  order_.reset();
  phase_ = phase::lent;
  monitor(lent_to_);
  plan_wake();
}

void connection::session_back(session_back_msg& x) {
  if (phase_ == phase::ended || !lent_to_) return;
  demonitor(lent_to_);
  lent_to_ = nullptr;
  if (!x.moved.empty()) forward_moved(std::move(x.moved));
  if (!x.back) return end({true, x.loss.orderly, std::move(x.loss.sqlstate), std::move(x.loss.message)});
  session_ = std::move(x.back->wire);
  flushed_ = true;
  machine_.take_back(std::move(x.back->statements), x.back->reset, now());
  if (phase_ == phase::lent) {
    phase_ = phase::open;
    send(owner_.who, progress_msg{owner_.id, 1, 0});
  }
  reading_at_ = now();
  session_->on_ready(true, true, *this); // What arrived in between, or the news that the session is lost.
}

/// The session is needed back: to be closed. Its last message is a session_back_msg.
void connection::recall(const std::string& reason, bool at_once) {
  phase_ = phase::closing;
  send(lent_to_, recall_msg{reason, at_once});
}

/// The borrowed session's actor ended without giving the session back: the session is gone with it.
void connection::borrower_down() {
  lent_to_ = nullptr;
  end({true, false, {}, "the actor that it was lent to ended"});
}

} // namespace tripool
