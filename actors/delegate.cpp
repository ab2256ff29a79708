// The delegate.
#include "tripool/actors/delegate.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/lease/orders.hpp"
#include "tripool/actors/list_responder.hpp"
#include "tripool/actors/observed_responder.hpp"
#include "tripool/actors/protocol_stream.hpp"
#include "tripool/actors/protocol_tokens.hpp"
#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/statement/check.hpp"
#include "tripool/core/statement/stream_text.hpp"
#include "tripool/core/statement/token.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

delegate::delegate(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets,
                   std::shared_ptr<request_observer> observer)
  : loop_actor(cfg, env->loop),
    env_(std::move(env)),
    secrets_(std::move(secrets)),
    observer_(std::move(observer)),
    manager_budget_(env_->config.supervision),
    random_(env_->next_seed()),
    desk_(*this, env_),
    fallback_(*this, env_),
    cancellable_(env_->config.requests.cancellable_max) {
  config_ = env_->current();
  outbox_.resize(env_->config.pools.size());
  who_.pools.resize(env_->config.pools.size());
  absent_ = who_.absent();
  if (env_->config.resilience) manager_start_at_ = now();
  env_->events = address();
  answers_ = std::make_shared<const answer_home>(answer_home{address(), address(), env_->record});
  env_->record->clock = [real = env_->loop != nullptr, &sys = system()] {
    return real ? std::chrono::steady_clock::now() : sys.clock().now();
  };
}

caf::behavior delegate::make_behavior() {
  set_down_handler([this](caf::down_msg& x) {
    if (manager_ && x.source == manager_.address()) return manager_died(system().render(x.reason));
    if (fallback_.down(x)) return finish_if_drained();
    desk_.down(x.source);
  });
  if (fallback_.serves()) desk_.use(fallback_.simple_table());
  return handlers()
    .or_else(subscription_handlers())
    .or_else(token_handlers())
    .or_else(event_handlers())
    .or_else(control_handlers())
    .or_else(supervision_handlers());
}

caf::message_handler delegate::subscription_handlers() {
  // A promise takes the sender with it: who it was is asked before.
  const auto from = [this] { return caf::actor_cast<caf::actor>(current_sender()); };
  return {
    [this, from](subscribe& x) -> caf::delegated<subscribed> {
      const auto whom = from();
      desk_.accept(x, make_response_promise(), whom, draining_);
      return {};
    },
    [this, from](unsubscribe& x) -> caf::delegated<unsubscribed> {
      const auto whom = from();
      desk_.accept(x, make_response_promise(), whom);
      return {};
    },
    [this, from](const listening_msg& x) { desk_.accept(x, from()); },
    [this, from](const not_listening_msg& x) { desk_.accept(x, from()); },
    [this, from](notifications_msg& x) { desk_.accept(x, from()); },
  };
}

caf::message_handler delegate::token_handlers() {
  return {
    [this](create_tokens) -> caf::delegated<reply> {
      accept(token_table(), answer_form::all);
      return {};
    },
    [this](const clean_tokens& x) -> caf::delegated<result> {
      if (auto f = check_token_age(x.age, config_->requests.deadline_max)) {
        accept_or_refuse(unexpected{std::move(*f)});
      } else {
        accept(old_tokens_deletion(x.age, x.rows_max), answer_form::single);
      }
      return {};
    },
    [this](const withdraw_token& x) -> caf::delegated<result> {
      if (auto f = check_token(x.token)) {
        accept_or_refuse(unexpected{std::move(*f)});
      } else {
        accept(withdrawal_of(x.token), answer_form::single);
      }
      return {};
    },
  };
}

caf::message_handler delegate::handlers() {
  return {
    [this](statement& x) -> caf::delegated<result> {
      accept(std::move(x), answer_form::single);
      return {};
    },
    [this](batch& x) -> caf::delegated<reply> {
      accept(std::move(x), answer_form::all);
      return {};
    },
    [this](const acquire& x) -> caf::delegated<lease_handle> {
      accept(order_of(x), answer_form::handle);
      return {};
    },
    [this](const begin& x) -> caf::delegated<transaction_handle> {
      accept(order_of(x), answer_form::handle);
      return {};
    },
    [this](open_stream& x) -> caf::delegated<stream_handle> {
      if (auto f = check_stream(x.what)) {
        accept_or_refuse(unexpected{std::move(*f)});
      } else {
        accept_or_refuse(stream_order(x.what, x.hold_max));
      }
      return {};
    },
    [this](statement_list& x) -> caf::delegated<list_reply> {
      accept_list(std::move(x));
      return {};
    },
    [this](cancel_request x) { return cancel_reply{cancel(x.key)}; },
    [this](const caller_ended_msg& x) { caller_ended(x.who); },
    [this](const copy_in& x) -> caf::delegated<copy_writer_handle> {
      accept_or_refuse(order_of(x));
      return {};
    },
    [this](const copy_out& x) -> caf::delegated<copy_reader_handle> {
      accept_or_refuse(order_of(x));
      return {};
    },
    [this](rescue_msg& x) { rescue(std::move(x.what)); },
    [this](get_status) { return status(); },
    [this](get_service_status) -> caf::delegated<service_status> {
      answer_service_status(make_response_promise());
      return {};
    },
    [this](tick_msg) { ticked(); },
  };
}

template <class Body>
void delegate::accept(Body&& body, answer_form form) {
  caf::actor_addr caller; // The promise takes it out of the message.
  if (cancelling_of(body).wanted()) caller = caf::actor_cast<caf::actor_addr>(current_sender());
  accept(std::move(body), std::make_unique<promise_responder>(make_response_promise(), answers_, form), caller);
}

template <class Body>
void delegate::accept(Body&& body, std::unique_ptr<responder> to, const caf::actor_addr& caller) {
  ++counts_.received;
  if (!drain_began_) drain_began_ = now();
  const auto t = *drain_began_;
  auto refused = check(body, traits_);
  const auto& limits = config_->requests;
  // Compared in milliseconds: the longest of them do not fit a duration.
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(limits.deadline_max);
  const auto wanted = body.timeout.count() > 0 ? duration{std::min(body.timeout, longest)} : limits.deadline;
  const auto until = t + std::min(wanted, limits.deadline_max);
  if constexpr (requires { body.traceparent; }) {
    if (observer_ && observer_->wants(first_text(body), body.traceparent))
      to = std::make_unique<observed_responder>(std::move(to), observer_, env_->record->clock, begin_span(body, t));
  }
  if constexpr (requires { body.resolve; }) {
    if (body.resolve && !refused && !draining_) return resolve(as_batch(std::move(body)), std::move(to), t, until);
  }
  const auto how = cancelling_of(body); // Before it is moved away.
  auto r = std::make_shared<tripool::request>(std::move(body), std::move(to), t, until);
  r->set_id(++env_->next_request);
  if (!refused && how.wanted()) refused = note_cancellable(caller, how, *r);
  if (refused) {
    ++counts_.refused;
    return refuse(*r, std::move(*refused));
  }
  if (draining_) {
    failure f;
    f.why = cause::shutting_down;
    f.message = "the service is shutting down and takes nothing new";
    return refuse(*r, std::move(f));
  }
  route(std::move(r));
}

/// Each statement becomes a request of its own; the last that is answered answers the list.
void delegate::accept_list(statement_list x) {
  const auto caller = caf::actor_cast<caf::actor_addr>(current_sender());
  auto promise = make_response_promise();
  if (auto refused = check(x, config_->requests.list_max)) {
    ++counts_.received;
    ++counts_.refused;
    promise.deliver(make_error(std::move(*refused)));
    return;
  }
  auto all = std::make_shared<list_in_progress>(std::move(promise), x.statements.size());
  for (std::size_t i = 0; i < x.statements.size(); ++i)
    accept(std::move(x.statements[i]), std::make_unique<list_responder>(all, i, answers_), caller);
}

void delegate::accept_or_refuse(expected<session_order, failure> x) {
  if (x) return accept(std::move(*x), answer_form::handle);
  ++counts_.received;
  ++counts_.refused;
  make_response_promise().deliver(make_error(std::move(x).error()));
}

void delegate::route(request_ptr r) {
  if (r->cancel_wanted()) return refuse(*r, taken_back("was on its way to a pool"));
  const auto& wanted = r->wanted_pool();
  if (!wanted.empty() && refuse_unknown_pool(*r)) return;
  fallback_.traffic();
  if (fallback_.serves()) return fallback_.accept(std::move(r), table_.get());
  if (!loads_fresh_) {
    loads_ = read_loads(*env_);
    loads_fresh_ = true;
  }
  route_query q;
  q.mode = r->mode();
  q.tried = r->tried;
  q.absent = absent_;
  q.wanted_pool = wanted;
  q.at_least = r->at_least();
  if (q.at_least) want_positions();
  q.random = random_.next();
  const auto to = table_ ? choose(*table_, loads_, q) : std::nullopt;
  if (!to) {
    ++counts_.unroutable;
    unroutable_.push_back(std::move(r));
    return;
  }
  ++counts_.routed;
  ++loads_[*to].outstanding;
  r->tried |= std::uint32_t{1} << *to;
  auto& out = outbox_[*to];
  if (out.empty()) out.reserve(outbox_first);
  out.push_back(std::move(r));
}

/// Whether it names a pool that there is not; then it has been answered.
bool delegate::refuse_unknown_pool(tripool::request& r) {
  const auto& all = env_->config.pools;
  if (find_pool(env_->config, r.wanted_pool())) return false;
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::unknown_pool;
  f.message = "there is no pool named \"" + r.wanted_pool() + "\"";
  f.hint = "configured pools:";
  for (const auto& p : all) f.hint += " " + p.name;
  refuse(r, std::move(f));
  return true;
}

void delegate::refuse(tripool::request& r, failure f) {
  r.fail(std::move(f), now());
}

void delegate::on_drained() {
  if (cancels_wanted_) answer_cancelled_early();
  watch_services();
  for (std::size_t i = 0; i < outbox_.size(); ++i)
    if (!outbox_[i].empty()) send(who_.pools[i], submit_msg{std::exchange(outbox_[i], {})});
  if (!unroutable_.empty()) {
    if (who_.monitor) {
      for (const auto& r : unroutable_) env_->handovers->handed({r, {}}, now());
      expire_handed_over();
      std::erase_if(unroutable_, [](const request_ptr& r) { return r->answered(); });
      if (!unroutable_.empty()) send(who_.monitor, unroutable_msg{std::exchange(unroutable_, {})});
    } else {
      for (auto& r : std::exchange(unroutable_, {})) {
        if (early_.size() < env_->config.monitor.parked_max) {
          early_.push_back(std::move(r));
          continue;
        }
        failure f;
        f.why = cause::queue_full;
        f.message = "no pool has been started yet, and " + std::to_string(early_.size()) + " requests wait already";
        f.hint = "send it again in a moment";
        refuse(*r, std::move(f));
      }
    }
  }
  if (std::exchange(cancels_wanted_, false)) spread_cancels();
  loads_fresh_ = false;
  drain_began_.reset();
  auto next = expire_early();
  for (const auto& other : {expire_parked(), expire_handed_over(), manager_start_at_, desk_.flush(), fallback_.flush()})
    if (other && (!next || *other < *next)) next = other;
  wake_at(next);
}

/// Answers what has waited for a monitor until its deadline. Returns the next deadline.
std::optional<time_point> delegate::expire_early() {
  std::optional<time_point> next;
  const auto t = now();
  std::erase_if(early_, [&](const request_ptr& r) {
    if (t >= r->deadline()) {
      failure f;
      f.why = cause::no_server;
      f.message = "the deadline passed while the monitor was being started again and no pool could serve the request";
      f.hint = "send it again in a moment; the log says why the monitor died";
      refuse(*r, std::move(f));
      return true;
    }
    if (!next || r->deadline() < *next) next = r->deadline();
    return false;
  });
  return next;
}

/// The monitor answers what has waited too long for a pool. Should it be silent, that is done here, a little later.
/// Returns when.
std::optional<time_point> delegate::expire_parked() {
  auto& parked = *env_->parked;
  if (parked.empty() || !table_) return std::nullopt;
  for (auto& x : parked.expire(*table_, now(), monitor_silent_for)) refuse(*x.what, std::move(x.why));
  const auto next = parked.next_wake();
  return next ? std::optional{*next + monitor_silent_for} : std::nullopt;
}

/// Likewise for what lies in its mailbox. Returns when.
std::optional<time_point> delegate::expire_handed_over() {
  for (auto& x : env_->handovers->expire(now())) refuse(*x.what, std::move(x.why));
  return env_->handovers->next_wake();
}

void delegate::on_end() {
  // Requests that are still here answer for themselves: they were never sent. They hold promises, and those this actor,
  // which would keep both for ever.
  outbox_.clear();
  unroutable_.clear();
  env_->parked->take_all();
  early_.clear();
  desk_.end();
  fallback_.end();
  events_.end();
  cancellable_ = cancellable_index{0};
  const auto end = [this](const caf::actor& x) {
    if (x) send_exit(x, caf::exit_reason::user_shutdown);
  };
  // The manager ends its children itself, but it may have died a moment ago.
  end(manager_);
  for (const auto& p : who_.pools) end(p);
  end(who_.monitor);
  end(who_.listener);
  end(who_.carrier);
  // Dead actors that hold each other would never be freed, and the secrets with them.
  manager_ = nullptr;
  who_ = {};
  secrets_.reset();
}

} // namespace tripool
