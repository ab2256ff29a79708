// Requests that wait at a connection whose statement takes long, while others have room: they are asked back.
#include "tripool/core/pool/pool_machine.hpp"

#include <algorithm>

namespace tripool {

/// Nothing more is handed to a connection that has been at the same statement for so long.
bool pool_machine::is_stuck(const connection_slot& s) const noexcept {
  return !s.idle() && (s.closed_behind || now_ - s.progressed_at >= opts_.slow_for(s.outstanding));
}

/// Asks again after twice the time: the connection may have just come to what takes long, and returned nothing.
std::optional<time_point> pool_machine::held_up_due(const connection_slot& s) const {
  if (s.state != slot_state::open || s.lent || s.outstanding < 2) return std::nullopt;
  if (s.asked_back_at <= s.progressed_at) return s.progressed_at + opts_.slow_for(s.outstanding);
  return s.asked_back_at + (s.asked_back_at - s.progressed_at);
}

std::optional<time_point> pool_machine::held_up_due() const {
  if (suspended_ || phase_ != phase::running || !room_elsewhere()) return std::nullopt;
  std::optional<time_point> out;
  for (const auto& s : table_.slots())
    if (const auto due = held_up_due(s); due && (!out || *due < *out)) out = due;
  return out;
}

bool pool_machine::room_elsewhere() const noexcept {
  return std::ranges::any_of(table_.slots(), [&](const connection_slot& s) {
    return s.usable() && !is_stuck(s) && s.outstanding < opts_.pipeline_depth;
  });
}

/// Who waits for a lock, or reckons for long, holds up nobody but himself: a read that was sent behind him is harmless
/// and is answered elsewhere, and what was not sent yet is sent elsewhere.
void pool_machine::ask_held_up_back(time_point now, effects& out) {
  const auto due = held_up_due();
  if (!due || *due > now) return;
  for (auto& s : table_.slots()) {
    const auto its = held_up_due(s);
    if (!its || *its > now) continue;
    s.asked_back_at = now;
    out.emplace_back(give_back_effect{s.id});
  }
}

} // namespace tripool
