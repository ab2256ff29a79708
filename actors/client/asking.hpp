// Asking an actor and waiting for the answer, as values instead of handlers.
// Knows no protocol. Used by the blocking client and its sessions.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/error.hpp"

#include <caf/actor.hpp>
#include <caf/duration.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace tripool {

/// How long to wait for an answer of `to`. On one's own node its answer is certain, by the deadline of what is asked; a
/// broken network says nothing at all to who waits for another node.
template <class Message>
caf::duration patience(const caf::scoped_actor& self, const caf::actor& to, const Message& x) {
  using namespace std::chrono_literals;
  if (!to || to.node() == self->node()) return caf::infinite;
  if constexpr (requires { x.timeout; }) {
    if (x.timeout > 0ms) return caf::duration{std::min<std::chrono::milliseconds>(x.timeout, 24h) + 2s};
  }
  return caf::duration{std::chrono::milliseconds{10min}};
}

/// Sends `x` and waits for a `Reply`. Tripool's actors answer by the deadline of what is asked; one on another node
/// that is not reached is given up two seconds later, or after ten minutes if the message has no deadline of its own.
template <class Reply, class Message>
answer<Reply> ask_blocking(caf::scoped_actor& self, const caf::actor& to, Message x) {
  std::optional<answer<Reply>> out;
  const auto limit = patience(self, to, x);
  self->request(to, limit, std::move(x))
    .receive([&](Reply& value) { out.emplace(std::move(value)); },
             [&](const caf::error& e) { out.emplace(unexpected{failure_of(e)}); });
  return std::move(*out);
}

/// The same for messages whose reply says nothing but "done". Returns the failure, or nothing.
template <class Message>
std::optional<failure> tell_blocking(caf::scoped_actor& self, const caf::actor& to, Message x) {
  std::optional<failure> out;
  const auto limit = patience(self, to, x);
  self->request(to, limit, std::move(x)).receive([] {}, [&](const caf::error& e) { out = failure_of(e); });
  return out;
}

} // namespace tripool
