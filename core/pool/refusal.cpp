// The words of refusals.
#include "tripool/core/pool/refusal.hpp"

#include <utility>

namespace tripool {

namespace {

using std::to_string;

std::string sizes(const refusal_context& c) {
  const auto& n = c.connections;
  std::string out = to_string(c.queued) + " of " + to_string(c.options.queue_max) + " queued; " + to_string(n.total())
                    + " of " + to_string(c.options.connections_max) + " connections: " + to_string(n.busy) + " busy, "
                    + to_string(n.idle) + " idle, " + to_string(n.lent) + " lent, " + to_string(n.dialling)
                    + " dialling, " + to_string(n.closing + n.retiring) + " closing";
  return out;
}

failure refusal(const refusal_context& c, cause why, std::string message, std::string hint) {
  failure f;
  f.kind = outcome::not_executed;
  f.why = why;
  f.message = std::move(message);
  f.detail = sizes(c);
  f.hint = std::move(hint);
  f.pool = c.options.name;
  return f;
}

/// Tenths, without a trailing ".0".
std::string tenths(duration x, duration unit, std::string_view name) {
  const auto n = x / (unit / 10);
  auto out = to_string(n / 10);
  if (n % 10 != 0) out.append(".").append(to_string(n % 10));
  return out.append(" ").append(name);
}

} // namespace

std::string text_of(duration x) {
  if (x < 1ms) return to_string(x / 1us) + " us";
  if (x < 1s) return to_string(x / 1ms) + " ms";
  if (x < 2min) return tenths(x, 1s, "s");
  return tenths(x, 1min, "min");
}

failure refuse_deadline(const refusal_context& c, duration waited, duration allowed) {
  return refusal(c, cause::deadline,
                 "the deadline of " + text_of(allowed) + " passed before the request was sent; it waited "
                   + text_of(waited) + " in the queue of pool " + c.options.name,
                 "give it a later deadline, send fewer requests at a time, or raise connections-max or pipeline-depth");
}

failure refuse_queue_timeout(const refusal_context& c, duration waited) {
  return refusal(c, cause::queue_timeout,
                 "waited " + text_of(waited) + " in the queue of pool " + c.options.name + "; queue-wait-max allows "
                   + text_of(c.options.queue_wait_max),
                 "look for slow or blocked statements on the server, raise connections-max, or raise queue-wait-max");
}

failure refuse_order(const refusal_context& c, duration waited) {
  return refusal(c, cause::queue_timeout,
                 "waited " + text_of(waited) + " for a connection of pool " + c.options.name
                   + " to itself; leases-max allows " + to_string(c.options.lent_max()) + " to be lent at a time",
                 "hold leases and transactions for shorter, give it more time, or raise leases-max and "
                 "connections-max");
}

failure refuse_queue_full(const refusal_context& c) {
  return refusal(c, cause::queue_full,
                 "the queue of pool " + c.options.name + " is full: queue-max allows " + to_string(c.options.queue_max)
                   + " requests to wait",
                 "send it again later with a pause that grows, raise connections-max, or raise queue-max");
}

failure refuse_held_up(const refusal_context& c) {
  return refusal(c, cause::held_up, "statements that take long hold it up in pool " + c.options.name,
                 "look for slow or blocked statements on the server, or raise connections-max");
}

failure refuse_overload(const refusal_context& c, duration waited) {
  return refusal(c, cause::overload,
                 "shed after " + text_of(waited) + " in the queue of pool " + c.options.name + ": for codel-interval, "
                   + text_of(c.options.codel_interval) + ", no request has left the queue within codel-target, "
                   + text_of(c.options.codel_target),
                 "send fewer requests at a time, look for slow or blocked statements, or raise connections-max");
}

failure refuse_no_connection(const refusal_context& c, duration since_for, std::string_view error,
                             std::string_view sqlstate) {
  std::string message = "pool " + c.options.name + " has no open connection";
  if (since_for > duration::zero()) message += " for " + text_of(since_for);
  if (error.empty())
    message += ": its server has not answered the dial yet";
  else
    message.append(": ").append(error);
  auto f = refusal(c, cause::connection_failed, std::move(message),
                   "look whether the server runs, can be reached and accepts these credentials");
  f.sqlstate = sqlstate;
  return f;
}

failure refuse_draining(const refusal_context& c, duration waited) {
  std::string message = "pool " + c.options.name + " is draining";
  if (waited > duration::zero()) message += "; the request had waited " + text_of(waited);
  return refusal(c, cause::shutting_down, std::move(message), "send it to another pool, or after the restart");
}

} // namespace tripool
