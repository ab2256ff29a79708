// Operators' orders as they come over HTTP: a name and a JSON object in, a status code and a JSON object out.
// Knows no socket. What may be ordered is decided by core and carried out by the delegate. Used by the endpoint.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tripool::service {

/// What became of an order: text for people, and whether it was carried out.
struct order_result {
  bool done = false;
  std::string text;
  std::string hint;
};

/// Reads the configuration file again and puts it in force, or says why not.
using reload_function = std::function<order_result()>;

/// The endpoint's answer: 200 carried out, 400 it is no order, 404 there is no such order, 409 refused, 503 no answer.
struct control_answer {
  int status = 200;
  std::string body; ///< {"done": "..."} or {"refused": "...", "hint": "..."}
};

/// Carries out the order `name` (hold, release, failover, failback, resize, recycle, refresh, reload, log-level) with
/// the members of the JSON object `body`. Blocks for a few seconds at most; `refresh` while sources of secrets are
/// asked, for 30 s at most.
control_answer carry_out_order(caf::actor_system& sys, const caf::actor& delegate, std::string_view name,
                               std::string_view body, const reload_function& reload);

/// Loads the file and orders the delegate to put it in force. Blocks. For SIGHUP and `reload`.
order_result reload_from(caf::actor_system& sys, const caf::actor& delegate, const std::string& file);

} // namespace tripool::service
