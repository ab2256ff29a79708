// The stream's pace: one chunk ahead, back-pressure, its ends, and what is refused.
#include "tests/support/catch.hpp"
#include "tripool/core/lease/stream_machine.hpp"
#include "tripool/core/statement/stream_text.hpp"

#include <memory>
#include <string>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

result rows(std::size_t count, std::size_t width = 10) {
  std::vector<std::vector<owned_result::cell>> all(count, {owned_result::cell{std::string(width, 'x')}});
  return result{std::make_shared<owned_result>("FETCH", std::vector<owned_result::column>{{"c"}}, std::move(all))};
}

struct world {
  time_point now{};
  stream_machine m{true, now};
};

} // namespace

TEST_CASE("a stream reads one chunk ahead and no further", "[stream]") {
  world w;
  w.m.asked(1, 50, w.now);
  auto e = w.m.take_effects();
  CHECK(e.fetch == 50u);
  CHECK(e.answers.empty());
  w.m.fetched(rows(50), w.now);
  e = w.m.take_effects();
  REQUIRE(e.answers.size() == 1);
  CHECK(e.answers[0].ticket == 1);
  CHECK(e.answers[0].rows.size() == 50);
  CHECK_FALSE(e.answers[0].last);
  CHECK(e.fetch == 50u); // the one ahead
  w.m.fetched(rows(50), w.now);
  e = w.m.take_effects();
  CHECK_FALSE(e.fetch); // nobody asks
  w.m.asked(2, 0, w.now);
  e = w.m.take_effects();
  CHECK(e.answers.size() == 1);
  CHECK(e.fetch == 50u);
}

TEST_CASE("the last chunk is given out when the transaction is committed", "[stream]") {
  world w;
  w.m.asked(1, 50, w.now);
  w.m.take_effects();
  w.m.fetched(rows(7), w.now);
  auto e = w.m.take_effects();
  CHECK(e.commit);
  CHECK(e.answers.empty());
  SECTION("committed") {
    w.m.committed();
    e = w.m.take_effects();
    REQUIRE(e.answers.size() == 1);
    CHECK(e.answers[0].last);
    CHECK(e.answers[0].rows.size() == 7);
    w.m.asked(2, 0, w.now);
    e = w.m.take_effects();
    REQUIRE(e.answers[0].failed);
    CHECK(e.answers[0].failed->sqlstate == "25000");
    CHECK(e.answers[0].failed->message.find("read to its end") != std::string::npos);
  }
  SECTION("not committed") {
    failure f;
    f.sqlstate = "40001";
    w.m.failed(f);
    e = w.m.take_effects();
    REQUIRE(e.answers.size() == 1);
    CHECK(e.answers[0].failed->sqlstate == "40001");
  }
}

TEST_CASE("a stream that may have changed something is committed only when its last chunk is asked for", "[stream]") {
  stream_machine m{false, {}};
  m.asked(1, 50, {});
  m.take_effects();
  m.fetched(rows(50), {});
  m.take_effects();
  m.fetched(rows(0), {}); // read ahead
  CHECK_FALSE(m.take_effects().commit);
  m.asked(2, 0, {});
  auto e = m.take_effects();
  CHECK(e.commit);
  CHECK(e.answers.empty());
  m.committed();
  CHECK(m.take_effects().answers.at(0).last);
}

TEST_CASE("chunks are cut by what rows weigh", "[stream]") {
  world w;
  w.m.asked(1, stream_rows_max, w.now);
  CHECK(*w.m.take_effects().fetch <= 100); // nothing is known yet
  w.m.fetched(rows(100, 1 << 20), w.now);
  const auto e = w.m.take_effects();
  REQUIRE(e.fetch);
  CHECK(*e.fetch <= 4);
  CHECK(*e.fetch >= 1);
}

TEST_CASE("a stream refuses what makes no sense and goes on", "[stream]") {
  world w;
  w.m.asked(1, 10, w.now);
  w.m.take_effects();
  w.m.asked(2, 10, w.now);
  CHECK(w.m.take_effects().answers.at(0).failed->sqlstate == "55000");
  w.m.fetched(rows(10), w.now);
  CHECK(w.m.take_effects().answers.at(0).ticket == 1);
  w.m.asked(3, stream_rows_max + 1, w.now);
  CHECK(w.m.take_effects().answers.at(0).failed->sqlstate == "22023");
  CHECK_FALSE(w.m.has_ended());
}

TEST_CASE("a failure, a close and an idle consumer end a stream and give its session back", "[stream]") {
  world w;
  w.m.asked(1, 10, w.now);
  w.m.take_effects();
  SECTION("failure, told once and ever after") {
    failure f;
    f.sqlstate = "22012";
    w.m.failed(f);
    auto e = w.m.take_effects();
    CHECK(e.take_back);
    CHECK(e.answers.at(0).failed->sqlstate == "22012");
    w.m.asked(2, 0, w.now);
    CHECK(w.m.take_effects().answers.at(0).failed->sqlstate == "22012");
  }
  SECTION("close, while a fetch runs") {
    w.m.closed();
    auto e = w.m.take_effects();
    CHECK(e.take_back);
    CHECK(e.answers.at(0).failed->why == cause::cancelled);
    w.m.fetched(rows(10), w.now); // too late
    CHECK(w.m.take_effects().answers.empty());
    w.m.closed();
    CHECK_FALSE(w.m.take_effects().take_back);
  }
  SECTION("idle") {
    CHECK_FALSE(w.m.next_wake()); // somebody waits
    w.m.fetched(rows(10), w.now);
    w.m.take_effects();
    REQUIRE(w.m.next_wake());
    w.m.tick(w.now + stream_idle_max - 1ms);
    CHECK_FALSE(w.m.take_effects().take_back);
    w.m.tick(*w.m.next_wake());
    CHECK(w.m.take_effects().take_back);
    w.m.asked(2, 0, w.now);
    CHECK(w.m.take_effects().answers.at(0).failed->sqlstate == "57P05");
  }
}

TEST_CASE("only statements with a cursor are taken for a stream", "[stream]") {
  const auto refusal = [](std::string text, tripool::access mode = tripool::access::write) {
    statement x;
    x.text = std::move(text);
    x.mode = mode;
    const auto f = check_stream(x);
    return f ? f->sqlstate : std::string{};
  };
  for (const char* text :
       {"select 1", "values (1)", "table t", "with a as (select 1) select * from a", "select * from t for update"})
    CHECK(refusal(text).empty());
  for (const char* text : {"insert into t values (1) returning id", "explain select 1", "show all", "vacuum",
                           "with a as (delete from t returning *) select * from a", "select 1 into t"})
    CHECK_FALSE(refusal(text).empty());
  CHECK(refusal("insert into t values (1) returning id") == "0A000");
  CHECK(refusal("select 1; select 2") == "42601");
  CHECK(refusal("") == "42601");
  CHECK(refusal("select $1") == "08P01");
  CHECK(refusal(std::string{"select '\0'", 10}) == "22021");
  CHECK(refusal("select * from t for update", tripool::access::read) == "25006");
  statement x;
  x.text = "select $1::int";
  x.parameters = {7};
  x.mode = tripool::access::read;
  const auto order = stream_order(x, 3s);
  REQUIRE(order.opening.size() == 3);
  CHECK(order.opening[0].text == "BEGIN READ ONLY");
  CHECK(order.opening[2].text == "DECLARE tripool_stream NO SCROLL CURSOR FOR select $1::int");
  CHECK(order.opening[2].parameters.size() == 1);
  CHECK(order.mode == tripool::access::read);
  CHECK(order.hold_max == 3s);
}
