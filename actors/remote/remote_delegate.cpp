// The caller's proxy: its messages, its calls and their answers.
#include "tripool/actors/remote/remote_delegate.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/remote/call_traits.hpp"
#include "tripool/actors/remote/remote_session.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <random>
#include <type_traits>
#include <utility>

namespace tripool {

namespace {

std::vector<std::string> names_of(const remote_options& x) {
  std::vector<std::string> out;
  for (const auto& n : x.nodes) out.push_back(n.host + ':' + std::to_string(n.port));
  return out;
}

std::uint64_t any_seed() {
  std::random_device source;
  return (std::uint64_t{source()} << 32U) | source();
}

failure wrong_answer() {
  failure f;
  f.kind = outcome::in_doubt;
  f.why = cause::protocol;
  f.message = "the node's answer is of another kind than the call";
  f.hint = "run the same version of Tripool on both sides";
  return f;
}

} // namespace

remote_delegate::remote_delegate(caf::actor_config& cfg, remote_options how)
  : loop_actor(cfg, nullptr),
    how_(std::move(how)),
    machine_(names_of(how_), how_.limits, any_seed(), now()),
    subscribers_(
      *this, how_.limits, how_.deadline, any_seed(), [this](const caf::actor& x) { watch(x); },
      [this](const caf::actor& x) { unwatch(x.address()); }),
    watchers_(*this, how_.nodes.size(), how_.limits.watchers_max, how_.deadline,
              [this](const caf::actor& x) { watch(x); }) {
  links_.resize(how_.nodes.size());
}

caf::behavior remote_delegate::make_behavior() {
  set_down_handler([this](caf::down_msg& x) { down(x); });
  send(this, tick_msg{}); // The first dials.
  return caf::message_handler{
    [this](remote_envelope& x) { take(x); },
    [this](session_call_msg& x) -> caf::delegated<result> {
      auto expects = form::done;
      if (std::holds_alternative<statement>(x.body) || std::holds_alternative<commit>(x.body)
          || std::holds_alternative<copy_end>(x.body))
        expects = form::one;
      if (std::holds_alternative<batch>(x.body)) expects = form::all;
      if (std::holds_alternative<fetch>(x.body)) expects = form::chunk;
      if (std::holds_alternative<next_chunk>(x.body)) expects = form::data;
      accept_session(x, expects);
      return {};
    },
    [this](const session_drop_msg& x) {
      auto& link = links_[x.node];
      if (link.guest && link.dial == x.link)
        send(link.guest, remote_envelope{envelope_kind::drop, 0, x.session, {}, {}});
    },
    [this](get_status) {
      return remote_status{machine_.status(), calls_.size(), subscriptions()};
    },
    [this](tick_msg) { ticked(); },
  }
    .or_else(requests())
    .or_else(looks())
    .or_else(listens())
    .or_else(watches());
}

caf::message_handler remote_delegate::looks() {
  return {
    [this](get_service_status x) -> caf::delegated<service_status> {
      return accept(x, form::status), caf::delegated<service_status>{};
    },
    [this](get_events& x) -> caf::delegated<events_reply> {
      return accept(std::move(x), form::events), caf::delegated<events_reply>{};
    },
    [this](get_causes& x) -> caf::delegated<events_reply> {
      return accept(std::move(x), form::events), caf::delegated<events_reply>{};
    },
    [this](get_request x) -> caf::delegated<request_story> {
      return accept(x, form::story), caf::delegated<request_story>{};
    },
    [this](get_moves x) -> caf::delegated<moves_reply> {
      return accept(x, form::moves), caf::delegated<moves_reply>{};
    },
    [this](get_node_facts x) -> caf::delegated<node_facts> {
      return accept(x, form::facts), caf::delegated<node_facts>{};
    },
  };
}

caf::message_handler remote_delegate::requests() {
  return {
    [this](statement& x) -> caf::delegated<result> {
      return accept(std::move(x), form::one), caf::delegated<result>{};
    },
    [this](batch& x) -> caf::delegated<reply> { return accept(std::move(x), form::all), caf::delegated<reply>{}; },
    [this](statement_list& x) -> caf::delegated<list_reply> {
      return accept(std::move(x), form::list), caf::delegated<list_reply>{};
    },
    [this](acquire& x) -> caf::delegated<lease_handle> {
      return accept(std::move(x), form::lease), caf::delegated<lease_handle>{};
    },
    [this](begin& x) -> caf::delegated<transaction_handle> {
      return accept(std::move(x), form::transaction), caf::delegated<transaction_handle>{};
    },
    [this](open_stream& x) -> caf::delegated<stream_handle> {
      return accept(std::move(x), form::stream), caf::delegated<stream_handle>{};
    },
    [this](copy_in& x) -> caf::delegated<copy_writer_handle> {
      return accept(std::move(x), form::writer), caf::delegated<copy_writer_handle>{};
    },
    [this](copy_out& x) -> caf::delegated<copy_reader_handle> {
      return accept(std::move(x), form::reader), caf::delegated<copy_reader_handle>{};
    },
    [this](create_tokens& x) -> caf::delegated<reply> { return accept(x, form::all), caf::delegated<reply>{}; },
    [this](clean_tokens& x) -> caf::delegated<result> { return accept(x, form::one), caf::delegated<result>{}; },
    [this](withdraw_token& x) -> caf::delegated<result> {
      return accept(std::move(x), form::one), caf::delegated<result>{};
    },
    [this](cancel_request x) {
      return cancel_reply{cancel(caf::actor_cast<caf::actor_addr>(current_sender()), x.key)};
    },
  };
}

// -- calls ------------------------------------------------------------------------------------------------------------

template <class Body>
void remote_delegate::accept(Body x, form expects) {
  pending p;
  p.caller = caf::actor_cast<caf::actor_addr>(current_sender());
  p.to = make_response_promise();
  p.expects = expects;
  if constexpr (std::is_same_v<Body, statement_list>) {
    // Their keys would be those of all callers of this proxy at its node.
    if (std::any_of(x.statements.begin(), x.statements.end(),
                    [](const statement& s) { return s.cancel_key != 0 || s.cancel_with_caller; }))
      return refuse_keys(p);
  }
  if constexpr (requires { x.cancel_key; }) {
    p.cancel_key = x.cancel_key;
    p.with_caller = x.cancel_with_caller && p.caller;
    x.cancel_with_caller = false;
    if (x.cancel_key != 0 || p.with_caller) x.cancel_key = last_call_ + 1; // Unique there, as the call's number is.
  }
  p.body = std::move(x);
  if (p.with_caller && watched_.insert(p.caller).second) monitor(p.caller);
  submit(std::move(p), {});
}

void remote_delegate::refuse_keys(pending& p) {
  p.arrived = now();
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "0A000";
  f.message = "a statement of a list has a cancel_key or cancel_with_caller, which do not travel to another node";
  f.hint = "send statements that are to be cancelled by themselves";
  fail(p, std::move(f));
}

void remote_delegate::accept_session(session_call_msg& x, form expects) {
  pending p;
  p.caller = caf::actor_cast<caf::actor_addr>(current_sender());
  p.to = make_response_promise();
  p.expects = expects;
  p.node = x.node;
  p.session = x.session;
  p.body = std::move(x.body);
  if (!links_[x.node].guest || links_[x.node].dial != x.link) {
    p.arrived = now();
    failure f;
    f.why = cause::actor_down;
    f.message = "its session ended with the link to its node";
    f.hint = "begin again";
    f.proved = proof::never_sent;
    return fail(p, std::move(f));
  }
  if (std::holds_alternative<commit>(p.body)) note_commit(x.node, x.session);
  p.atomic = x.atomic && !links_[x.node].committing.contains(x.session);
  remote_call what;
  what.only = x.node;
  submit(std::move(p), what);
}

/// From here on the loss of the link undoes nothing for certain: the node may have heard the COMMIT.
void remote_delegate::note_commit(node_index node, std::uint64_t session) {
  links_[node].committing.insert(session);
  for (auto& [id, p] : calls_)
    if (p.session == session && p.node == node) p.atomic = false;
}

void remote_delegate::submit(pending p, remote_call what) {
  const auto id = ++last_call_;
  const auto asked = p.time.count() > 0 ? p.time : timeout_of(p.body);
  p.arrived = now();
  constexpr std::chrono::milliseconds longest{std::chrono::hours{24}};
  p.deadline = p.arrived + std::min(asked.count() > 0 ? asked : how_.deadline, longest);
  p.write = may_write(p.body);
  what.deadline = p.deadline;
  what.harmless = !what.only && is_harmless(p.body);
  what.write = p.write;
  calls_.emplace(id, std::move(p));
  machine_.submit(id, what, now(), effects_);
}

void remote_delegate::on_drained() {
  machine_.tick(now(), effects_);
  carry_out();
  place_orders();
  auto wake = machine_.next_wake();
  for (const auto& x : {subscribers_.next_wake(), watchers_.next_wake()})
    if (x && (!wake || *x < *wake)) wake = x;
  wake_at(wake);
}

void remote_delegate::on_end() {
  subscribers_.end();
  watchers_.end();
  for (auto& [id, p] : calls_) {
    failure f;
    f.kind = outcome::in_doubt;
    f.why = cause::actor_down;
    f.message = "the remote delegate ended";
    f.hint = "look whether it took effect before sending it again";
    fail(p, std::move(f));
  }
  calls_.clear();
  unwatch_all();
  links_.clear();
}

void remote_delegate::carry_out() {
  while (!effects_.empty())
    for (auto& e : std::exchange(effects_, {})) std::visit([this](auto& x) { carry_out(x); }, e);
}

void remote_delegate::carry_out(send_call_effect& x) {
  auto& p = calls_.at(x.id);
  const auto left = std::chrono::floor<std::chrono::milliseconds>(x.left);
  give_time(p.body, std::max(left, std::chrono::milliseconds{1}));
  auto data = encode_call(p.body);
  // One that the node's guard does not let pass would end the link, and everybody's calls with it.
  if (data.size() > how_.limits.call_bytes_max) return refuse_large(x, data.size());
  send(links_[x.node].guest, remote_envelope{envelope_kind::call, x.id, p.session, std::move(data), {}});
}

void remote_delegate::refuse_large(const send_call_effect& x, std::size_t size) {
  machine_.answered(x.id, x.node);
  auto found = calls_.extract(x.id);
  failure f;
  f.why = cause::invalid_request;
  f.message = "the call has " + std::to_string(size) + " bytes, more than travel to a node (call_bytes_max "
              + std::to_string(how_.limits.call_bytes_max) + ")";
  f.hint = "send large data in parts: COPY or several statements";
  f.proved = proof::never_sent;
  fail(found.mapped(), std::move(f));
}

void remote_delegate::carry_out(fail_call_effect& x) {
  auto found = calls_.extract(x.id);
  if (!found) return;
  fail(found.mapped(), std::move(x.why));
}

void remote_delegate::fail(pending& p, failure why) {
  if (p.expects == form::order || p.expects == form::watch) return void(order_ended(p, why));
  if (p.atomic && why.kind == outcome::in_doubt && why.why == cause::connection_lost) {
    // Its node rolls the transaction back when it hears of the link's end; nobody can commit it.
    why.kind = outcome::not_executed;
    why.proved = proof::rolled_back;
    why.message += "; its transaction is rolled back there";
    why.hint = "begin again";
  }
  why.spent = now() - p.arrived;
  if (const auto* s = std::get_if<statement>(&p.body)) why.name = s->name, why.token = s->token;
  if (const auto* b = std::get_if<batch>(&p.body)) why.name = b->name, why.token = b->token;
  p.to.deliver(make_error(std::move(why)));
}

void remote_delegate::take_answer(remote_envelope& x, node_index from) {
  auto body = decode_answer(x.data, now());
  remote_answer_body answer = body ? std::move(*body) : remote_answer_body{wrong_answer()};
  if (keep_answer(x.id, answer, from)) return;
  // A session that was lent too late, or to nobody: it goes back.
  const auto* lent = std::get_if<remote_session_info>(&answer);
  auto& guest = links_[from].guest;
  if (lent != nullptr && guest) send(guest, remote_envelope{envelope_kind::drop, 0, lent->session, {}, {}});
}

/// Gives it to whoever asked. False when nobody has it.
bool remote_delegate::keep_answer(call_id id, remote_answer_body& answer, node_index from) {
  const auto i = calls_.find(id);
  if (i == calls_.end()) return false; // It was answered here: its time was over.
  const bool doubted = machine_.doubted(id);
  auto* f = std::get_if<failure>(&answer);
  const bool elsewhere = f != nullptr && f->kind == outcome::not_executed
                         && (f->why == cause::shutting_down || f->why == cause::actor_down) && i->second.session == 0;
  if (elsewhere) {
    if (machine_.turned_away(id, from, now(), effects_)) return true;
  } else if (!machine_.answered(id, from)) {
    return false; // From a node that does not have it any more.
  }
  if (f != nullptr && doubted && i->second.write && f->kind != outcome::in_doubt) {
    f->kind = outcome::in_doubt;
    f->detail = "the last attempt ended so, but the answer of an earlier one was lost";
  }
  auto p = std::move(calls_.extract(i).mapped());
  if (deliver(p, answer, from)) return true;
  fail(p, wrong_answer());
  return false;
}

bool remote_delegate::deliver(pending& p, remote_answer_body& x, node_index from) {
  if (p.expects == form::order || p.expects == form::watch) return order_ended(p, x);
  if (auto* f = std::get_if<failure>(&x)) {
    p.to.deliver(make_error(std::move(*f)));
    return true;
  }
  const auto give = [&](auto* y) {
    if (y != nullptr) p.to.deliver(std::move(*y));
    return y != nullptr;
  };
  const auto* info = std::get_if<remote_session_info>(&x);
  switch (p.expects) {
    case form::one: return give(std::get_if<result>(&x));
    case form::all: return give(std::get_if<reply>(&x));
    case form::list: return give(std::get_if<list_reply>(&x));
    case form::chunk: return give(std::get_if<rows_chunk>(&x));
    case form::data: return give(std::get_if<copy_data>(&x));
    case form::status: return give(std::get_if<service_status>(&x));
    case form::events: return give(std::get_if<events_reply>(&x));
    case form::story: return give(std::get_if<request_story>(&x));
    case form::moves: return give(std::get_if<moves_reply>(&x));
    case form::facts: return give(std::get_if<node_facts>(&x));
    case form::lease: return info && deliver_handle<lease_handle>(p, *info, from, false);
    case form::transaction: return info && deliver_handle<transaction_handle>(p, *info, from, true);
    case form::stream: return info && deliver_handle<stream_handle>(p, *info, from, false);
    case form::writer: return info && deliver_handle<copy_writer_handle>(p, *info, from, false);
    case form::reader: return info && deliver_handle<copy_reader_handle>(p, *info, from, false);
    case form::done:
      if (!std::holds_alternative<remote_done>(x)) return false;
      p.to.deliver(caf::unit);
      return true;
    case form::order:
    case form::watch: break; // See above.
  }
  return false;
}

template <class Handle>
bool remote_delegate::deliver_handle(pending& p, const remote_session_info& x, node_index from, bool atomic) {
  Handle h;
  h.to = system().spawn<remote_session, caf::hidden>(caf::actor_cast<caf::actor>(this), from, links_[from].dial,
                                                     x.session, atomic, p.caller);
  h.pool = x.pool;
  h.server = x.server;
  h.backend_pid = x.backend_pid;
  h.hold = remote_session::hold_of(h.to);
  if constexpr (requires { h.columns; }) {
    h.format = x.format;
    h.columns = static_cast<std::size_t>(x.columns);
  }
  p.to.deliver(std::move(h));
  return true;
}

caf::actor spawn_remote_delegate(caf::actor_system& sys, remote_options how) {
  return sys.spawn<remote_delegate>(std::move(how));
}

} // namespace tripool
