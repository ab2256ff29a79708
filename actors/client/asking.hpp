// Asking an actor and waiting for the answer, as values instead of handlers.
// Knows no protocol. Used by the blocking client and its sessions.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/error.hpp"

#include <caf/actor.hpp>
#include <caf/scoped_actor.hpp>

#include <optional>
#include <utility>

namespace tripool {

/// Sends `x` and waits for a `Reply`. Tripool's actors answer by the deadline of what is asked.
template <class Reply, class Message>
answer<Reply> ask_blocking(caf::scoped_actor& self, const caf::actor& to, Message x) {
  std::optional<answer<Reply>> out;
  self->request(to, caf::infinite, std::move(x))
    .receive([&](Reply& value) { out.emplace(std::move(value)); },
             [&](const caf::error& e) { out.emplace(unexpected{failure_of(e)}); });
  return std::move(*out);
}

/// The same for messages whose reply says nothing but "done". Returns the failure, or nothing.
template <class Message>
std::optional<failure> tell_blocking(caf::scoped_actor& self, const caf::actor& to, Message x) {
  std::optional<failure> out;
  self->request(to, caf::infinite, std::move(x)).receive([] {}, [&](const caf::error& e) { out = failure_of(e); });
  return out;
}

} // namespace tripool
