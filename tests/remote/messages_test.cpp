// A caller on another node is served as one here: the same messages, the same objects, the same promises.
#include "tests/remote/nodes.hpp"

#include "tripool/actors/error.hpp"

#include <caf/scoped_actor.hpp>

#include <atomic>
#include <thread>
#include <tuple>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

template <class T>
T& good(answer<T>& x) {
  if (!x) FAIL(to_string(x.error()));
  return *x;
}

} // namespace

TEST_CASE("results, batches and lists arrive from another node as the same objects", "[remote]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  auto made = db.execute(asking("create table t (n bigint, s text, b bytea)"));
  good(made);
  auto in =
    db.execute("insert into t values ($1, $2, $3), (2, null, null) returning n, s, b", 1, "one", bytes{std::byte{0}});
  const auto& rows = good(in);
  REQUIRE(rows.size() == 2);
  CHECK(rows.command_tag() == "INSERT 0 2");
  const auto values = rows[0].as<std::tuple<std::int64_t, std::string, bytes>>();
  REQUIRE(values);
  CHECK(std::get<0>(*values) == 1);
  CHECK(std::get<1>(*values) == "one");
  CHECK(std::get<2>(*values) == bytes{std::byte{0}});
  CHECK_FALSE(rows.raw(1, 1));
  batch b;
  b.statements = {asking("insert into t values (3)"), asking("select count(*) from t")};
  auto both = db.execute(b);
  REQUIRE(good(both).size() == 2);
  CHECK((*both)[1].raw(0, 0) == "3");
  statement_list l;
  l.statements = {asking("select 1", access::read), asking("select nonsense", access::read),
                  asking("select 3", access::read)};
  auto list = db.ask<list_reply>(caller.proxy(), l);
  REQUIRE(good(list).ends.size() == 3);
  CHECK(list->ends[0]->raw(0, 0) == "1");
  REQUIRE_FALSE(list->ends[1]);
  CHECK(list->ends[1].error().sqlstate == "42703");
  CHECK(list->ends[2]->raw(0, 0) == "3");
  auto wrong = db.execute(asking("insert into nowhere values (1)"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind == outcome::rejected);
  CHECK(wrong.error().sqlstate == "42P01");
  CHECK(wrong.error().pool == "primary");
}

TEST_CASE("transactions, leases, streams and COPY work from another node, and nothing is left of them", "[remote]") {
  test_database home;
  home.sql("create table t (n bigint)");
  local_node node{home};
  remote_caller caller{{node.at()}};
  {
    auto db = caller.client();
    auto begun = db.begin();
    auto& t = good(begun);
    auto first = t.execute(asking("insert into t values (1)"));
    good(first);
    auto end = t.commit();
    good(end);
    CHECK(home.value("select count(*) from t") == "1");
    auto taken_back = db.begin();
    auto second = good(taken_back).execute(asking("insert into t values (2)"));
    good(second);
    CHECK_FALSE(taken_back->rollback());
    CHECK(home.value("select count(*) from t") == "1");
    auto lent = db.acquire();
    auto set = good(lent).execute(asking("set search_path = pg_catalog"));
    good(set);
    auto shown = lent->execute(asking("show search_path"));
    CHECK(good(shown).raw(0, 0) == "pg_catalog");

    open_stream o;
    o.what = asking("select generate_series(1, 2500)", access::read);
    auto stream = db.ask<stream_handle>(caller.proxy(), o);
    good(stream);
    std::size_t rows = 0;
    for (bool last = false; !last;) {
      auto chunk = db.ask<rows_chunk>(stream->to, fetch{1000, 5000ms});
      rows += good(chunk).rows.size();
      last = chunk->last;
    }
    CHECK(rows == 2500);
    auto writer = db.ask<copy_writer_handle>(caller.proxy(), copy_in{"copy t from stdin", 5000ms, {}});
    good(writer);
    copy_chunk data;
    for (const char c : std::string{"7\n8\n9\n"}) data.data.push_back(static_cast<std::byte>(c));
    CHECK_FALSE(db.tell(writer->to, data));
    auto copied = db.ask<result>(writer->to, copy_end{5000ms});
    CHECK(good(copied).command_tag() == "COPY 3");
  }
  CHECK(home.value("select count(*) from t") == "4");
  CHECK(cluster::wait_until(10s, [&] { return node.status().pools.at(0).stats.connections.lent == 0; }));
}

TEST_CASE("a caller that vanishes leaves nothing behind: its transaction is rolled back", "[remote]") {
  test_database home;
  home.sql("create table t (n bigint)");
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  auto begun = db.begin();
  auto first = good(begun).execute(asking("insert into t values (1)"));
  good(first);
  REQUIRE(node.status().pools.at(0).stats.connections.lent == 1);
  // Gone without a word, while the transaction is open and its handle is held.
  caf::anon_send_exit(caller.proxy(), caf::exit_reason::kill);
  CHECK(cluster::wait_until(10s, [&] { return node.status().pools.at(0).stats.connections.lent == 0; }));
  CHECK(cluster::wait_until(10s, [&] { return node.gate().guests == 0; }));
  CHECK(home.value("select count(*) from t") == "0");
}

TEST_CASE("many threads ask one proxy at the same time, and each gets its own answer", "[remote]") {
  test_database home;
  local_node node{home};
  caf::actor_system_config plain; // An application's own: CAF's default scheduler, with several threads.
  REQUIRE(configure_remote(plain).empty());
  plain.set("scheduler.max-threads", std::size_t{4});
  caf::actor_system system{plain};
  remote_options how;
  how.nodes = {node.at()};
  const auto proxy = spawn_remote_delegate(system, std::move(how));
  std::atomic<int> right{0};
  std::vector<std::thread> all;
  constexpr int threads = 48;
  constexpr int calls = 100;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      blocking_client db{system, proxy};
      for (int i = 0; i < calls; ++i) {
        const auto n = t * calls + i;
        const auto rows = db.execute(sql_read("select $1::int", n));
        if (rows && rows->one<int>().value_or(-1) == n) ++right;
        // Between two bursts the proxy has nothing to do and changes threads.
        std::this_thread::sleep_for(std::chrono::milliseconds{n % 20});
      }
    });
  }
  for (auto& x : all) x.join();
  CHECK(right == threads * calls);
  caf::anon_send_exit(proxy, caf::exit_reason::user_shutdown);
}

TEST_CASE("a call is answered by its deadline", "[remote]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  const auto began = std::chrono::steady_clock::now();
  auto slow = db.execute(asking("select pg_sleep(20)", access::read, 700ms));
  const auto took = std::chrono::steady_clock::now() - began;
  REQUIRE_FALSE(slow);
  CHECK(slow.error().why == cause::deadline);
  CHECK(took >= 600ms);
  CHECK(took <= 1200ms);
}

TEST_CASE("a call can be taken back by its key, on its node too", "[remote]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  caf::scoped_actor self{caller.system()};
  auto s = asking("select pg_sleep(20)", access::read, 15s);
  s.cancel_key = 5;
  auto pending = self->request(caller.proxy(), caf::infinite, s);
  const auto running = [&] {
    return home.value("select count(*) from pg_stat_activity where query like 'select pg_sleep(20)%'"
                      " and state = 'active'")
           == "1";
  };
  REQUIRE(cluster::wait_until(10s, running));
  self->send(caller.proxy(), cancel_request{5});
  std::optional<failure> why;
  pending.receive([](const result&) {}, [&](const caf::error& e) { why = failure_of(e); });
  REQUIRE(why);
  CHECK(why->why == cause::cancelled);
  CHECK_FALSE(running());
}

TEST_CASE("what goes beyond a caller's bounds is answered not_executed with the bound", "[remote]") {
  test_database home;
  gate_limits limits;
  limits.request_bytes_max = 10'000;
  limits.sessions_max = 2;
  limits.guests_max = 1;
  local_node node{home, "127.0.0.1", limits};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  auto big = db.execute("select $1::text", std::string(20'000, 'x'));
  REQUIRE_FALSE(big);
  CHECK(big.error().kind == outcome::not_executed);
  CHECK(big.error().message.find("request_bytes_max") != std::string::npos);
  auto one = db.begin();
  auto two = db.begin();
  auto three = db.begin();
  good(one);
  good(two);
  REQUIRE_FALSE(three);
  CHECK(three.error().kind == outcome::not_executed);
  CHECK(three.error().message.find("sessions_max") != std::string::npos);
  remote_caller other{{node.at()}};
  auto refused = other.client().execute(asking("select 1", access::read, 2000ms));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == outcome::not_executed);
  CHECK(refused.error().message.find("guests_max") != std::string::npos);
}

TEST_CASE("a call that is larger than what travels is refused before it is sent, and harms nobody's link", "[remote]") {
  test_database home;
  local_node node{home};
  remote_limits limits;
  limits.call_bytes_max = 100'000;
  remote_caller caller{{node.at()}, {}, limits};
  auto db = caller.client();
  REQUIRE(db.execute(asking("select 1", access::read)));
  const auto big = db.execute("select $1::text", std::string(200'000, 'x'));
  REQUIRE_FALSE(big);
  CHECK(big.error().kind == outcome::not_executed);
  CHECK(big.error().proved == proof::never_sent);
  CHECK(big.error().message.find("call_bytes_max") != std::string::npos);
  REQUIRE(db.execute(asking("select 1", access::read)));
  CHECK(caller.status().nodes.at(0).dials == 1);
  CHECK(caller.status().calls == 0);
}

TEST_CASE("keys of a list's statements do not travel, where they would be those of all callers", "[remote]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  statement_list all;
  all.statements.push_back(asking("select 1", access::read));
  all.statements.back().cancel_key = 17;
  const auto refused = db.ask<list_reply>(caller.proxy(), all);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == outcome::rejected);
  CHECK(refused.error().message.find("cancel_key") != std::string::npos);
  all.statements.back().cancel_key = 0;
  CHECK(db.ask<list_reply>(caller.proxy(), all));
}
