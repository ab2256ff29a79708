// Promises of the retry policy: at most once unless proved or harmless, at most so often, never without time.
#include "tripool/core/retry/retry_policy.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/recorder.hpp"

#include <memory>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr time_point now{1h};

request_ptr a_request(tripool::access mode, bool repeatable = false, duration time_left = 10s) {
  statement s;
  s.text = "select 1";
  s.mode = mode;
  s.repeatable = repeatable;
  auto r = make_recorded(s, now, now + time_left).first;
  r->attempts = 1;
  r->progress = stage::sent;
  return r;
}

failure of(outcome kind, cause why) {
  failure f;
  f.kind = kind;
  f.why = why;
  return f;
}

const auto not_run = of(outcome::not_executed, cause::connection_failed);
const auto lost = of(outcome::in_doubt, cause::connection_lost);
const auto refused = of(outcome::rejected, cause::server_error);

constexpr cause all_causes[] = {
  cause::none,      cause::server_error, cause::invalid_request,   cause::result_too_large,
  cause::deadline,  cause::queue_full,   cause::queue_timeout,     cause::overload,
  cause::no_server, cause::unknown_pool, cause::connection_failed, cause::connection_lost,
  cause::cancelled, cause::victim,       cause::actor_down,        cause::shutting_down,
  cause::protocol,  cause::held_up};

} // namespace

TEST_CASE("retry: a write whose answer was lost is never sent again", "[retry]") {
  const auto r = a_request(access::write);
  for (const auto why : all_causes) CHECK(next_step(*r, of(outcome::in_doubt, why), 3, now) == retry_step::answer);
}

TEST_CASE("retry: a read, or a write declared harmless, is repeated when its answer was lost", "[retry]") {
  CHECK(next_step(*a_request(access::read), lost, 3, now) == retry_step::move_elsewhere);
  CHECK(next_step(*a_request(access::write, true), lost, 3, now) == retry_step::move_elsewhere);
}

TEST_CASE("retry: what provably did not run goes elsewhere", "[retry]") {
  const auto r = a_request(access::write);
  for (const auto why : {cause::connection_failed, cause::connection_lost, cause::server_error, cause::no_server,
                         cause::victim, cause::actor_down}) {
    CHECK(next_step(*r, of(outcome::not_executed, why), 3, now) == retry_step::move_elsewhere);
  }
}

TEST_CASE("retry: what a queue turned away may spill over, but does not wait", "[retry]") {
  const auto r = a_request(access::write);
  CHECK(next_step(*r, of(outcome::not_executed, cause::queue_full), 3, now) == retry_step::spill_over);
  CHECK(next_step(*r, of(outcome::not_executed, cause::overload), 3, now) == retry_step::spill_over);
  CHECK(next_step(*r, of(outcome::not_executed, cause::held_up), 3, now) == retry_step::spill_over);
}

TEST_CASE("retry: a rejection is the answer, whatever its cause and however harmless the request", "[retry]") {
  for (const auto mode : {access::read, access::write})
    for (const auto why : all_causes)
      CHECK(next_step(*a_request(mode, true), of(outcome::rejected, why), 3, now) == retry_step::answer);
}

TEST_CASE("retry: the caller's own limits and wishes are answered", "[retry]") {
  const auto r = a_request(access::read);
  for (const auto why : {cause::deadline, cause::cancelled, cause::invalid_request, cause::unknown_pool,
                         cause::queue_timeout, cause::shutting_down, cause::result_too_large}) {
    CHECK(next_step(*r, of(outcome::not_executed, why), 3, now) == retry_step::answer);
  }
}

TEST_CASE("retry: attempts, moves and rescues are bounded", "[retry]") {
  const auto r = a_request(access::read);
  for (std::uint32_t allowed = 1; allowed <= 3; ++allowed) {
    r->attempts = allowed - 1;
    CHECK(next_step(*r, not_run, allowed, now) == retry_step::move_elsewhere);
    r->attempts = allowed;
    CHECK(next_step(*r, not_run, allowed, now) == retry_step::answer);
  }
  r->attempts = 0; // Never sent: then the moves count.
  int moves = 0;
  while (next_step(*r, not_run, 3, now) != retry_step::answer && moves < 100) {
    record_move(*r, "pool", 0, not_run);
    ++moves;
  }
  CHECK(moves == 3);
  const auto rescued = a_request(access::read);
  rescued->rescues = 4;
  CHECK(next_step(*rescued, of(outcome::not_executed, cause::actor_down), 3, now) == retry_step::answer);
}

TEST_CASE("retry: nothing moves without time to be served", "[retry]") {
  CHECK(next_step(*a_request(access::read, false, 2ms), not_run, 3, now) == retry_step::answer);
  CHECK(next_step(*a_request(access::read, false, 3ms), not_run, 3, now) == retry_step::move_elsewhere);
  CHECK(next_step(*a_request(access::read, false, -1s), not_run, 3, now) == retry_step::answer);
}

TEST_CASE("retry: a move is written into the history", "[retry]") {
  const auto r = a_request(access::write);
  record_move(*r, "backup", 1, not_run);
  CHECK(r->tried == 0b10);
  CHECK(r->moves.size() == 1);
  CHECK(r->moves[0].from == "backup");
  CHECK(r->moves[0].why == cause::connection_failed);
  CHECK(r->progress == stage::queued);
}

TEST_CASE("retry: a lost answer leaves the request as sent", "[retry]") {
  const auto r = a_request(access::read);
  record_move(*r, "backup", 1, lost);
  CHECK(r->progress == stage::sent);
}

TEST_CASE("retry: a harmless write whose answer was lost once is never called not executed afterwards", "[retry]") {
  for (const auto why : {cause::connection_lost, cause::actor_down, cause::server_error, cause::protocol}) {
    const auto r = a_request(access::write, true);
    record_move(*r, "primary", 0, of(outcome::in_doubt, why));
    CHECK(settle(*r, not_run).kind == outcome::in_doubt);
    CHECK(settle(*r, refused).kind == outcome::in_doubt);
  }
}

TEST_CASE("retry: a proof stays a proof when nothing was lost before", "[retry]") {
  const auto harmless = a_request(access::write, true);
  record_move(*harmless, "primary", 0, of(outcome::not_executed, cause::server_error));
  CHECK(settle(*harmless, not_run).kind == outcome::not_executed);
  const auto read = a_request(access::read);
  record_move(*read, "primary", 0, lost);
  CHECK(settle(*read, refused).kind == outcome::rejected);
  const auto plain = a_request(access::write);
  record_move(*plain, "primary", 0, of(outcome::not_executed, cause::connection_lost));
  CHECK(settle(*plain, not_run).kind == outcome::not_executed);
}
