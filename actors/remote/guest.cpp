// A remote caller's calls, one by one.
#include "tripool/actors/remote/guest.hpp"

#include "tripool/actors/error.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

#include <unistd.h>

namespace tripool {

namespace {

failure no_session(std::uint64_t number) {
  failure f;
  f.why = cause::actor_down;
  f.message = "session " + std::to_string(number) + " is not there (any more): it ended, or its time was over";
  f.hint = "begin again";
  return f;
}

failure bound(std::string what, std::size_t value, const char* name) {
  failure f;
  f.why = cause::overload;
  f.message = std::move(what) + ": " + std::to_string(value) + " (" + name + " of the node's gate)";
  f.hint = "wait for answers before asking for more, or raise the bound on the node";
  return f;
}

/// Texts of statements have no bound of their own.
void shorten(service_status& x) {
  constexpr std::size_t text_max = 500;
  const auto middle_of_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
  for (auto& p : x.pools) {
    for (auto& c : p.connections) {
      if (c.statement.size() <= text_max) continue;
      auto n = text_max;
      while (n > 0 && middle_of_character(c.statement[n])) --n;
      c.statement.resize(n);
    }
  }
}

} // namespace

guest::guest(caf::actor_config& cfg, reactor* loop, std::shared_ptr<spdlog::logger> log, caf::actor delegate,
             caf::actor caller, gate_limits limits, std::shared_ptr<const gate_identity> of)
  : loop_actor(cfg, loop),
    log_(std::move(log)),
    delegate_(std::move(delegate)),
    caller_(std::move(caller)),
    limits_(limits),
    of_(std::move(of)),
    heard_(now()) {
  // nop
}

caf::behavior guest::make_behavior() {
  monitor(caller_);
  monitor(delegate_);
  set_down_handler([this](caf::down_msg& x) {
    if (x.source == caller_.address() || x.source == delegate_.address()) return quit(caf::exit_reason::user_shutdown);
    std::erase_if(sessions_, [&](const auto& s) { return s.second.to.address() == x.source; });
  });
  return {
    [this](remote_envelope& x) {
      if (caf::actor_cast<caf::actor_addr>(current_sender()) == caller_.address()) take(x);
    },
    [this](const notification& x) {
      tell({envelope_kind::notification, 0, 0, encode(x), {}});
    },
    [this](const notification_gap& x) {
      tell({envelope_kind::gap, 0, 0, encode(x), {}});
    },
    [this](const doubt_event& x) { tell_event(x); },
    [this](const doubt_settled_event& x) { tell_event(x); },
    [this](const fallback_event& x) { tell_event(x); },
    [this](const event_msg& x) { tell_event(x); },
    [this](tick_msg) {
      ticked();
      if (now() - heard_ < limits_.silence_max) return;
      log_->warn("gate: a caller at {} gave no sign of life: what it had is ended", caf::to_string(caller_.node()));
      quit(caf::exit_reason::user_shutdown);
    },
  };
}

void guest::on_drained() {
  wake_at(heard_ + limits_.silence_max);
}

/// Whether so much waits unread that nothing more may be added: the end, as what it asked for cannot be taken back.
bool guest::reads_nothing() {
  if (sent_bytes_ - read_bytes_ <= limits_.unread_bytes_max) return false;
  log_->warn("gate: a caller at {} has not read {} bytes of its answers (unread_bytes_max {}): what it had is ended",
             caf::to_string(caller_.node()), sent_bytes_ - read_bytes_, limits_.unread_bytes_max);
  demonitor(caller_);
  caller_ = nullptr;
  quit(caf::exit_reason::user_shutdown);
  return true;
}

/// The delegate hears of its end, and the borrowed sessions do: cancelled, rolled back, given back.
void guest::on_end() {
  for (const auto& [number, x] : sessions_) demonitor(x.to);
  sessions_.clear();
  // Else the delegate, which outlives all guests, would remember each of them.
  if (delegate_) demonitor(delegate_);
  if (caller_) demonitor(caller_);
  delegate_ = nullptr;
  caller_ = nullptr;
}

void guest::take(remote_envelope& x) {
  heard_ = now();
  switch (x.kind) {
    case envelope_kind::call: return call(x);
    case envelope_kind::cancel: return send(delegate_, cancel_request{x.id});
    case envelope_kind::drop: sessions_.erase(x.session); return;
    case envelope_kind::ping:
      read_bytes_ += std::min(x.id, sent_bytes_ - read_bytes_);
      return tell({envelope_kind::pong, 0, 0, {}, {}});
    default: return;
  }
}

std::optional<failure> guest::refusal(const remote_envelope& x) const {
  if (x.data.size() > limits_.request_bytes_max)
    return bound("the call has " + std::to_string(x.data.size()) + " bytes, more than allowed",
                 limits_.request_bytes_max, "request_bytes_max");
  if (outstanding_.size() >= limits_.outstanding_max)
    return bound("as many calls of this caller are unanswered as are allowed", limits_.outstanding_max,
                 "outstanding_max");
  if (outstanding_bytes_ + x.data.size() > limits_.outstanding_bytes_max)
    return bound("the unanswered calls of this caller have more bytes than allowed", limits_.outstanding_bytes_max,
                 "outstanding_bytes_max");
  if (sent_bytes_ - read_bytes_ > limits_.unread_bytes_max / 2)
    return bound("this caller has not read its answers: more than half of what is allowed", limits_.unread_bytes_max,
                 "unread_bytes_max");
  return std::nullopt;
}

void guest::answer(std::uint64_t id, const remote_answer_body& x) {
  if (const auto i = outstanding_.find(id); i != outstanding_.end()) {
    outstanding_bytes_ -= i->second;
    outstanding_.erase(i);
  }
  if (caller_ && !reads_nothing()) tell({envelope_kind::answer, id, 0, encode_answer(x, now()), {}});
}

void guest::tell(remote_envelope x) {
  if (!caller_ || reads_nothing()) return;
  sent_bytes_ += unread_size(x);
  send(caller_, std::move(x));
}

void guest::tell_event(const remote_event_body& x) {
  tell({envelope_kind::event, 0, 0, encode(x, now()), {}});
}

remote_session_info guest::keep(const session_handle& x) {
  const auto number = ++last_session_;
  sessions_.emplace(number, x);
  monitor(x.to);
  return {number, x.pool, x.server, x.backend_pid, {}, 0};
}

template <class Reply, class Message>
void guest::ask(std::uint64_t id, const caf::actor& to, Message x) {
  request(to, caf::infinite, std::move(x))
    .then([this, id](Reply& r) { answer(id, std::move(r)); },
          [this, id](const caf::error& e) { answer(id, failure_of(e)); });
}

template <class Message>
void guest::ask_done(std::uint64_t id, const caf::actor& to, Message x) {
  request(to, caf::infinite, std::move(x))
    .then([this, id] { answer(id, remote_done{}); }, [this, id](const caf::error& e) { answer(id, failure_of(e)); });
}

template <class Handle, class Message>
void guest::ask_session(std::uint64_t id, Message x) {
  if (sessions_.size() + ordered_ >= limits_.sessions_max)
    return answer(
      id, bound("as many sessions of this caller are borrowed as are allowed", limits_.sessions_max, "sessions_max"));
  ++ordered_;
  request(delegate_, caf::infinite, std::move(x))
    .then(
      [this, id](const Handle& h) {
        --ordered_;
        auto info = keep(h);
        if constexpr (requires { h.columns; }) {
          info.format = h.format;
          info.columns = h.columns;
        }
        answer(id, info);
      },
      [this, id](const caf::error& e) {
        --ordered_;
        answer(id, failure_of(e));
      });
}

/// A snapshot costs every actor an answer: few at a time.
template <class Reply, class Message>
void guest::look(std::uint64_t id, Message x) {
  if (looks_ >= limits_.looks_max)
    return answer(id,
                  bound("as many looks of this caller are unanswered as are allowed", limits_.looks_max, "looks_max"));
  ++looks_;
  request(delegate_, caf::infinite, std::move(x))
    .then(
      [this, id](Reply& r) {
        --looks_;
        if constexpr (std::is_same_v<Reply, service_status>) shorten(r);
        answer(id, std::move(r));
      },
      [this, id](const caf::error& e) {
        --looks_;
        answer(id, failure_of(e));
      });
}

/// A channel counts from when it is asked for until it is refused, or ended.
void guest::listen(std::uint64_t id, subscribe x) {
  const auto n = x.channels.size();
  const auto known = static_cast<std::size_t>(
    std::count_if(x.channels.begin(), x.channels.end(), [&](const auto& c) { return channels_.contains(c); }));
  if (channels_.size() + channels_asked_ + n - known > limits_.channels_max)
    return answer(
      id, bound("this caller would listen to more channels than allowed", limits_.channels_max, "channels_max"));
  channels_asked_ += n;
  request(delegate_, caf::infinite, std::move(x))
    .then(
      [this, id, n](subscribed& r) {
        channels_asked_ -= n;
        channels_.insert(r.channels.begin(), r.channels.end());
        answer(id, std::move(r));
      },
      [this, id, n](const caf::error& e) {
        channels_asked_ -= n;
        answer(id, failure_of(e));
      });
}

void guest::listen_no_more(std::uint64_t id, unsubscribe x) {
  request(delegate_, caf::infinite, std::move(x))
    .then(
      [this, id](unsubscribed& r) {
        for (const auto& c : r.channels) channels_.erase(c);
        answer(id, std::move(r));
      },
      [this, id](const caf::error& e) { answer(id, failure_of(e)); });
}

/// Sends each kind of call to where it belongs.
struct guest_dispatch {
  guest& self;
  std::uint64_t id;
  caf::actor session; ///< Invalid: the call is for the delegate.

  const caf::actor& where() const { return session ? session : self.delegate_; }

  void operator()(statement& x) const { self.ask<result>(id, where(), std::move(x)); }
  void operator()(batch& x) const { self.ask<reply>(id, where(), std::move(x)); }
  void operator()(statement_list& x) const { self.ask<list_reply>(id, where(), std::move(x)); }
  void operator()(acquire& x) const { self.ask_session<lease_handle>(id, std::move(x)); }
  void operator()(begin& x) const {
    if (session) return self.ask_done(id, session, std::move(x));
    self.ask_session<transaction_handle>(id, std::move(x));
  }
  void operator()(open_stream& x) const { self.ask_session<stream_handle>(id, std::move(x)); }
  void operator()(copy_in& x) const { self.ask_session<copy_writer_handle>(id, std::move(x)); }
  void operator()(copy_out& x) const { self.ask_session<copy_reader_handle>(id, std::move(x)); }
  void operator()(create_tokens& x) const { self.ask<reply>(id, self.delegate_, x); }
  void operator()(clean_tokens& x) const { self.ask<result>(id, self.delegate_, x); }
  void operator()(withdraw_token& x) const { self.ask<result>(id, self.delegate_, std::move(x)); }
  void operator()(subscribe& x) const { self.listen(id, std::move(x)); }
  void operator()(unsubscribe& x) const { self.listen_no_more(id, std::move(x)); }
  void operator()(subscribe_events& x) const { self.look<events_subscribed>(id, x); }
  void operator()(watch_events& x) const { self.look<events_subscribed>(id, x); }
  void operator()(unsubscribe_events& x) const {
    self.send(self.delegate_, x);
    self.answer(id, remote_done{});
  }
  void operator()(get_service_status& x) const { self.look<service_status>(id, x); }
  void operator()(get_events& x) const { self.look<events_reply>(id, std::move(x)); }
  void operator()(get_causes& x) const { self.look<events_reply>(id, std::move(x)); }
  void operator()(get_request& x) const { self.look<request_story>(id, x); }
  void operator()(get_moves& x) const { self.look<moves_reply>(id, x); }
  void operator()(get_node_facts&) const {
    self.answer(id, node_facts{self.of_->version, ::getpid(), self.now() - self.of_->since});
  }

  // Only for sessions; `call` has seen to it that there is one.
  void operator()(commit& x) const { self.ask<result>(id, session, x); }
  void operator()(fetch& x) const { self.ask<rows_chunk>(id, session, x); }
  void operator()(copy_end& x) const { self.ask<result>(id, session, x); }
  void operator()(next_chunk& x) const { self.ask<copy_data>(id, session, x); }
  template <class T>
  void operator()(T& x) const {
    self.ask_done(id, session, std::move(x));
  }
};

void guest::call(remote_envelope& x) {
  if (outstanding_.contains(x.id)) return; // Its caller numbers its calls; this one is none of it.
  if (auto why = refusal(x)) return answer(x.id, std::move(*why));
  auto body = decode_call(x.data);
  if (!body) return answer(x.id, std::move(body).error());
  constexpr std::size_t first_for_sessions_only = 22; // commit
  static_assert(std::is_same_v<std::variant_alternative_t<first_for_sessions_only, remote_call_body>, commit>);
  caf::actor session;
  if (x.session != 0) {
    const auto i = sessions_.find(x.session);
    if (i == sessions_.end()) return answer(x.id, no_session(x.session));
    session = i->second.to;
  } else if (body->index() >= first_for_sessions_only) {
    return answer(x.id, no_session(0));
  }
  outstanding_.emplace(x.id, x.data.size());
  outstanding_bytes_ += x.data.size();
  std::visit(guest_dispatch{*this, x.id, std::move(session)}, *body);
}

} // namespace tripool
