// The delegate's part in cancelling: who may cancel what, and telling those who may hold it.
#include "tripool/actors/delegate.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

namespace {

failure key_in_use(std::uint64_t key) {
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "42710";
  f.message = "the cancel key " + std::to_string(key) + " belongs to an unanswered request of the same sender";
  f.hint = "number the requests: a key is free again when its request is answered";
  return f;
}

failure too_many(std::size_t limit) {
  failure f;
  f.kind = outcome::not_executed;
  f.why = cause::queue_full;
  f.message = "as many cancellable requests are unanswered as are allowed: cancellable-max = " + std::to_string(limit);
  f.hint = "send it without a cancel key, or raise cancellable-max";
  return f;
}

} // namespace

/// Gives the request a ticket and notes who may cancel it. Returns why it cannot be cancelled, and so not be taken.
std::optional<failure> delegate::note_cancellable(const caf::actor_addr& caller, cancelling how, tripool::request& r) {
  if (how.key == 0 && !caller) return std::nullopt; // Nobody's end can be waited for.
  auto ticket = std::make_shared<cancel_ticket>();
  using noted = cancellable_index::noted;
  const auto kept = cancellable_.add(caller, how.key, how.with_caller && caller, ticket);
  if (kept == noted::key_in_use) return key_in_use(how.key);
  if (kept == noted::full) return too_many(env_->config.requests.cancellable_max);
  r.cancellation = std::move(ticket);
  if (kept == noted::yes_watch_caller) watch(caller);
  return std::nullopt;
}

/// Not by a monitor: those end together, whoever else watches the same caller.
void delegate::watch(const caf::actor_addr& caller) {
  const auto tell = [to = address(), caller] {
    if (auto self = caf::actor_cast<caf::actor>(to)) caf::anon_send(self, caller_ended_msg{caller});
  };
  if (auto who = caf::actor_cast<caf::strong_actor_ptr>(caller)) {
    who->get()->attach_functor(tell);
  } else {
    tell();
  }
}

bool delegate::cancel(std::uint64_t key) {
  const auto ticket = cancellable_.find(caf::actor_cast<caf::actor_addr>(current_sender()), key);
  if (!ticket) return false;
  ticket->want();
  cancels_wanted_ = true;
  ++counts_.cancels;
  return true;
}

void delegate::caller_ended(const caf::actor_addr& who) {
  events_.ended(who);
  for (const auto& ticket : cancellable_.caller_ended(who)) {
    ticket->want();
    cancels_wanted_ = true;
    ++counts_.cancels;
  }
}

/// What waits here for a monitor is answered here.
void delegate::answer_cancelled_early() {
  const auto t = now();
  std::erase_if(early_, [t](const request_ptr& r) {
    if (!r->cancel_wanted()) return false;
    r->fail(taken_back("waited for the pools to be started"), t);
    return true;
  });
}

/// One message for all that were taken back in this batch of messages: whoever holds one of them looks at its own.
void delegate::spread_cancels() {
  for (const auto& p : who_.pools)
    if (p) send(p, cancel_msg{});
  if (who_.monitor) send(who_.monitor, cancel_msg{});
  for (auto& x : env_->handovers->take_cancelled()) refuse(*x.what, std::move(x.why)); // It may not open its mail.
  fallback_.cancel();
}

} // namespace tripool
