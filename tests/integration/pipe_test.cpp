// The executable's pipe as a black box: what is asked is answered, concurrently and completely, and it ends in order.
#include "tests/integration/pipe_fixture.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <set>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("reads, writes and transactions are answered with their rows and counts", "[pipe]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  auto x = p.write("create table items (id int primary key, name text, price numeric, tags json)");
  INFO(x.dump());
  CHECK(x["ok"] == true);
  x = p.write("insert into items values ($1, $2, $3, $4), (2, null, null, null)",
              {1, "caf\u00e9", "12.50", "{\"a\": [1]}"});
  CHECK(x["ok"] == true);
  CHECK(x["count"] == 2);
  // On the primary, where it is to be seen at once.
  x = p.ask({{"id", "a text"}, {"kind", "read"}, {"sql", "select * from items order by id"}, {"pool", "primary"}});
  CHECK(x == json::parse(R"({"id": "a text", "ok": true, "count": 2,
                            "rows": [[1, "café", "12.50", {"a": [1]}], [2, null, null, null]]})"));

  x = p.ask({{"id", 1},
             {"kind", "tx"},
             {"tx",
              {{{"sql", "insert into items (id, name) values ($1, $2)"}, {"params", {3, "three"}}},
               {{"sql", "update items set name = 'two' where id = 2"}},
               {{"sql", "select count(*) from items"}}}}});
  INFO(x.dump());
  CHECK(x["ok"] == true);
  CHECK(x["rows"] == json::parse("[[3]]"));
  REQUIRE(x["results"].size() == 3);
  CHECK(x["results"][1]["count"] == 1);

  // All of a transaction or none of it.
  x = p.ask({{"id", 2},
             {"kind", "tx"},
             {"tx", {{{"sql", "insert into items (id) values (4)"}}, {{"sql", "insert into items (id) values (1)"}}}}});
  CHECK(x["ok"] == false);
  CHECK(x["class"] == "rejected");
  CHECK(x["sqlstate"] == "23505");
  CHECK(home.value("select count(*) from items") == "3");
  p.require_orderly_end();
}

TEST_CASE("values of every kind come back as they went in", "[pipe]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  auto x = p.read("select $1::bool, $2::int8, $3::float8, $4::text, $5::bytea, $6::text, $7::numeric, $8::int[]",
                  {true, std::int64_t{9007199254740993}, 0.1, "line\nbreak \"quoted\" \u00e4 \U0001F600", "\\x00ff",
                   nullptr, "123456789012345678901234567890.5", "{1,2,3}"});
  INFO(x.dump());
  REQUIRE(x["ok"] == true);
  const auto& row = x["rows"][0];
  CHECK(row[0] == true);
  CHECK(row[1] == std::int64_t{9007199254740993});
  CHECK(row[2] == 0.1);
  CHECK(row[3] == "line\nbreak \"quoted\" \u00e4 \U0001F600");
  CHECK(row[4] == "\\x00ff");
  CHECK(row[5] == nullptr);
  CHECK(row[6] == "123456789012345678901234567890.5");
  CHECK(row[7] == "{1,2,3}");
  p.require_orderly_end();
}

TEST_CASE("requests run at the same time and are answered as they end", "[pipe]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  p.send({{"id", "slow"}, {"kind", "read"}, {"sql", "select 'slow' from pg_sleep(2)"}, {"pool", "primary"}});
  // What was sent to the same connection at the same moment may stand behind it; what comes later does not.
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (home.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query_start < "
                    "clock_timestamp() - interval '0.1 s'")
         != "1")
    REQUIRE(std::chrono::steady_clock::now() < until);
  for (int i = 0; i < 20; ++i) p.send({{"id", i}, {"kind", "read"}, {"sql", "select $1::int"}, {"params", {i}}});
  std::set<int> seen;
  for (int i = 0; i < 20; ++i) {
    auto x = p.next(1500ms);
    REQUIRE(x["id"] != "slow");
    CHECK(x["rows"][0][0] == x["id"]);
    seen.insert(x["id"].get<int>());
  }
  CHECK(seen.size() == 20);
  CHECK(p.answer("slow")["rows"] == json::parse(R"([["slow"]])"));
  p.require_orderly_end();
}

TEST_CASE("at the end of the input what is pending is finished", "[pipe]") {
  test_database home;
  home.sql("create table done (n int)");
  pipe_session p{home};
  p.await_ready();
  for (int i = 0; i < 5; ++i)
    p.send({{"id", i}, {"kind", "write"}, {"sql", "insert into done select $1 from pg_sleep(0.3)"}, {"params", {i}}});
  // The last line has no end.
  REQUIRE(p.program.send(R"j({"id": 5, "kind": "write", "sql": "insert into done values (5)"})j"));
  p.program.close_input();
  for (int i = 0; i < 6; ++i) CHECK(p.answer(i)["ok"] == true);
  CHECK(p.program.wait_for_end() == 0);
  CHECK_FALSE(p.program.next_line());
  CHECK(home.value("select count(*) from done") == "6");
}

TEST_CASE("ten thousand requests at once are all answered", "[pipe]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  constexpr int count = 10'000;
  std::string all;
  for (int i = 0; i < count; ++i)
    all += R"({"id": )" + std::to_string(i) + R"(, "kind": "read", "sql": "select $1::int", "params": [)"
           + std::to_string(i) + "]}\n";
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(p.program.send(all));
  p.program.close_input();
  std::vector<int> answers(count, 0);
  std::size_t done = 0;
  std::size_t refused = 0;
  for (int i = 0; i < count; ++i) {
    auto x = p.next();
    ++answers.at(x["id"].get<std::size_t>());
    if (x["ok"] == true) {
      ++done;
      if (x["rows"][0][0] != x["id"]) FAIL("a wrong answer: " << x.dump());
    } else {
      ++refused;
      if (x["class"] != "not_executed") FAIL(x.dump());
    }
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  WARN(done << " done and " << refused << " shed in " << std::chrono::duration<double>(took).count() << " s");
  CHECK(std::all_of(answers.begin(), answers.end(), [](int n) { return n == 1; }));
  CHECK(done > count * 9 / 10); // It reads on as answers come; only a very busy machine sheds some.
  CHECK(p.program.wait_for_end() == 0);
}

TEST_CASE("SIGTERM ends it in order: what is pending is answered", "[pipe]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  p.send({{"id", 1}, {"kind", "read"}, {"sql", "select 'finished' from pg_sleep(0.5)"}});
  // The signal must not come before the request has been read.
  p.require_well();
  p.program.signal(SIGTERM);
  CHECK(p.answer(1)["rows"] == json::parse(R"([["finished"]])"));
  CHECK(p.program.wait_for_end() == 0);
}

TEST_CASE("SIGTERM ends it within the drain time, whatever is pending", "[pipe]") {
  test_database home;
  pipe_session p{pipe_configuration::text(three_pools(home), "drain-timeout = 1s")};
  p.await_ready();
  p.send({{"id", 1}, {"kind", "read"}, {"sql", "select pg_sleep(600)"}, {"deadline_ms", 900'000}});
  p.require_well();
  p.program.signal(SIGTERM);
  auto x = p.answer(1, 10s);
  INFO(x.dump());
  CHECK(x["ok"] == false);
  CHECK(p.program.wait_for_end(10s) == 0);
}

TEST_CASE("it ends when nobody reads its output any more", "[pipe]") {
  test_database home;
  pipe_session p{home};
  p.await_ready();
  SECTION("with answers under way") {
    const json request{{"id", 1}, {"kind", "read"}, {"sql", "select repeat('x', 10000)"}};
    std::string all;
    for (int i = 0; i < 500; ++i) all += request.dump() + "\n";
    p.send(request);
    p.program.close_output();
    p.program.send(all, 10s); // It may end before it has read them all.
  }
  SECTION("while nothing is asked") {
    p.program.close_output();
  }
  CHECK(p.program.wait_for_end() == 1);
}
