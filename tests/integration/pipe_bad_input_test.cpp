// What comes into the pipe wrong: each line gets one clear answer, and the process goes on as if nothing had happened.
#include "tests/integration/pipe_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool contains(const json& text, const std::string& what) {
  return text.is_string() && text.get<std::string>().find(what) != std::string::npos;
}

/// A request that must be refused.
struct wrong {
  json request;
  std::string sqlstate; ///< Empty: any.
  std::string says;     ///< Stands in the message.
};

void require_rejected(pipe_session& p, wrong x) {
  x.request["id"] = "wrong";
  auto answer = p.ask(x.request);
  INFO(x.request.dump() << " -> " << answer.dump());
  CHECK(answer["ok"] == false);
  CHECK(answer["class"] == "rejected");
  if (!x.sqlstate.empty()) CHECK(answer["sqlstate"] == x.sqlstate);
  CHECK(contains(answer["message"], x.says));
}

json read_of(const std::string& sql, json parameters = json::array()) {
  return {{"kind", "read"}, {"sql", sql}, {"params", std::move(parameters)}};
}

json write_of(const std::string& sql, json parameters = json::array()) {
  return {{"kind", "write"}, {"sql", sql}, {"params", std::move(parameters)}};
}

json transaction_of(const std::vector<std::string>& texts) {
  json all = json::array();
  for (const auto& x : texts) all.push_back({{"sql", x}});
  return {{"kind", "tx"}, {"tx", all}};
}

} // namespace

TEST_CASE("a malformed line is answered with its number and its id, and the next one is read", "[pipe][bad-input]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  struct line {
    std::string text;
    json id;
    std::string says;
  };
  const std::vector<line> lines{
    {"", nullptr, "line 1"},
    {"   ", nullptr, "line 2"},
    {"nonsense", nullptr, "line 3"},
    {"{", nullptr, "line 4"},
    {"[]", nullptr, "line 5"},
    {"42", nullptr, "line 6"},
    {R"j({"id": 7})j", 7, "kind"},
    {R"j({"id": 8, "kind": "read"})j", 8, "sql"},
    {R"j({"id": 9, "kind": "delete", "sql": "select 1"})j", 9, "kind"},
    {R"j({"id": 10, "kind": "read", "sql": 1})j", 10, "sql"},
    {R"j({"id": 11, "kind": "read", "sql": "select 1", "parameters": []})j", 11, "parameters"},
    {R"j({"id": 12, "kind": "read", "sql": "select 1", "deadline_ms": 0})j", 12, "deadline_ms"},
    {R"j({"id": 13, "kind": "read", "sql": "select 1", "deadline_ms": -5})j", 13, "deadline_ms"},
    {R"j({"id": 14, "kind": "read", "sql": "select 1", "deadline_ms": "soon"})j", 14, "deadline_ms"},
    {R"j({"id": 15, "kind": "read", "sql": "select $1::text", "params": [[1]]})j", 15, "$1"},
    {R"j({"id": 16, "kind": "read", "sql": "select $1::text", "params": {"a": 1}})j", 16, "params"},
    {R"j({"id": 17, "kind": "tx", "tx": []})j", 17, "tx"},
    {R"j({"id": 18, "kind": "tx", "tx": [1]})j", 18, "statement 1"},
    {R"j({"id": 19, "kind": "tx", "sql": "select 1"})j", 19, "sql"},
    {R"j({"kind": "read", "sql": "select 1"})j", nullptr, "id"},
    {R"j({"id": [1], "kind": "read", "sql": "select 1"})j", nullptr, "id"},
    {R"j({"id": 22, "kind": "read", "sql": "select 1", "sql": "select 2"})j", 22, "sql"},
    {R"j({"id": 23, "kind": "read", "sql": "select 1"} {"id": 24})j", 23, "line 23"},
    {"{\"id\": 24, \"kind\": \"read\", \"sql\": \"select '\\u0000'\"}", 24, "line 24"},
    {"{\"id\": 25, \"kind\": \"read\", \"sql\": \"select '\xff\xfe'\"}", 25, "line 25"},
    {std::string{"{\"id\": 26, \"kind\": \"read\", \"sql\": \"select '\0'\"}", 47}, 26, "line 26"},
    {std::string(100'000, '['), nullptr, "line 27"},
    {R"j({"id": 28, "kind": "read", "sql": "select 1", "pool": 3})j", 28, "pool"},
    {R"j({"id": 29, "kind": "write", "sql": "select 1", "repeatable": "yes"})j", 29, "repeatable"},
  };
  for (const auto& x : lines) p.send_line(x.text);
  for (const auto& x : lines) {
    auto answer = p.next();
    INFO(x.text.substr(0, 100) << " -> " << answer.dump());
    CHECK(answer["ok"] == false);
    CHECK(answer["class"] == "rejected");
    CHECK(answer["id"] == x.id);
    CHECK(contains(answer["message"], x.says));
  }
  p.require_well();
  p.require_orderly_end();
}

TEST_CASE("a line without an end, or longer than can be read, is answered too", "[pipe][bad-input]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  REQUIRE(p.program.send(R"j({"id": 1, "kind": "read", "sql": ")j"));
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 65; ++i) REQUIRE(p.program.send(piece));
  REQUIRE(p.program.send("\"}\n"));
  auto answer = p.next();
  INFO(answer.dump());
  CHECK(answer["ok"] == false);
  CHECK(contains(answer["message"], "longer than 64 MiB"));
  p.require_well();
  REQUIRE(p.program.send(R"j({"id": "cut", "kind": "read", "sql": "sel)j"));
  p.program.close_input();
  CHECK(p.next()["class"] == "rejected");
  CHECK(p.program.wait_for_end() == 0);
}

TEST_CASE("statements and parameters that cannot be served are rejected with their reason", "[pipe][bad-input]") {
  test_database home;
  home.sql("create table t (id int primary key, n int not null check (n > 0))");
  for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
  pipe_session p{home};
  p.await_ready();
  const std::vector<wrong> all{
    // By Tripool's own check, before anything is sent.
    {read_of(""), "42601", "no statement"},
    {read_of("  -- nothing\n ;"), "42601", "no statement"},
    {read_of("select 1; select 2"), "42601", "several"},
    {read_of("select $1::int"), "08P01", "1 parameter"},
    {read_of("select $2::int", {1}), "08P01", "2 parameters"},
    {read_of("select 1", {1, 2}), "08P01", "2 were given"},
    {read_of("insert into t values (1, 1)"), "25006", ""},
    {write_of("begin"), "0A000", "BEGIN"},
    {write_of("set work_mem = '1MB'"), "0A000", "SET"},
    {write_of("copy t from stdin"), "0A000", "COPY"},
    {transaction_of({"select 1", "commit"}), "0A000", "COMMIT"},
    {transaction_of({"select 1", "select 2; select 3"}), "42601", "several"},
    // By the server.
    {read_of("selec 1"), "42601", "syntax error"},
    {read_of("select 'unterminated"), "42601", "unterminated"},
    {read_of("select * from nowhere"), "42P01", "nowhere"},
    {read_of("select nothing"), "42703", "nothing"},
    {read_of("select 1 / $1::int", {0}), "22012", "division by zero"},
    {read_of("select $1::int", {"abc"}), "22P02", "invalid input syntax"},
    {read_of("select $1::int", {1.5}), "22P02", ""},
    {read_of("select $1::int", {3'000'000'000}), "22003", "out of range"},
    {read_of("select $1::bool", {7.25}), "22P02", ""},
    {write_of("insert into t values (1, null)"), "23502", "null"},
    {write_of("insert into t values (1, $1)", {-1}), "23514", "check constraint"},
    {transaction_of({"insert into t values (1, 1)", "insert into t values (1, 1)"}), "23505", "duplicate"},
    {write_of("do $$ begin raise exception 'on purpose'; end $$"), "P0001", "on purpose"},
  };
  for (const auto& x : all) require_rejected(p, x);
  auto named = read_of("select 1");
  named["pool"] = "nonesuch";
  require_rejected(p, {named, "", "no pool named \"nonesuch\""});
  CHECK(home.value("select count(*) from t") == "0");
  p.require_well();
  p.require_orderly_end();
}

TEST_CASE("errors disturb nobody else: neighbours of wrong statements are served", "[pipe][bad-input]") {
  test_database home;
  home.sql("create table t (id int primary key)");
  pipe_session p{home};
  p.await_ready();
  // Right and wrong ones in turn, all at once, so that they share connections and round trips.
  constexpr int count = 150;
  for (int i = 0; i < count; ++i) {
    auto x = i % 3 == 0   ? write_of("insert into t values ($1)", {i})
             : i % 3 == 1 ? read_of("select $1::int", {i})
                          : (i % 2 == 0 ? read_of("select 1 / 0") : write_of("insert into t values (1 / 0)"));
    x["id"] = i;
    p.send(x);
  }
  for (int i = 0; i < count; ++i) {
    auto x = p.answer(i);
    INFO(x.dump());
    CHECK(x["ok"] == (i % 3 != 2));
    if (i % 3 == 2) CHECK(x["sqlstate"] == "22012");
    if (i % 3 == 1) CHECK(x["rows"][0][0] == i);
  }
  CHECK(home.value("select count(*) from t") == std::to_string(count / 3));
  p.require_orderly_end();
}

TEST_CASE("a result that is larger than its bound is refused, and the pool serves on", "[pipe][bad-input]") {
  test_database home;
  pipe_session p{home, "result-bytes-max = 1048576\nconnections-min = 1\nconnections-max = 2\n"};
  p.await_ready();
  const std::vector<std::string> large{"select repeat('x', 1000) from generate_series(1, 100000)",
                                       "select repeat('x', 50000000)"};
  for (const auto& sql : large) {
    auto x = p.read(sql);
    INFO(x.dump().substr(0, 1000));
    CHECK(x["ok"] == false);
    CHECK(x["cause"] == "result_too_large");
    p.require_well();
  }
  CHECK(p.read("select repeat('x', 500000)")["ok"] == true);
  p.require_orderly_end();
}

TEST_CASE("a statement that outlasts its deadline is answered in time and cancelled, and its connection serves on",
          "[pipe][bad-input]") {
  test_database home;
  pipe_session p{home, "connections-min = 1\nconnections-max = 1\n"};
  p.await_ready();
  for (const auto* kind : {"read", "write"}) {
    const auto begin = std::chrono::steady_clock::now();
    auto x =
      p.ask({{"id", kind}, {"kind", kind}, {"sql", "select pg_sleep(60)"}, {"deadline_ms", 400}, {"pool", "primary"}});
    const auto took = std::chrono::steady_clock::now() - begin;
    INFO(x.dump());
    CHECK(x["ok"] == false);
    CHECK(x["cause"] == "deadline");
    CHECK(took < 400ms + lateness_max);
    // There is only one connection to serve this.
    auto next = p.ask({{"id", 1}, {"kind", "read"}, {"sql", "select 1"}, {"pool", "primary"}}, 5s);
    CHECK(next["rows"] == json::parse("[[1]]"));
  }
  CHECK(home.value("select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'")
        == "0");
  p.require_orderly_end();
}
