// What goes with a statement and comes back with its result, on a real PostgreSQL: notices, names, trace contexts,
// lists of independent statements, and deadlines on the server.
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/memory.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/core/result/row.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct world {
  explicit world(std::function<void(options&)> adjust = {})
    : on(home, {.adjust = [&](options& o) {
           o.pools.resize(1);
           if (adjust) adjust(o);
         }}) {
    REQUIRE(on.wait_until_writable(10s));
  }
  std::string value(statement s) {
    s.format = result_format::text;
    const auto x = db.execute(std::move(s));
    REQUIRE(x);
    return std::string{x->raw(0, 0).value_or("")};
  }

  test_database home;
  running_instance on;
  blocking_client db{on.system(), on.delegate()};
};

const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string own_text = "select query from pg_stat_activity where pid = pg_backend_pid()";

} // namespace

TEST_CASE("notices come with the result of their statement", "[asking]") {
  world w;
  statement s;
  s.text = "do $$ begin raise notice 'first' using hint = 'read it'; raise warning 'second'; end $$";
  const auto x = w.db.execute(s);
  REQUIRE(x);
  REQUIRE(x->notices().size() == 2);
  CHECK(x->notices()[0].severity == "NOTICE");
  CHECK(x->notices()[0].message == "first");
  CHECK(x->notices()[0].hint == "read it");
  CHECK(x->notices()[1].severity == "WARNING");
  CHECK(x->notices()[1].sqlstate == "01000");
  s.text = "do $$ begin for i in 1..5000 loop raise notice 'line %', i; end loop; end $$";
  const auto many = w.db.execute(s);
  REQUIRE(many);
  REQUIRE(many->notices().size() == 101);
  CHECK(many->notices()[99].message == "line 100");
  CHECK(many->notices()[100].message == "4900 further notices were left out");
  batch b;
  for (const char* text :
       {"create table if not exists t (n int)", "create table if not exists t (n int)", "select 1"}) {
    b.statements.emplace_back();
    b.statements.back().text = text;
  }
  const auto all = w.db.execute(std::move(b));
  REQUIRE(all);
  CHECK((*all)[0].notices().empty());
  REQUIRE((*all)[1].notices().size() == 1);
  CHECK((*all)[1].notices()[0].sqlstate == "42P07");
  CHECK((*all)[2].notices().empty());
}

TEST_CASE("the trace context reaches the server where that is wanted, and only there", "[asking]") {
  for (const bool wanted : {true, false}) {
    world w{[&](options& o) { o.pools[0].trace_comments = wanted; }};
    statement s;
    s.text = own_text;
    s.traceparent = trace;
    const auto seen = w.value(s);
    CHECK(seen == (wanted ? "/*traceparent='" + trace + "'*/ " + own_text : own_text));
    s.traceparent = trace.substr(0, 54) + "*/; drop table t";
    const auto refused = w.db.execute(s);
    REQUIRE(!refused);
    CHECK(refused.error().sqlstate == "22023");
  }
}

TEST_CASE("a failure tells the name of its statement", "[asking]") {
  world w;
  statement s;
  s.text = "select 1 / 0";
  s.name = "divide";
  const auto x = w.db.execute(s);
  REQUIRE(!x);
  CHECK(x.error().name == "divide");
}

TEST_CASE("independent statements in one message have each their own end", "[asking]") {
  world w;
  w.home.sql("create table t (n int primary key)");
  statement_list list;
  for (const char* text :
       {"insert into t values (1)", "insert into t values (1)", "select 1 / 0", "insert into t values (2)"}) {
    list.statements.emplace_back();
    list.statements.back().text = text;
  }
  auto x = w.db.ask<list_reply>(w.on.delegate(), list);
  REQUIRE(x);
  REQUIRE(x->ends.size() == 4);
  CHECK(x->ends[0].has_value() != x->ends[1].has_value()); // They have no order.
  CHECK(!x->ends[2].has_value());
  CHECK(x->ends[2].error().sqlstate == "22012");
  CHECK(x->ends[3].has_value());
  CHECK(w.home.value("select count(*) from t") == "2");
}

TEST_CASE("the server knows the deadline, a longer one included", "[asking]") {
  world w{[](options& o) { o.requests.deadline = 10s; }};
  statement s;
  s.text = "show statement_timeout";
  CHECK(w.value(s) == "9950ms");
  s.text = "select setting::int from pg_settings where name = 'statement_timeout'";
  s.timeout = 60s;
  for (const auto mode : {access::read, access::write}) {
    s.mode = mode;
    const auto longer = std::stoi(w.value(s));
    CHECK(longer > 59'000);
    CHECK(longer <= 59'950);
  }
  s.timeout = 1s;
  CHECK(w.value(s) == "9950"); // It was raised for that transaction only.
  s.text = "vacuum";
  s.mode = access::write;
  s.timeout = 60s;
  REQUIRE(w.db.execute(s)); // Takes no block.
  s.text = "show statement_timeout";
  s.timeout = 1s;
  CHECK(w.value(s) == "9950ms");
  world off{[](options& o) { o.pools[0].server_statement_timeout = false; }};
  CHECK(off.value(s) == "0");
}

TEST_CASE("a statement that the server ends at the deadline is told as one that ran into it", "[asking]") {
  world w{[](options& o) { o.requests.deadline = 1s; }};
  w.home.sql("create table t (n int)");
  statement s;
  s.text = "insert into t select 1 from pg_sleep(10)";
  const auto begin = std::chrono::steady_clock::now();
  const auto x = w.db.execute(s);
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE(!x);
  CHECK(x.error().kind == outcome::rejected);
  CHECK(x.error().why == cause::deadline);
  CHECK(x.error().sqlstate == "57014");
  CHECK(took < 1s + lateness_max);
  CHECK(w.home.value("select count(*) from t") == "0");
}
