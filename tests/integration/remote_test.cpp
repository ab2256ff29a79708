// Two nodes over CAF's middleman on loopback: statements, batches and lists go to a delegate on the other node, and
// results, failures and notifications come back as the same objects.
#include "tests/chaos/proxy.hpp"
#include "tests/integration/instance_fixture.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/inspect_request.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/core/codec/all.hpp"
#include "tripool/core/listen/channel.hpp"
#include "tripool/core/result/row.hpp"
#include "tripool/core/statement/sql.hpp"

#include <caf/io/all.hpp>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct node_config : caf::actor_system_config {
  node_config() {
    load<caf::io::middleman>();
    add_remote_messages(*this);
  }
};

/// The node that has the instance, and one that has only a handle of its delegate.
struct two_nodes {
  two_nodes()
    : on{home,
         {.adjust = [](options& o) { o.pools.resize(1); },
          .prepare =
            [](caf::actor_system_config& c) {
              c.load<caf::io::middleman>();
              add_remote_messages(c);
            }}} {
    REQUIRE(on.wait_until_writable(10s));
    const auto port = on.system().middleman().publish(on.delegate(), 0, "127.0.0.1");
    REQUIRE(port);
    between.emplace(*port, 1);
    auto found = away.middleman().remote_actor("127.0.0.1", between->port());
    REQUIRE(found);
    delegate = std::move(*found);
    REQUIRE(delegate.node() != away.node());
    here.emplace(on.system(), on.delegate());
    there.emplace(away, delegate);
  }
  ~two_nodes() {
    there.reset();
    here.reset();
    delegate = nullptr;
  }

  test_database home;
  running_instance on;
  std::optional<chaos::fault_proxy> between;
  node_config away_config;
  caf::actor_system away{away_config};
  caf::actor delegate;
  std::optional<blocking_client> here;
  std::optional<blocking_client> there;
};

void check_same(const result& a, const result& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE(a.columns() == b.columns());
  CHECK(a.command_tag() == b.command_tag());
  for (std::size_t c = 0; c < a.columns(); ++c) {
    CHECK(a.column_name(c) == b.column_name(c));
    CHECK(a.column_type(c) == b.column_type(c));
    CHECK(a.column_format(c) == b.column_format(c));
    for (std::size_t r = 0; r < a.size(); ++r) CHECK(a.raw(r, c) == b.raw(r, c));
  }
  REQUIRE(a.notices().size() == b.notices().size());
  for (std::size_t i = 0; i < a.notices().size(); ++i) CHECK(a.notices()[i].message == b.notices()[i].message);
}

} // namespace

TEST_CASE("a caller on another node gets the same result, in binary", "[remote]") {
  two_nodes w;
  bytes raw;
  for (int i = 0; i < 256; ++i) raw.push_back(static_cast<std::byte>(i));
  const std::optional<int> none;
  const auto every =
    sql("select $1 as a, $2::int8 as b, $3::text as c, $4::bool as d, $5::float8 as e, $6 as f, $7 as g, "
        "$8::int as h, $9 as i, null as j from generate_series(1, 3)",
        raw, std::int64_t{-7}, "grün", true, 0.1, std::vector<std::optional<int>>{1, std::nullopt},
        typed(numeric::nan()), none, std::optional<uuid>{});
  const auto a = w.here->execute(every);
  const auto b = w.there->execute(every);
  REQUIRE(a);
  REQUIRE(b);
  check_same(*a, *b);
  REQUIRE(b->size() == 3);
  CHECK((*b)[2].get<bytes>("a").value() == raw);
  CHECK((*b)[2].get<std::vector<std::optional<int>>>("f").value() == std::vector<std::optional<int>>{1, std::nullopt});
  for (const char* text : {"select", "select 1 where false", "do $$ begin raise notice 'hm'; end $$"}) {
    const auto x = w.here->execute(sql(text));
    const auto y = w.there->execute(sql(text));
    REQUIRE(x);
    REQUIRE(y);
    check_same(*x, *y);
  }
  const auto large = sql_read("select i, repeat('x', 1000) as x from generate_series(1, 20000) i");
  const auto y = w.there->execute(large);
  REQUIRE(y);
  CHECK(y->size() == 20'000);
  CHECK((*y)[19'999].get<int>("i").value() == 20'000);
}

TEST_CASE("a caller on another node gets the same failure", "[remote]") {
  two_nodes w;
  auto wrong = sql("select 1 / $1::int", 0);
  wrong.name = "divide";
  const auto a = w.here->execute(wrong);
  const auto b = w.there->execute(wrong);
  REQUIRE(!a);
  REQUIRE(!b);
  CHECK(b.error().kind == outcome::rejected);
  CHECK(b.error().why == cause::server_error);
  CHECK(b.error().sqlstate == "22012");
  CHECK(b.error().message == a.error().message);
  CHECK(b.error().name == "divide");
  CHECK(b.error().server == a.error().server);
  CHECK(b.error().attempts == 1);
  CHECK(b.error().spent.count() > 0);
  const auto late = w.there->execute([] {
    auto s = sql("select pg_sleep(20)");
    s.timeout = 200ms;
    return s;
  }());
  REQUIRE(!late);
  CHECK(late.error().why == cause::deadline);
  CHECK(w.there->execute(sql("select $1", std::string{"\0", 1})).error().sqlstate == "22021");
  const date beyond{date{}.value() + std::chrono::days{2'145'042'907}};
  CHECK(w.there->execute(sql("select $1", beyond)).error().sqlstate == "22008");
}

TEST_CASE("batches, lists, tokens and cancels work from another node", "[remote]") {
  two_nodes w;
  w.home.sql("create table t (n int primary key)");
  batch b;
  b.statements.push_back(sql("insert into t values ($1)", 1));
  b.statements.push_back(sql("select count(*) from t"));
  const auto done = w.there->execute(b);
  REQUIRE(done);
  REQUIRE(done->size() == 2);
  CHECK((*done)[1].one<int>().value() == 1);
  CHECK(w.there->execute(b).error().sqlstate == "23505");
  statement_list list;
  for (const char* text : {"insert into t values (2)", "select 1 / 0", "select 7"})
    list.statements.push_back(sql(text));
  const auto all = w.there->ask<list_reply>(w.delegate, list);
  REQUIRE(all);
  REQUIRE(all->ends.size() == 3);
  CHECK(all->ends[0]);
  REQUIRE(!all->ends[1]);
  CHECK(all->ends[1].error().sqlstate == "22012");
  REQUIRE(all->ends[2]);
  CHECK(all->ends[2]->one<int>().value() == 7);

  auto slow = sql("select pg_sleep(20)");
  slow.cancel_key = 9;
  auto& self = w.there->self();
  auto waiting = self->request(w.delegate, 20s, slow);
  const auto runs = "select count(*) from pg_stat_activity where query = 'select pg_sleep(20)' and state = 'active'";
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (w.home.value(runs) != "1" && std::chrono::steady_clock::now() < end) {}
  const auto cancelled = w.there->ask<cancel_reply>(w.delegate, cancel_request{9});
  REQUIRE(cancelled);
  CHECK(cancelled->found);
  waiting.receive([](const result&) { FAIL("it was cancelled"); },
                  [](const caf::error& e) { CHECK(failure_of(e).why == cause::cancelled); });
}

TEST_CASE("a subscriber on another node hears notifications, and is forgotten when it ends", "[remote]") {
  two_nodes w;
  REQUIRE(w.there->ask<subscribed>(w.delegate, subscribe{{"news"}}));
  REQUIRE(w.there->execute(notify("news", "grün").value()));
  std::string heard;
  w.there->self()->receive([&](const notification& x) { heard = x.channel + ": " + x.payload; },
                           caf::after(10s) >> [] {});
  CHECK(heard == "news: grün");
  w.there.emplace(w.away, w.delegate); // The subscriber has ended.
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (w.on.status().delegate.subscriptions.subscribers > 0 && std::chrono::steady_clock::now() < end) {}
  CHECK(w.on.status().delegate.subscriptions.subscribers == 0);
}

TEST_CASE("a caller whose network holds the answers back is told of the doubt, and served again afterwards",
          "[remote]") {
  two_nodes w;
  w.home.sql("create table t (n int primary key)");
  w.between->set({.hold_replies = true});
  auto s = sql("insert into t values (1)");
  s.timeout = 300ms;
  const auto x = w.there->execute(s);
  REQUIRE(!x);
  CHECK(x.error().kind == outcome::in_doubt);
  CHECK(x.error().why == cause::deadline);
  CHECK_FALSE(x.error().hint.empty());
  CHECK(w.home.value("select count(*) from t") == "1"); // A doubt indeed.
  w.between->mend();
  CHECK(w.there->execute(sql("select 1")));
}
