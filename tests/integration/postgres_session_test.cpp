// The session over libpq against a real server: answers, parameters, transactions, messages out of turn, back-pressure.
// Most of these promises are about libpq's behaviour in pipeline mode, so that no fake could hold them.
#include "tests/integration/postgres_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

using namespace tripool;
using namespace tripool::test;
using kind = wire_result::kind;

TEST_CASE("a result holds columns, rows, NULLs and the command tag", "[postgres]") {
  open_session f;
  const auto x = f.session.run("select 1::int4 as a, null::text as b, ''::text as c union all select 2, 'x', 'y'");
  REQUIRE(x.what == kind::complete);
  REQUIRE(x.rows.size() == 2);
  REQUIRE(x.rows.columns() == 3);
  CHECK(x.rows.column_name(0) == "a");
  CHECK(x.rows.column_type(0) == 23);
  CHECK(x.rows.column_format(0) == result_format::text);
  CHECK(x.rows.raw(0, 0) == "1");
  CHECK_FALSE(x.rows.raw(0, 1).has_value());
  CHECK(x.rows.raw(0, 2) == "");
  CHECK(x.rows.raw(1, 1) == "x");
  CHECK(x.rows.command_tag() == "SELECT 2");
  CHECK(x.rows.memory_bytes() > 0);
  const auto binary = f.session.run("select 258::int4", {}, result_format::binary);
  REQUIRE(binary.rows.size() == 1);
  CHECK(binary.rows.column_format(0) == result_format::binary);
  CHECK(binary.rows.raw(0, 0) == std::string_view("\0\0\1\2", 4));
}

TEST_CASE("a result outlives its session", "[postgres]") {
  result kept;
  {
    open_session f;
    kept = f.session.run("select 'still here'").rows;
  }
  CHECK(kept.raw(0, 0) == "still here");
}

TEST_CASE("parameters of every kind make the round trip", "[postgres]") {
  open_session f;
  const auto back = [&](const char* type, parameter p) {
    return f.session.value("select $1::" + std::string{type}, {p});
  };
  CHECK(f.session.value("select $1::text is null", {nullptr}) == "t");
  CHECK(back("bool", true) == "t");
  CHECK(back("bool", false) == "f");
  CHECK(back("int4", 42) == "42");
  CHECK(back("int8", std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(back("numeric", 7) == "7");
  CHECK(back("text", "it's \"quoted\" \\ ä\n") == "it's \"quoted\" \\ ä\n");
  CHECK(back("text", "") == "");
  CHECK(back("bytea", bytes{std::byte{0}, std::byte{0xff}, std::byte{'\\'}}) == "\\x00ff5c");
  CHECK(f.session.value("select length($1::bytea)", {bytes{}}) == "0");
  for (const double x : {0.1, 1.0 / 3, -1e300, 5e-324, 1e22, -0.0}) {
    CHECK(std::strtod(back("float8", x).c_str(), nullptr) == x);
  }
  CHECK(back("float8", std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(back("float8", std::numeric_limits<double>::infinity()) == "Infinity");
  CHECK(back("float8", -std::numeric_limits<double>::infinity()) == "-Infinity");
  // Later parameters do not disturb earlier ones, also when the buffers grow.
  const std::vector<parameter> many{1, 2.5, "three", true, nullptr, 6};
  CHECK(f.session.value("select concat_ws(',', $1::int, $2::float8, $3::text, $4::bool, $5::text, $6::int)", many)
        == "1,2.5,three,t,6");
}

TEST_CASE("a prepared statement runs with parameters until it is closed", "[postgres]") {
  open_session f;
  auto& s = f.session;
  const std::string name = "a \"quoted\" name";
  REQUIRE(s->prepare(name, "select $1::int + 1, length($2::bytea)", {}));
  for (int i = 0; i < 3; ++i) {
    const std::vector<parameter> p{i, bytes(static_cast<std::size_t>(i), std::byte{0})};
    REQUIRE(s->execute_prepared(name, p, result_format::text));
  }
  REQUIRE(s->close_prepared(name));
  REQUIRE(s->sync());
  REQUIRE(s.await_results(6));
  const auto& r = s.heard.results;
  CHECK(r[0].what == kind::complete);
  CHECK(r[3].rows.raw(0, 0) == "3");
  CHECK(r[3].rows.raw(0, 1) == "2");
  CHECK(r[4].what == kind::complete);
  CHECK(r[5].what == kind::sync);
  REQUIRE(s->execute_prepared(name, std::vector<parameter>{1, bytes{}}, result_format::text));
  REQUIRE(s->sync());
  REQUIRE(s.await_results(8));
  CHECK(r[6].error.sqlstate == "26000");
}

TEST_CASE("an error leaves statements under their own Sync alone and keeps all fields", "[postgres]") {
  open_session f;
  auto& s = f.session;
  queue_with_sync(s, "select 1");
  queue_with_sync(s,
                  "do $$ begin raise exception using errcode = 'P0123', message = 'told', detail = 'why', hint = 'do'; "
                  "end $$");
  queue_with_sync(s, "select 3");
  REQUIRE(s.await_results(6));
  CHECK(kinds(s) == std::vector{kind::complete, kind::sync, kind::error, kind::sync, kind::complete, kind::sync});
  const auto& e = s.heard.results[2].error;
  CHECK(e.severity == "ERROR");
  CHECK(e.sqlstate == "P0123");
  CHECK(e.message == "told");
  CHECK(e.detail == "why");
  CHECK(e.hint == "do");
  CHECK(e.source_function == "exec_stmt_raise");
  CHECK(s.heard.losses.empty());
}

TEST_CASE("statements behind an error in the same Sync are aborted", "[postgres]") {
  open_session f;
  auto& s = f.session;
  queue(s, "select 1");
  queue(s, "select 1/0");
  queue(s, "select 3");
  REQUIRE(s->prepare("p", "select 4", {}));
  REQUIRE(s->sync());
  queue_with_sync(s, "select 5");
  REQUIRE(s.await_results(7));
  CHECK(
    kinds(s)
    == std::vector{kind::complete, kind::error, kind::aborted, kind::aborted, kind::sync, kind::complete, kind::sync});
  CHECK(s.heard.results[1].error.sqlstate == "22012");
  CHECK(s.heard.results[4].error.sqlstate.empty());
}

TEST_CASE("several commands in one text are refused by the server", "[postgres]") {
  open_session f;
  CHECK(f.session.run("select 1; select 2").error.sqlstate == "42601");
  CHECK(f.session.value("select 3") == "3");
}

TEST_CASE("an empty text completes without a tag", "[postgres]") {
  open_session f;
  const auto x = f.session.run("");
  CHECK(x.what == kind::complete);
  CHECK(x.rows.command_tag().empty());
}

TEST_CASE("a deferred constraint that fails at the Sync is told by the sync's one result", "[postgres]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table d(id int unique deferrable initially deferred)");
  s.run("insert into d values (1)");
  const auto first = s.heard.results.size();
  queue_with_sync(s, "insert into d values (1)");
  queue_with_sync(s, "select count(*) from d");
  REQUIRE(s.await_results(first + 4));
  const auto* r = &s.heard.results[first];
  CHECK(r[0].what == kind::complete);
  CHECK(r[0].rows.command_tag() == "INSERT 0 1");
  CHECK(r[1].what == kind::sync);
  CHECK(r[1].error.sqlstate == "23505");
  CHECK(r[1].transaction_status == 'I');
  CHECK(r[2].rows.raw(0, 0) == "1");
  CHECK(r[3].what == kind::sync);
  CHECK(r[3].error.sqlstate.empty());
}

TEST_CASE("framed statements in one Sync each tell their own commit", "[postgres]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table d(id int unique deferrable initially deferred)");
  s.run("insert into d values (1)");
  const auto first = s.heard.results.size();
  for (const char* sql : {"begin", "insert into d values (2)", "commit", "begin", "insert into d values (1)", "commit",
                          "begin", "insert into d values (3)", "commit"}) {
    queue(s, sql);
  }
  REQUIRE(s->sync());
  queue_with_sync(s, "select count(*) from d");
  REQUIRE(s.await_results(first + 12));
  const auto* r = &s.heard.results[first];
  CHECK(r[2].rows.command_tag() == "COMMIT");
  CHECK(r[4].what == kind::complete);
  CHECK(r[5].what == kind::error);
  CHECK(r[5].error.sqlstate == "23505");
  CHECK(r[6].what == kind::aborted);
  CHECK(r[8].what == kind::aborted);
  CHECK(r[9].what == kind::sync);
  CHECK(r[9].transaction_status == 'I');
  CHECK(r[10].rows.raw(0, 0) == "2");
}

TEST_CASE("every sync tells the transaction's status, whatever is queued behind it", "[postgres]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table d(id int unique deferrable initially deferred)");
  s.run("insert into d values (1)");
  const auto first = s.heard.results.size();
  REQUIRE(s->prepare("back", "rollback to savepoint a", {}));
  REQUIRE(s->sync());
  const std::vector<std::pair<std::string, char>> steps{
    {"begin", 'T'},
    {"savepoint a", 'T'},
    {"select 1/0", 'E'},
    {"", 'T'}, // the prepared one
    {"select 1", 'T'},
    {"commit and chain", 'T'},
    {"insert into d values (1)", 'T'},
    {"/* fails */ commit", 'I'},
    {"start transaction", 'T'},
    {"no command", 'E'},
    {"commit", 'I'},
    {"select 1/0", 'I'},
  };
  for (const auto& [sql, status] : steps) {
    if (sql.empty()) {
      REQUIRE(s->execute_prepared("back", {}, result_format::text));
    } else {
      queue(s, sql);
    }
    REQUIRE(s->sync());
  }
  REQUIRE(s.await_results(first + 2 + 2 * steps.size()));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << i << ": " << steps[i].first);
    CHECK(s.heard.results[first + 3 + 2 * i].transaction_status == steps[i].second);
  }
}

TEST_CASE("a notice comes before the result of its statement and after those before it", "[postgres]") {
  open_session f;
  auto& s = f.session;
  queue_with_sync(s, "select 1");
  queue_with_sync(s, "do $$ begin raise warning using errcode = '01000', message = 'careful'; end $$");
  REQUIRE(s.await_results(4));
  CHECK(s.heard.calls == std::vector<std::string>{"open", "result", "result", "notice", "result", "result"});
  const auto& n = s.heard.notices.front();
  CHECK(n.severity == "WARNING");
  CHECK(n.sqlstate == "01000");
  CHECK(n.message == "careful");
  CHECK(n.source_function == "exec_stmt_raise");
}

TEST_CASE("a notification arrives on an idle session", "[postgres]") {
  open_session f;
  f.session.run("listen \"a channel\"");
  open_session other{f.server};
  other.session.run("select pg_notify('a channel', 'payload')");
  REQUIRE(f.session.run_until([&] { return !f.session.heard.notifications.empty(); }));
  const auto& n = f.session.heard.notifications.front();
  CHECK(n.channel == "a channel");
  CHECK(n.payload == "payload");
  CHECK(n.backend_pid == other.session.heard.opened->backend_pid);
}

TEST_CASE("a reported parameter that changes is told", "[postgres]") {
  open_session f;
  f.session.run("set default_transaction_read_only = on");
  REQUIRE(f.session.heard.parameters.size() == 1);
  CHECK(f.session.heard.parameters.front()
        == std::pair<std::string, std::string>{"default_transaction_read_only", "on"});
  CHECK(f.session.run("create table t()").error.sqlstate == "25006");
}

TEST_CASE("all reported parameters are told while they are watched, before their sync's result", "[postgres]") {
  open_session f;
  auto& s = f.session;
  s.run("set timezone to 'Asia/Kolkata'");
  CHECK(s.heard.parameters.empty());
  s->watch_parameters(true);
  s.run("select 1");
  CHECK(s.heard.parameters.empty());
  s.heard.calls.clear();
  queue_with_sync(s, "set timezone to 'Asia/Tokyo'");
  queue_with_sync(s, "select set_config('application_name', 'another', false)");
  REQUIRE(s.run_until([&] { return s.heard.calls.size() == 6; }));
  CHECK(s.heard.calls == std::vector<std::string>{"result", "parameter", "result", "result", "parameter", "result"});
  CHECK(s.heard.parameters[0] == std::pair<std::string, std::string>{"TimeZone", "Asia/Tokyo"});
  CHECK(s.heard.parameters[1] == std::pair<std::string, std::string>{"application_name", "another"});
  s->watch_parameters(false);
  s.run("reset all");
  CHECK(s.heard.parameters.size() == 2);
}

TEST_CASE("a large result arrives whole and shows its growth while it arrives", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  for (const auto& target : {server.target(), server.unix_target()}) {
    driven_session s{factory, target, server.password()};
    REQUIRE(s.open());
    const auto x = s.run("select repeat('x', 1000) from generate_series(1, 40000)");
    REQUIRE(x.rows.size() == 40000);
    CHECK(x.rows.raw(39999, 0)->size() == 1000);
    CHECK(x.rows.memory_bytes() > 40'000'000);
    INFO(target.host << ": " << s.incoming_max);
    CHECK(s.incoming_max > 10'000'000);
    CHECK(s.incoming_max < 50'000'000);
    CHECK(s->incoming_bytes() == 0);
    CHECK(s.value("select 1") == "1");
  }
}

TEST_CASE("a flush that cannot write everything says so, and everything is answered all the same", "[postgres]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  for (const auto& target : {server.target(), server.unix_target()}) {
    driven_session s{factory, target, server.password()};
    REQUIRE(s.open());
    // The server answers with as much as it is sent: neither side could go on if the session did not read while
    // writing.
    const std::vector<parameter> big{std::string(1 << 20, 'x')};
    std::size_t n = 0;
    for (bool everything = true; everything && n < 500; ++n) { // Until the server is slower than we are.
      REQUIRE(s->execute("select $1::text", big, result_format::text));
      REQUIRE(s->sync());
      everything = s->flush(s.heard);
      CHECK(s->interest().write == !everything);
    }
    CHECK(n < 500);
    for (std::size_t i = 0; i < 10; ++i, ++n) {
      REQUIRE(s->execute("select $1::text", big, result_format::text));
      REQUIRE(s->sync());
    }
    REQUIRE(s.run_until([&] { return s.heard.results.size() == 2 * n; }, std::chrono::seconds{60}));
    CHECK(s->flush(s.heard));
    CHECK_FALSE(s->interest().write);
    CHECK(std::all_of(s.heard.results.begin(), s.heard.results.end(), [](const wire_result& x) {
      return x.what == kind::sync || (x.rows.size() == 1 && x.rows.raw(0, 0)->size() == (1 << 20));
    }));
  }
}

TEST_CASE("operations may be queued and flushed from inside the sink", "[postgres]") {
  open_session f;
  auto& s = f.session;
  int left = 50;
  s.heard.after_result = [&] {
    if (s.heard.results.back().what == kind::sync && --left > 0) {
      s->execute("select " + std::to_string(left), {}, result_format::text);
      s->sync();
      s->flush(s.heard);
    }
  };
  queue_with_sync(s, "select 0");
  REQUIRE(s.await_results(100));
  CHECK(s.heard.results[98].rows.raw(0, 0) == "1");
}

TEST_CASE("the most parameters that the protocol allows are sent", "[postgres]") {
  open_session f;
  std::string sql = "select $1::int";
  for (int i = 2; i <= 65535; ++i) {
    sql += i % 1000 == 0 ? ", array[$" : "";
    sql += i % 1000 == 0 ? std::to_string(i) + "::int" : ", $" + std::to_string(i) + "::int";
    sql += i % 1000 == 999 && i > 1000 ? "]" : "";
  }
  sql += "]";
  const auto x = f.session.run(sql, std::vector<parameter>(65535, parameter{7}));
  INFO(x.error.message);
  CHECK(x.what == kind::complete);
}
