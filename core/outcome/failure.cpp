// Names and text for outcomes and failures.
#include "tripool/core/outcome/failure.hpp"

namespace tripool {

std::string_view to_string(outcome x) noexcept {
  switch (x) {
    case outcome::done: return "done";
    case outcome::not_executed: return "not_executed";
    case outcome::rejected: return "rejected";
    case outcome::in_doubt: return "in_doubt";
  }
  return "unknown";
}

std::string_view to_string(cause x) noexcept {
  switch (x) {
    case cause::none: return "none";
    case cause::server_error: return "server_error";
    case cause::invalid_request: return "invalid_request";
    case cause::result_too_large: return "result_too_large";
    case cause::deadline: return "deadline";
    case cause::queue_full: return "queue_full";
    case cause::queue_timeout: return "queue_timeout";
    case cause::overload: return "overload";
    case cause::no_server: return "no_server";
    case cause::unknown_pool: return "unknown_pool";
    case cause::connection_failed: return "connection_failed";
    case cause::connection_lost: return "connection_lost";
    case cause::cancelled: return "cancelled";
    case cause::victim: return "victim";
    case cause::actor_down: return "actor_down";
    case cause::shutting_down: return "shutting_down";
    case cause::protocol: return "protocol";
    case cause::held_up: return "held_up";
  }
  return "unknown";
}

std::string_view to_string(proof x) noexcept {
  switch (x) {
    case proof::none: return "none";
    case proof::never_sent: return "never_sent";
    case proof::rolled_back: return "rolled_back";
    case proof::session_ended: return "session_ended";
    case proof::read: return "read";
    case proof::opening: return "opening";
    case proof::declared: return "declared";
    case proof::token: return "token";
  }
  return "unknown";
}

std::string to_string(const failure& x) {
  std::string out{to_string(x.kind)};
  out.append(" (").append(to_string(x.why));
  if (!x.sqlstate.empty()) out.append(", SQLSTATE ").append(x.sqlstate);
  if (x.proved != proof::none) out.append(", proved by ").append(to_string(x.proved));
  out.append("): ").append(x.message);
  if (!x.detail.empty()) out.append("; ").append(x.detail);
  if (!x.hint.empty()) out.append("; hint: ").append(x.hint);
  if (!x.name.empty()) out.append("; statement ").append(x.name);
  if (!x.pool.empty()) out.append("; pool ").append(x.pool);
  if (!x.server.empty()) out.append(" at ").append(x.server);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(x.spent).count();
  out.append("; attempts ").append(std::to_string(x.attempts)).append(", ").append(std::to_string(ms)).append(" ms");
  return out;
}

} // namespace tripool
