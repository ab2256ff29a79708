// Prepared statements that the server has lost, or that no longer fit, are prepared anew, and no caller notices.
#include "tests/integration/flood.hpp"
#include "tests/integration/instance_fixture.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/core/result/row.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// One connection, so that every statement meets what the one before has left.
struct world {
  world()
    : on(home, {.adjust = [](options& o) {
           o.pools.resize(1);
           o.pools[0].connections_min = o.pools[0].connections_max = 1;
           o.pools[0].queue_max = 1000;
         }}) {
    home.sql("create table t (k int primary key, v text); insert into t values (1, 'one')");
    REQUIRE(on.wait_until_writable(10s));
  }
  answer<result> run(std::string text, tripool::access mode = tripool::access::write) {
    statement s;
    s.text = std::move(text);
    s.mode = mode;
    return db.execute(std::move(s));
  }
  void warm_up() {
    for (int i = 0; i < 3; ++i) {
      REQUIRE(run("select * from t", tripool::access::read));
      REQUIRE(run("update t set v = v returning *"));
    }
    REQUIRE(prepared() >= 2);
  }
  std::size_t prepared() {
    const auto all = on.status().pools.at(0).connections;
    REQUIRE(all.size() == 1);
    return all[0].prepared;
  }
  std::string backend() { return std::string{*run("select pg_backend_pid()::text")->raw(0, 0)}; }

  test_database home;
  running_instance on;
  blocking_client db{on.system(), on.delegate()};
};

} // namespace

TEST_CASE("a column that is added under a prepared select * is seen at once", "[prepared]") {
  world w;
  w.warm_up();
  const auto backend = w.backend();
  w.home.sql("alter table t add column added int default 7");
  const auto read = w.run("select * from t", tripool::access::read);
  REQUIRE(read);
  CHECK(read->columns() == 3);
  CHECK((*read)[0].get<int>(2).value() == 7);
  const auto written = w.run("update t set v = v returning *");
  REQUIRE(written);
  CHECK(written->columns() == 3);
  w.home.sql("alter table t drop column added; alter table t alter column v type varchar(10)");
  batch b;
  for (const char* text : {"update t set v = v returning *", "select * from t"}) {
    b.statements.emplace_back();
    b.statements.back().text = text;
  }
  const auto all = w.db.execute(std::move(b));
  REQUIRE(all);
  CHECK((*all)[0].columns() == 2);
  CHECK((*all)[1].columns() == 2);
  CHECK(w.backend() == backend); // The connection was not given up for it.
}

TEST_CASE("a table that is dropped and made anew does not confuse what was prepared on it", "[prepared]") {
  world w;
  w.warm_up();
  w.home.sql("drop table t");
  const auto gone = w.run("select * from t", tripool::access::read);
  REQUIRE(!gone);
  CHECK(gone.error().sqlstate == "42P01");
  w.home.sql("create table t (v text, k int, more bool); insert into t values ('one', 1, true)");
  const auto back = w.run("select * from t", tripool::access::read);
  REQUIRE(back);
  CHECK(back->columns() == 3);
}

TEST_CASE("prepared statements that somebody has discarded are prepared anew", "[prepared]") {
  world w;
  w.warm_up();
  const auto backend = w.backend();
  for (int round = 0; round < 3; ++round) {
    // As a pooler's reset query, or a function, may do behind our back.
    REQUIRE(w.run("do $$ begin execute 'deallocate all'; end $$"));
    const auto read = w.run("select * from t", tripool::access::read);
    REQUIRE(read);
    CHECK(read->size() == 1);
    REQUIRE(w.run("update t set v = v returning *"));
    batch b;
    for (int i = 0; i < 2; ++i) {
      b.statements.emplace_back();
      b.statements.back().text = "update t set v = v returning *";
    }
    REQUIRE(w.run("do $$ begin execute 'deallocate all'; end $$"));
    REQUIRE(w.db.execute(std::move(b)));
  }
  CHECK(w.backend() == backend);
}

TEST_CASE("plans lost and changed under load cost nobody an answer", "[prepared]") {
  world w;
  w.home.sql("create table log (n int)"); // Without a key: what ran twice shows.
  w.warm_up();
  std::vector<flood_statement> all;
  for (std::size_t i = 0; i < 3000; ++i) {
    flood_statement x;
    if (i % 300 == 150) {
      x.what.text = "do $$ begin execute 'deallocate all'; end $$";
    } else if (i % 300 == 299) {
      x.what.text = "alter table t add column c" + std::to_string(i) + " int";
    } else if (i % 2 == 0) {
      x.what.text = "select * from t";
      x.what.mode = tripool::access::read;
    } else {
      x.what.text = "insert into log values ($1::int)";
      x.what.parameters = {static_cast<std::int64_t>(i)};
    }
    all.push_back(std::move(x));
  }
  const auto ends = run_flood(w.on.system(), w.on.delegate(), std::move(all), 32, 60s);
  REQUIRE(ends);
  std::size_t failed = 0;
  for (const auto& x : *ends) {
    if (x) continue;
    ++failed;
    UNSCOPED_INFO(to_string(x.error()));
  }
  CHECK(failed == 0);
  CHECK(w.home.value("select count(*) = count(distinct n) from log") == "t");
  CHECK(w.home.value("select count(*) from log") == "1490");
}
