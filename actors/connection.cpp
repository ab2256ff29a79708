// The connection actor: messages, dialling and ending. Driving the session stands in connection_session.cpp.
#include "tripool/actors/connection.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_credentials.hpp"
#include "tripool/actors/resolve.hpp"
#include "tripool/core/retry/retry_policy.hpp"
#include "tripool/core/util/mutation.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

connection::connection(caf::actor_config& cfg, environment_ptr env, connection_owner owner)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    known_(env_->latest_change()),
    config_(env_->current()),
    owner_(std::move(owner)),
    machine_(config_->pools[owner_.pool], env_->paces[owner_.pool]) {
  born_ = now();
  if (!owner_.probing) machine_.measure_into(env_->meters[owner_.pool]);
}

connection::~connection() = default;

caf::behavior connection::make_behavior() {
  dial_until_ = now() + limits().connect_timeout;
  self_ = caf::actor_cast<caf::strong_actor_ptr>(this);
  monitor(owner_.who);
  set_down_handler([this](caf::down_msg& x) {
    if (x.source == owner_.who.address()) owner_died();
    if (lent_to_ && x.source == lent_to_.address()) borrower_down();
  });
  set_exception_handler([this](std::exception_ptr&) -> caf::error {
    env_->log->error("connection {} of pool {}: an exception escaped from a handler", owner_.id, limits().name);
    return caf::exit_reason::unhandled_exception;
  });
  request(owner_.carrier, caf::infinite, lease_credential{owner_.pool})
    .then([this](const credential_lease& x) { got_credential(x); },
          [this](const caf::error& e) {
            if (phase_ == phase::credential) fail_locally("no credential: " + failure_of(e).message);
          });
  plan_wake();
  return {
    [this](dispatch_msg& x) {
      bool cancelled = false; // They may have been on their way when they were taken back.
      for (auto& r : x.requests) {
        cancelled = cancelled || r->cancel_wanted();
        if (phase_ == phase::open && r->order()) {
          take_order(std::move(r));
        } else if (phase_ == phase::open) {
          note_types(*r);
          machine_.submit(std::move(r));
        } else {
          early_.push_back(std::move(r));
        }
      }
      if (cancelled) take_back_cancelled();
    },
    [this](cancel_msg) { take_back_cancelled(); },
    [this](give_back_msg) { give_held_up_back(); },
    [this](close_msg& x) { close(x.reason, x.at_once); },
    [this](const resolved_msg& x) {
      if (phase_ != phase::resolving) return;
      if (x.address.empty()) return fail_locally(x.problem);
      dial(x.address);
    },
    [this](cancel_done_msg& x) {
      if (x.problem) env_->log->warn("pool {} connection {}: cancel failed: {}", limits().name, owner_.id, *x.problem);
      machine_.cancel_finished(now());
    },
    [this](session_back_msg& x) { session_back(x); },
    [this](moved_msg& x) { forward_moved(std::move(x.requests)); },
    [this](trouble_msg& x) { send(owner_.who, std::move(x)); },
    [this](const reported_msg& x) { send(owner_.who, x); },
    [this](session_wake_msg) {
      if (lent_to_) send(lent_to_, session_wake_msg{});
      reading_at_ = now();
      if (session_ && !lost_) session_->on_ready(true, true, *this);
    },
    [this](tick_msg) {
      ticked();
      if (phase_ == phase::ended) quit();
    },
    [this](get_status) { return status(); },
  };
}

void connection::on_drained() {
  turn();
}

void connection::got_credential(const credential_lease& x) {
  if (phase_ != phase::credential) return;
  credential_ = x.what;
  credential_generation_ = x.what->generation;
  // It dials with the settings of its start, however new the secret is.
  as_of_ = std::min(x.what->as_of, known_);
  resolve();
}

void connection::resolve() {
  const auto& target = limits().target;
  phase_ = phase::resolving;
  if (!target.address.empty() || !needs_resolving(target.host)) return dial(target.address);
  auto self = caf::actor_cast<caf::actor_addr>(this);
  const bool started = run_blocking(*env_, [self, host = target.host] {
    auto found = resolve_blocking(host);
    if (auto to = caf::actor_cast<caf::actor>(self)) caf::anon_send(to, std::move(found));
  });
  if (!started) fail_locally("cannot resolve host name " + target.host + ": too many look-ups are waiting already");
}

void connection::dial(std::string address) {
  phase_ = phase::dialling;
  auto target = limits().target;
  if (!address.empty()) target.address = std::move(address);
  auto self = caf::actor_cast<caf::actor_addr>(this);
  session_ = env_->sessions->dial(target, *credential_, [self] {
    if (auto to = caf::actor_cast<caf::actor>(self)) caf::anon_send(to, session_wake_msg{});
  });
  credential_.reset(); // Lent for this dial only.
}

void connection::close(const std::string& reason, bool at_once) {
  env_->log->debug("pool {} connection {}: closing: {}", limits().name, owner_.id, reason);
  auto unsent = machine_.take_waiting();
  unsent.insert(unsent.begin(), std::make_move_iterator(early_.begin()), std::make_move_iterator(early_.end()));
  early_.clear();
  if (order_) unsent.push_back(std::exchange(order_, nullptr));
  if (!unsent.empty()) send(owner_.who, returned_msg{owner_.id, std::move(unsent)});
  if (phase_ < phase::open) return end({was_open_, true, {}, reason});
  if (lent_to_) return recall(reason, at_once);
  if (at_once) return give_up(reason);
  machine_.give_up_repeatable(reason);
  if (phase_ == phase::open) closing_until_ = now() + limits().cancel_grace;
  phase_ = phase::closing;
}

void connection::give_held_up_back() {
  if (phase_ != phase::open || lent_to_) return;
  if (auto back = machine_.take_held_up(now()); !back.empty())
    send(owner_.who, returned_msg{owner_.id, std::move(back)});
}

void connection::take_back_cancelled() {
  const auto t = now();
  std::erase_if(early_, [&](const request_ptr& r) {
    const bool wanted = r->cancel_wanted();
    if (wanted) r->fail(taken_back("waited for a connection to pool " + limits().name), t);
    return wanted;
  });
  machine_.cancel_wanted(t);
}

/// What is on the wire gets no answer any more: the session ends now.
void connection::give_up(const std::string& reason) {
  if (lost_ || phase_ == phase::ended) return;
  lost_ = session_loss{session_loss::phase::open, {}, reason, true};
  machine_.on_lost(*lost_);
}

/// The owner is gone, and with it whoever could take requests back. What is on the wire still gets its answer.
void connection::owner_died() {
  early_.clear(); // Each of them goes back to the delegate by itself.
  order_.reset();
  machine_.take_waiting();
  if (lent_to_) return recall("its pool ended", false);
  if (phase_ < phase::open) return end({was_open_, true, {}, "its owner ended"});
  if (phase_ == phase::open) phase_ = phase::closing;
}

void connection::fail_dial(std::string message) {
  end({false, false, {}, std::move(message), false, true});
}

/// The server was not even asked: no credential, no address.
void connection::fail_locally(std::string message) {
  end({false, false, {}, std::move(message), true, false});
}

void connection::end(connection_end how) {
  if (phase_ == phase::ended) return;
  phase_ = phase::ended;
  unwatch();
  if (!how.was_open && refuses_credential(how.sqlstate))
    send(owner_.carrier, credential_refused_msg{owner_.pool, credential_generation_, how.sqlstate});
  if (!early_.empty() || order_) {
    auto back = std::exchange(early_, {});
    if (order_) back.push_back(std::exchange(order_, nullptr));
    send(owner_.who, returned_msg{owner_.id, std::move(back)});
  }
  send(owner_.who, ended_msg{owner_.id, std::move(how)});
  // CAF ends an actor only inside of a message's handler; this may run outside of any.
  caf::anon_send(caf::actor_cast<caf::actor>(this), tick_msg{});
}

void connection::on_end() {
  if (session_ && !machine_.idle() && !mutated(mutation::rescue_sent_write)) {
    // Killed: settle what is on the wire before the session goes.
    machine_.on_lost({session_loss::phase::open, {}, "the connection's actor was ended", true});
    forward_moved(machine_.take_effects().moved);
  }
  unwatch();
  session_.reset();
  early_.clear();
  order_.reset();
  lent_to_ = nullptr;                    // It hears of this end, and closes the session.
  if (owner_.who) demonitor(owner_.who); // Else the owner would remember every connection that it ever had.
  owner_.who = nullptr;
  owner_.carrier = nullptr;
  self_ = nullptr;
}

void connection::plan_wake() {
  std::optional<time_point> next;
  if (phase_ == phase::open || phase_ == phase::closing) {
    next = machine_.next_wake();
    if (closing_until_ && (!next || *closing_until_ < *next)) next = closing_until_;
    if (order_) {
      auto again = order_->deadline();
      if (machine_.quiet_from() > now()) again = std::min(again, machine_.quiet_from());
      if (!next || again < *next) next = again;
    }
  } else if (phase_ == phase::lent) {
    next.reset();
  } else if (phase_ != phase::ended) {
    next = dial_until_;
  }
  wake_at(next);
}

connection_status connection::status() {
  static constexpr std::array<const char*, 7> names{"credential", "resolving", "dialling", "open",
                                                    "lent",       "closing",   "ended"};
  connection_status out;
  out.who = caf::actor_cast<caf::actor>(this);
  const auto t = now();
  out.id = owner_.id;
  out.pool = limits().name;
  out.state = names[static_cast<std::size_t>(phase_)];
  out.server = server_.address;
  out.backend_pid = server_.backend_pid;
  out.age = t - born_;
  out.outstanding = machine_.outstanding() + early_.size() + (order_ || lent_to_ ? 1 : 0);
  out.statement = machine_.current_text();
  out.statement_name = machine_.current_name();
  if (!out.statement.empty()) out.statement_age = t - machine_.head_since();
  out.prepared = machine_.statements().prepared();
  out.prepared_hits = machine_.statements().hits();
  out.resent = machine_.resent();
  if (session_) {
    if (const auto passed = session_->traffic()) {
      out.bytes_sent = passed->sent;
      out.bytes_received = passed->received;
    }
  }
  if (lent_to_) {
    out.borrowed = lent_to_;
    out.lent_to = borrower_;
    out.lent_as = lent_as_;
    out.lent_for = t - lent_since_;
    out.overdue = limits().lease_warning > duration::zero() && out.lent_for >= limits().lease_warning;
  }
  return out;
}

} // namespace tripool
