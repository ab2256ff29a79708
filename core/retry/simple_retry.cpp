// A narrower retry_policy.
#include "tripool/core/retry/simple_retry.hpp"

#include "tripool/core/retry/retry_policy.hpp"

#include <string_view>

namespace tripool {

namespace {

/// The session broke, or was ended by the server, which may take another at once.
bool of_the_session(const failure& f) noexcept {
  switch (f.why) {
    case cause::connection_lost:
    case cause::victim:
    case cause::actor_down: return true;
    case cause::server_error: return f.sqlstate == "57P01" || f.sqlstate == "57P02" || f.sqlstate.starts_with("08");
    default: return false;
  }
}

} // namespace

bool worth_the_same_server(const request& r, const failure& f, std::uint32_t attempts_allowed,
                           time_point now) noexcept {
  return of_the_session(f) && next_step(r, f, attempts_allowed, now) == retry_step::move_elsewhere;
}

void record_another_attempt(request& r, std::string_view from, const failure& f) noexcept {
  const auto tried = r.tried; // It names pools of the resilient part, of which this is none.
  record_move(r, from, 0, f);
  r.tried = tried;
}

} // namespace tripool
