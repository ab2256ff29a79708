// Requests that statements which take long hold up. Those that wait at one connection while others have room are asked
// back. Reads that came back, and all reads while every connection is at such a statement, are offered to other pools:
// each once, and it comes back when none of them can serve it.
#include "tripool/core/pool/pool_machine.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// After a read that no other pool could serve no further one is asked back for others or offered for so long.
constexpr duration not_served_pause = std::chrono::seconds{1};

} // namespace

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

/// While the pool is choked only other pools could serve what comes back, as long as they can.
std::optional<time_point> pool_machine::held_up_due() const {
  if (suspended_ || phase_ != phase::running) return std::nullopt;
  const bool room = room_elsewhere();
  if (!room && !choked_) return std::nullopt;
  std::optional<time_point> out;
  for (const auto& s : table_.slots())
    if (const auto due = held_up_due(s); due && (!out || *due < *out)) out = due;
  if (out && !room && not_served_at_ > time_point::min()) out = std::max(*out, not_served_at_ + not_served_pause);
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

/// When all connections will have been at their statements for too long, if nothing is answered until then; nothing:
/// one has nothing to do, or one more may be dialled.
std::optional<time_point> pool_machine::choked_at() const {
  if (!offers_ || suspended_ || phase_ != phase::running) return std::nullopt;
  const auto& slots = table_.slots();
  if (slots.empty() || (slots.size() < opts_.connections_max && !gate_.failing())) return std::nullopt;
  auto out = time_point::min();
  for (const auto& s : slots) {
    if (s.state != slot_state::open || s.idle()) return std::nullopt;
    out = std::max(out, s.progressed_at + opts_.slow_for(s.outstanding));
  }
  return out;
}

std::optional<time_point> pool_machine::choking_due() const {
  const auto at = choked_at();
  return choked_ || !at ? std::nullopt : at;
}

void pool_machine::watch_choking(time_point now, effects& out) {
  const auto at = choked_at();
  const bool before = std::exchange(choked_, at && *at <= now);
  offer_due_ = offer_due_ || (choked_ && !before);
  offer_waiting(out);
}

bool pool_machine::may_be_offered(const request& r) const noexcept {
  const bool serves = phase_ == phase::running && !suspended_;
  if (!r.at_least() && not_served_at_ > time_point::min() && now_ - not_served_at_ < not_served_pause) return false;
  return offers_ && serves && r.mode() == access::read && !r.order() && r.wanted_pool().empty() && !r.offered
         && !r.cancel_wanted() && (choked_ || r.held_up);
}

void pool_machine::offer_waiting(effects& out) {
  if (!std::exchange(offer_due_, false) || queue_.empty()) return;
  for (auto& r : queue_.take_if([&](const request& x) { return may_be_offered(x); })) {
    r->offered = true;
    move(std::move(r), refuse_held_up(context()), out);
  }
  if (queue_.empty()) codel_.emptied();
}

void pool_machine::not_served(std::vector<request_ptr> back, time_point now) {
  // A position that only the own server has reached says nothing of others that ask for none.
  if (std::ranges::any_of(back, [](const request_ptr& r) { return !r->at_least(); })) not_served_at_ = now;
  returned(0, std::move(back), now);
}

} // namespace tripool
