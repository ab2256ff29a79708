// The borrowed session's messages, its beginning and its end. Driving the session: borrowed_drive.cpp.
#include "tripool/actors/lease/borrowed_session.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/core/util/mutation.hpp"

#include <caf/actor_cast.hpp>
#include <caf/local_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// Tells a borrowed session that the last copy of its handle is gone.
class hold_guard {
public:
  explicit hold_guard(caf::actor_addr who) : who_(std::move(who)) {}
  hold_guard(const hold_guard&) = delete;
  hold_guard& operator=(const hold_guard&) = delete;
  ~hold_guard() {
    if (auto to = caf::actor_cast<caf::actor>(who_)) caf::anon_send(to, dropped_msg{});
  }

private:
  caf::actor_addr who_;
};

} // namespace

std::string describe_actor(const caf::strong_actor_ptr& x) {
  if (!x) return "nobody";
  auto* local = dynamic_cast<caf::local_actor*>(caf::actor_cast<caf::abstract_actor*>(x));
  return std::string{local ? local->name() : "remote"} + " (actor " + std::to_string(x->id()) + ")";
}

borrowed_session::borrowed_session(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<lent_session> got,
                                   request_ptr order, lender from)
  : loop_actor(cfg, env->loop), env_(std::move(env)), got_(std::move(got)), from_(std::move(from)) {
  home_addr_ = from_.home.address();
  answers_ = std::make_shared<const answer_home>(answer_home{{}, env_->events, env_->record});
  if (const auto* to = dynamic_cast<const promise_responder*>(order->creditor())) {
    borrower_ = caf::actor_cast<caf::actor_addr>(to->asker());
    borrower_name_ = describe_actor(to->asker());
  }
  got_->wire->watch_parameters(true);
  machine_.emplace(limits(), got_->server, std::move(got_->statements), std::move(order), got_->last_activity, now());
}

borrowed_session::~borrowed_session() = default;

caf::behavior borrowed_session::make_behavior() {
  monitor(from_.home);
  if (borrower_) monitor(borrower_);
  set_down_handler([this](caf::down_msg& x) {
    if (x.source == home_addr_) {
      unused_ = true;
      if (!got_) return end_if_unused();
      lost_ = session_loss{session_loss::phase::open, {}, "the connection's actor ended", false};
      machine_->on_lost(*lost_, now());
    } else if (x.source == borrower_ && !mutated(mutation::keep_dead_borrowers_lease)) {
      unused_ = true;
      failure f;
      f.why = cause::cancelled;
      f.message = "its borrower " + borrower_name_ + " ended";
      take_back(std::move(f));
      end_if_unused();
    }
  });
  set_exception_handler([this](std::exception_ptr&) -> caf::error {
    env_->log->error("pool {} connection {}: an exception escaped from a handler of its borrowed session",
                     limits().name, from_.id);
    return caf::exit_reason::unhandled_exception;
  });
  return commands().or_else(own_messages());
}

caf::message_handler borrowed_session::own_messages() {
  return {
    [this](dropped_msg) {
      if (mutated(mutation::keep_dead_borrowers_lease)) return;
      unused_ = true;
      machine_->dropped();
      end_if_unused();
    },
    [this](recall_msg& x) {
      if (!got_) return;
      if (recalled_.empty()) recalled_ = x.reason;
      if (!x.at_once) return machine_->recall(x.reason, now());
      lost_ = session_loss{session_loss::phase::open, {}, x.reason, true};
      machine_->on_lost(*lost_, now());
    },
    [this](cancel_done_msg& x) {
      if (x.problem) env_->log->warn("pool {} connection {}: cancel failed: {}", limits().name, from_.id, *x.problem);
      machine_->cancel_finished(now());
    },
    [this](session_wake_msg) {
      if (got_ && !lost_) got_->wire->on_ready(true, true, *this);
    },
    [this](tick_msg) { ticked(); },
    [this](get_status) { return status(); },
  };
}

// -- what the borrower asks ------------------------------------------------------------------------------------------

time_point borrowed_session::deadline_for(std::chrono::milliseconds timeout) const {
  const auto& x = config_->requests;
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(x.deadline_max);
  const auto wanted = timeout.count() > 0 ? duration{std::min(timeout, longest)} : x.deadline;
  return now() + std::min(wanted, x.deadline_max);
}

template <class Body>
request_ptr borrowed_session::request_of(Body body, answer_form form) {
  const auto until = deadline_for(body.timeout);
  auto to = std::make_unique<promise_responder>(make_response_promise(), answers_, form);
  auto r = std::make_shared<tripool::request>(std::move(body), std::move(to), now(), until);
  r->set_id(++env_->next_request);
  return r;
}

caf::delegated<> borrowed_session::ask(lease_task what, statement x, answer_form form, std::string name) {
  machine_->submit(what, request_of(std::move(x), form), std::move(name), now());
  return {};
}

caf::delegated<> borrowed_session::ask(batch x) {
  machine_->submit(lease_task::batch, request_of(std::move(x), answer_form::all), {}, now());
  return {};
}

caf::delegated<> borrowed_session::ask_checked(statement x, scope where) {
  if (auto f = check(x, where, machine_->reads_only() ? access::read : access::write)) {
    refuse(std::move(*f));
    return {};
  }
  return ask(lease_task::statement, std::move(x), answer_form::single);
}

caf::delegated<> borrowed_session::ask_checked(batch x, scope where) {
  if (auto f = check(x, where, machine_->reads_only() ? access::read : access::write)) {
    refuse(std::move(*f));
    return {};
  }
  return ask(std::move(x));
}

void borrowed_session::refuse(failure f) {
  f.pool = limits().name;
  make_response_promise().deliver(make_error(std::move(f)));
}

void borrowed_session::take_back(failure why) {
  if (got_) machine_->abandon(std::move(why), now());
}

void borrowed_session::open_order(opened_order x) {
  if (limits().lease_warning > duration::zero()) warn_at_ = now() + limits().lease_warning;
  on_ready_to_use(x.results);
  if (opens_later()) {
    opens_later_ = std::move(x.what);
  } else {
    hand_to_borrower(*x.what);
  }
}

void borrowed_session::hand_to_borrower(tripool::request& order) {
  session_handle h;
  h.to = caf::actor_cast<caf::actor>(this);
  h.pool = limits().name;
  h.server = got_->server.address;
  h.backend_pid = got_->server.backend_pid;
  h.hold = std::make_shared<const hold_guard>(address());
  reply answer;
  answer.lent = make_loan(std::move(h));
  order.complete(std::move(answer));
}

void borrowed_session::hand_out() {
  if (got_ && opens_later_) hand_to_borrower(*std::exchange(opens_later_, nullptr));
}

/// No order stays without an answer, however its session went.
void borrowed_session::settle_order() {
  on_gone();
  failure f;
  f.why = cause::connection_lost;
  f.message = "the session was gone before it could be handed to its borrower";
  f.hint = "ask again";
  refuse_order(std::move(f));
}

void borrowed_session::refuse_order(failure f) {
  if (!opens_later_) return;
  unused_ = true; // Nobody will ever have the handle.
  f.pool = limits().name;
  std::exchange(opens_later_, nullptr)->fail(std::move(f), now());
}

void borrowed_session::close_wire(std::string reason) {
  if (got_ && !lost_) on_lost(session_loss{session_loss::phase::open, {}, std::move(reason), false});
}

// -- the end ---------------------------------------------------------------------------------------------------------

void borrowed_session::give_back() {
  unwatch();
  auto back = std::exchange(got_, nullptr);
  back->wire->watch_parameters(false);
  back->statements = machine_->take_statements();
  back->reset = machine_->was_reset();
  send(from_.home, session_back_msg{std::move(back), {}, {}});
  from_.home = nullptr;
  settle_order();
  end_if_unused();
}

/// The session is lost, or is closed here.
void borrowed_session::give_up() {
  unwatch();
  got_.reset();
  session_back_msg x;
  x.loss = *lost_;
  if (moved_) x.moved.push_back(std::move(*moved_));
  moved_.reset();
  send(from_.home, std::move(x));
  from_.home = nullptr;
  settle_order();
  end_if_unused();
}

/// Lives on as long as somebody has the handle, so that who uses it again is told what became of it.
void borrowed_session::end_if_unused() {
  if (got_ || !unused_) return;
  // CAF ends an actor only inside of a message's handler; this may run outside of any.
  caf::anon_send_exit(caf::actor_cast<caf::actor>(this), caf::exit_reason::user_shutdown);
}

void borrowed_session::on_end() {
  if (got_) { // Killed: what is under way is settled before the session goes.
    if (!lost_)
      machine_->on_lost({session_loss::phase::open, {}, "its borrowed session's actor was ended", false}, now());
    lost_ = session_loss{session_loss::phase::open, {}, "its borrowed session's actor was ended", false};
    auto e = machine_->take_effects();
    if (e.moved && !moved_) moved_ = std::move(e.moved);
    got_->wire.reset();
    unwatch();
    got_.reset();
    session_back_msg x;
    x.loss = *lost_;
    if (moved_) x.moved.push_back(std::move(*moved_));
    if (from_.home) send(from_.home, std::move(x));
    settle_order();
  }
  machine_.reset();
  moved_.reset();
  from_.home = nullptr;
  // Else whoever it watched would remember it: a borrower every session that it ever had.
  demonitor(home_addr_);
  if (borrower_) demonitor(borrower_);
}

} // namespace tripool
