// What the simple pool tries again on its one server, and what it answers.
#include "tripool/core/retry/simple_retry.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/recorder.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr time_point now{1h};

request_ptr a_request(tripool::access mode = access::write, bool repeatable = false) {
  statement s;
  s.text = "select 1";
  s.mode = mode;
  s.repeatable = repeatable;
  auto r = make_recorded(s, now, now + 10s).first;
  r->attempts = 1;
  return r;
}

failure of(outcome kind, cause why, std::string sqlstate = {}) {
  failure f;
  f.kind = kind;
  f.why = why;
  f.sqlstate = std::move(sqlstate);
  return f;
}

bool again(request& r, const failure& f) {
  return worth_the_same_server(r, f, 3, now);
}

void settle_it(request& r) {
  r.fail(of(outcome::not_executed, cause::shutting_down), now);
}

} // namespace

TEST_CASE("simple retry: what provably did not run because its session ended is tried again", "[retry][simple]") {
  const auto r = a_request();
  CHECK(again(*r, of(outcome::not_executed, cause::connection_lost)));
  CHECK(again(*r, of(outcome::not_executed, cause::victim)));
  CHECK(again(*r, of(outcome::not_executed, cause::server_error, "57P01")));
  settle_it(*r);
}

TEST_CASE("simple retry: what the server itself cannot do, and what the pool has no room for, is answered",
          "[retry][simple]") {
  const auto r = a_request(access::read, true);
  for (const auto* state : {"25006", "53300", "57P03", ""})
    CHECK_FALSE(again(*r, of(outcome::not_executed, cause::server_error, state)));
  for (const auto why : {cause::connection_failed, cause::no_server, cause::queue_full, cause::overload,
                         cause::shutting_down, cause::deadline, cause::cancelled})
    CHECK_FALSE(again(*r, of(outcome::not_executed, why)));
  settle_it(*r);
}

TEST_CASE("simple retry: a write whose answer was lost is never sent twice, a harmless one is", "[retry][simple]") {
  const auto lost = of(outcome::in_doubt, cause::connection_lost);
  const auto write = a_request();
  CHECK_FALSE(again(*write, lost));
  const auto read = a_request(access::read);
  CHECK(again(*read, lost));
  const auto harmless = a_request(access::write, true);
  CHECK(again(*harmless, lost));
  for (const auto& r : {write, read, harmless}) settle_it(*r);
}

TEST_CASE("simple retry: attempts are bounded, and name no pool of the resilient part", "[retry][simple]") {
  const auto r = a_request();
  const auto f = of(outcome::not_executed, cause::connection_lost);
  int n = 0;
  while (again(*r, f) && n < 100) {
    record_another_attempt(*r, "simple-pool", f);
    ++n;
  }
  CHECK(n <= 3);
  CHECK(n > 0);
  CHECK(r->tried == 0);
  settle_it(*r);
}
