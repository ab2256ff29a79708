// The deadline on the server: what the session begins with, who brings a longer one along, and whose work a 57014 is.
#include "tripool/core/pipeline/server_timeout.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

pool_options with_timeout(duration x) {
  auto limits = pipeline_bench::default_limits();
  limits.target.statement_timeout = x;
  return limits;
}

} // namespace

TEST_CASE("the server's timeout is slightly below the deadline", "[timeout]") {
  CHECK(server_timeout(30s) == 29'950ms);
  CHECK(server_timeout(100ms) == 90ms);
  CHECK(server_timeout(1ms) == 1ms);
  CHECK(server_timeout(-5s) == 1ms);
}

TEST_CASE("sessions begin with the default deadline's timeout unless something says otherwise", "[timeout]") {
  auto o = default_options();
  o.requests.deadline = 10s;
  o.pools[1].server_statement_timeout = false;
  o.pools[2].prepared_statements = false;
  fill_session_timeouts(o);
  CHECK(o.pools[0].target.statement_timeout == 9'950ms);
  CHECK(o.pools[1].target.statement_timeout == 0s);
  CHECK(o.pools[2].target.statement_timeout == 0s);
  o.pools[0].target.options.emplace_back("options", "-c statement_timeout=5s");
  fill_session_timeouts(o);
  CHECK(o.pools[0].target.statement_timeout == 0s);
}

TEST_CASE("a request with more time than the session allows brings its own limit along", "[timeout]") {
  pipeline_bench b{with_timeout(9'950ms)};
  b.deadline = 60s;
  const auto a = b.write("insert 1 a"), r = b.read("select 1");
  b.drain();
  CHECK(a->is_done());
  CHECK(r->is_done());
  CHECK(b.db.ledger().executed("SET LOCAL statement_timeout = 59950") == 2);
  b.deadline = 10s;
  const auto c = b.write("insert 2 a"), d = b.read("select 1");
  b.drain();
  CHECK(c->is_done());
  CHECK(d->is_done());
  CHECK(b.db.ledger().executed("SET LOCAL statement_timeout = 59950") == 2); // No more of them.
}

TEST_CASE("a single read that brings its own limit along does not find itself in a READ ONLY block", "[timeout]") {
  pipeline_bench b{with_timeout(950ms)};
  b.deadline = 2s;
  const auto a = b.read("select put 1 a"); // Refused in a READ ONLY block, and sent again alone.
  b.drain();
  REQUIRE(a->is_done());
  CHECK(b.machine.resent() == 0);
  CHECK(b.db.ledger().committed("select put 1 a") == 1);
}

TEST_CASE("one that takes no block gets its limit in the session, which has its own again behind it", "[timeout]") {
  pipeline_bench b{with_timeout(9'950ms)};
  b.deadline = 60s;
  const auto a = b.write("vacuum");
  b.drain();
  CHECK(a->is_done());
  std::vector<std::string> ran;
  for (const auto& x : b.db.ledger().entries()) ran.push_back(x.text);
  CHECK(ran == std::vector<std::string>{"SET statement_timeout = 59950", "vacuum", "SET statement_timeout = 9950"});
}

TEST_CASE("a session whose own limit could not be restored restores it before it goes on", "[timeout]") {
  pipeline_bench b{with_timeout(9'950ms)};
  b.deadline = 60s;
  b.db.script().add({"SET statement_timeout = 9950", fault_point::before, fault_kind::error, "57014"});
  const auto a = b.write("vacuum");
  b.drain();
  CHECK(a->is_done());
  CHECK(b.db.ledger().committed("SET statement_timeout = 9950") == 1);
}

TEST_CASE("a 57014 at the server's limit counts as the deadline, a sooner one does not", "[timeout]") {
  pipeline_bench b{with_timeout(9'950ms)};
  b.deadline = 10s;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "57014"});
  const auto a = b.write("insert 1 a");
  b.drain();
  const bool late = GENERATE(true, false);
  b.pass(late ? 9'950ms : 5s);
  b.db.release_delays();
  b.drain();
  REQUIRE(a->is(outcome::rejected));
  CHECK(a->failed->why == (late ? cause::deadline : cause::server_error));
  CHECK(a->failed->sqlstate == "57014");
  CHECK(b.cancels_wanted == 0);
}
