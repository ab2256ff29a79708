// Between the consumer's messages, the COPY's machine and the session.
#include "tripool/actors/lease/copy_stream.hpp"

#include "tripool/actors/error.hpp"

#include <utility>

namespace tripool {

namespace {

/// Cannot be a COPY without a text: see copy_order.
copy_machine machine_of(const request& order, duration grace, time_point now) {
  const auto& x = *order.order();
  const auto direction = x.what == session_purpose::copy_in ? copy_direction::in : copy_direction::out;
  return {x.opening.front().text, direction, x.mode == access::read, order.deadline(), grace, now};
}

} // namespace

copy_stream::copy_stream(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<lent_session> got,
                         request_ptr order, lender from)
  : borrowed_session(cfg, std::move(env), std::move(got), order, std::move(from)),
    direction_(order->order()->what == session_purpose::copy_in ? copy_direction::in : copy_direction::out),
    copy_(machine_of(*order, limits().cancel_grace, now())) {}

caf::message_handler copy_stream::commands() {
  return direction_ == copy_direction::in ? writer_commands() : reader_commands();
}

caf::message_handler copy_stream::writer_commands() {
  return {
    [this](copy_chunk& x) -> caf::delegated<void> {
      copy_.put(promised(reply_kind::done), std::move(x.data), deadline_for(x.timeout), now());
      carry_out();
      return {};
    },
    [this](const copy_end& x) -> caf::delegated<result> {
      copy_.end(promised(reply_kind::tag), deadline_for(x.timeout), now());
      carry_out();
      return {};
    },
    [this](copy_fail& x) -> caf::delegated<void> {
      copy_.fail(promised(reply_kind::done), std::move(x.reason), deadline_for({}), now());
      carry_out();
      return {};
    },
  };
}

caf::message_handler copy_stream::reader_commands() {
  return {
    [this](const next_chunk& x) -> caf::delegated<copy_data> {
      copy_.next(promised(reply_kind::data), deadline_for(x.timeout), now());
      carry_out();
      return {};
    },
    [this](close_copy) {
      failure f;
      f.kind = outcome::rejected;
      f.why = cause::cancelled;
      f.sqlstate = "25000";
      f.message = "the COPY was closed by its consumer";
      copy_.abandon(std::move(f), now());
      carry_out();
    },
  };
}

std::uint64_t copy_stream::promised(reply_kind what) {
  promises_.emplace(++last_ticket_, promise{what, make_response_promise()});
  return last_ticket_;
}

std::shared_ptr<const loan> copy_stream::make_loan(session_handle x) {
  if (direction_ == copy_direction::in) {
    return std::make_shared<const loan_of<copy_writer_handle>>(
      copy_writer_handle{std::move(x), started_.format, started_.columns});
  }
  return std::make_shared<const loan_of<copy_reader_handle>>(
    copy_reader_handle{std::move(x), started_.format, started_.columns});
}

void copy_stream::on_turn() {
  if (!runs()) return;
  const auto t = now();
  if (machine().wanted_back()) {
    failure f;
    f.why = cause::cancelled;
    f.message = "the COPY was taken back: its borrower is gone, or its connection is to close";
    copy_.abandon(std::move(f), t);
  }
  copy_.tick(t);
  drive();
  carry_out();
}

/// Hands over and reads as long as both go on without waiting.
void copy_stream::drive() {
  for (bool more = true; more && runs();) {
    const bool written = wire()->flush(*this);
    if (!runs()) break;
    copy_.pump(*wire(), written, now());
    if (copy_.wants_to_read()) wire()->resume_copy(*this);
    copy_.pump(*wire(), false, now());
    more = written && copy_.wants_to_write();
  }
  if (!copy_.is_over() || !runs()) return;
  machine().back_from_outside(copy_.transaction_status());
  machine().dropped();
}

void copy_stream::carry_out() {
  auto e = copy_.take_effects();
  if (e.cancel && runs()) machine().cancel_outside(now());
  if (e.close) close_wire(std::move(*e.close));
  if (e.started) {
    started_ = *e.started;
    hand_out();
  }
  if (e.refused) refuse_order(std::move(*e.refused));
  for (auto& x : e.answers) answer(std::move(x));
}

void copy_stream::answer(copy_answer x) {
  const auto i = promises_.find(x.ticket);
  if (i == promises_.end()) return;
  auto p = std::move(i->second);
  promises_.erase(i);
  if (x.failed) {
    x.failed->pool = limits().name;
    return p.to.deliver(make_error(std::move(*x.failed)));
  }
  switch (p.what) {
    case reply_kind::done: return p.to.deliver(caf::unit);
    case reply_kind::tag: return p.to.deliver(std::move(x.done));
    case reply_kind::data: return p.to.deliver(copy_data{std::move(x.data), x.last});
  }
}

/// Handed out at once: the end of a COPY without data comes with its start, and may take the session along.
void copy_stream::on_copy_start(const copy_start& x) {
  copy_.on_start(x);
  carry_out();
}

void copy_stream::on_result(wire_result&& x) {
  if (!runs()) return borrowed_session::on_result(std::move(x));
  copy_.on_result(std::move(x));
  carry_out(); // Before the session is given back: who asked need not wait for that.
  machine().back_from_outside(copy_.transaction_status());
  machine().dropped(); // It serves one COPY: nothing more is asked of the session.
}

void copy_stream::on_lost(session_loss&& x) {
  copy_.on_lost(x);
  borrowed_session::on_lost(std::move(x));
}

void copy_stream::on_notice(server_message&& x) {
  copy_.on_notice(x);
  borrowed_session::on_notice(std::move(x));
}

void copy_stream::on_gone() {
  copy_.on_lost({session_loss::phase::open, {}, "the COPY's session is gone", false}); // Nothing, when it is over.
  carry_out();
}

} // namespace tripool
