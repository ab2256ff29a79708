// The decision by cause and outcome, and the history that it is bounded by.
#include "tripool/core/retry/retry_policy.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

/// What another pool could do better.
retry_step step_for(cause x) noexcept {
  switch (x) {
    case cause::server_error: // Not executed: the server is read-only, starting, full, or ended the session.
    case cause::no_server:
    case cause::connection_failed:
    case cause::connection_lost:
    case cause::victim:
    case cause::actor_down:
    case cause::protocol: return retry_step::move_elsewhere;
    case cause::queue_full:
    case cause::held_up:
    case cause::overload: return retry_step::spill_over;
    case cause::none:
    case cause::invalid_request:
    case cause::result_too_large:
    case cause::deadline:
    case cause::queue_timeout:
    case cause::unknown_pool:
    case cause::cancelled:
    case cause::shutting_down: return retry_step::answer;
  }
  return retry_step::answer;
}

/// Causes of a move that leave open whether the request ran.
bool leaves_doubt(cause x) noexcept {
  return x == cause::connection_lost || x == cause::actor_down || x == cause::protocol;
}

} // namespace

bool harmless_by_token(const request& r, const failure& f) noexcept {
  return !r.token().empty() && r.mode() == access::write && (r.doubted || f.kind == outcome::in_doubt);
}

proof proof_of_move(const request& r, const failure& f) noexcept {
  if (f.kind == outcome::in_doubt) return r.harmless();
  if (f.proved != proof::none) return f.proved;
  return r.proof_unsent();
}

std::string_view to_string(retry_step x) noexcept {
  switch (x) {
    case retry_step::move_elsewhere: return "move_elsewhere";
    case retry_step::spill_over: return "spill_over";
    case retry_step::answer: return "answer";
  }
  return "unknown";
}

retry_step next_step(const request& r, const failure& f, std::uint32_t attempts_allowed, time_point now) noexcept {
  if (r.cancel_wanted()) return retry_step::answer;
  const bool proved = f.kind == outcome::not_executed;
  const bool harmless = f.kind == outcome::in_doubt && r.harmless() != proof::none;
  if (!proved && !harmless) return retry_step::answer;
  if (harmless_by_token(r, f)) {
    if (r.attempts >= token_attempts_max || r.rescues > attempts_max) return retry_step::answer;
  } else if (r.attempts >= attempts_allowed || r.moves.size() >= attempts_max || r.rescues > attempts_max) {
    return retry_step::answer;
  }
  if (r.deadline() - now <= move_margin) return retry_step::answer;
  return step_for(f.why);
}

void record_move(request& r, std::string_view from, std::size_t pool_index, const failure& f) {
  assert(f.kind == outcome::not_executed || (f.kind == outcome::in_doubt && r.harmless() != proof::none));
  assert(pool_index < 32);
  // An answer that was lost with the session is remembered as that, whatever the server said while it ended it.
  const bool lost = f.kind == outcome::in_doubt && f.why == cause::server_error;
  if (r.moves.size() == attempts_max) r.moves.pop_back();
  r.moves.push_back({from, lost ? cause::connection_lost : f.why});
  r.tried |= 1u << pool_index;
  if (f.kind == outcome::in_doubt) r.doubted = true;
  if (f.kind == outcome::not_executed) r.progress = stage::queued;
}

failure settle(const request& r, failure f) {
  if (r.cancel_wanted() && f.kind == outcome::not_executed && f.why != cause::cancelled) {
    f.detail = "it had not run: " + std::exchange(f.message, "its caller cancelled it before it could be sent again");
    f.why = cause::cancelled;
    f.hint.clear();
  }
  if (r.mode() == access::read || !r.repeatable() || f.kind == outcome::in_doubt) return f;
  if (std::ranges::none_of(r.moves, [](const auto& m) { return leaves_doubt(m.why); })) return f;
  f.detail = "the last attempt ended as " + std::string{to_string(f.kind)}
             + ", but the answer of an earlier one was lost" + (f.detail.empty() ? "" : ": " + f.detail);
  f.kind = outcome::in_doubt;
  f.hint = "repeating it is declared harmless: send it again";
  return f;
}

} // namespace tripool
