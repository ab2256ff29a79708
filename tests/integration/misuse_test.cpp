// Every message in a wrong state or with wrong content, on a real PostgreSQL: each is refused with an error that says
// what is wrong, and neither its connection nor anybody else's work is harmed.
#include "service/cluster/process.hpp"
#include "tests/integration/instance_fixture.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/protocol_stream.hpp"
#include "tripool/core/codec/all.hpp"
#include "tripool/core/result/row.hpp"
#include "tripool/core/statement/sql.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;
using matchers::Contains;

namespace {

/// Two connections, so that one that does not come back is noticed; and a bystander, who does honest work meanwhile.
struct scene {
  scene()
    : on{home, {.adjust = [](options& o) {
           o.pools.resize(1);
           o.pools[0].connections_min = o.pools[0].connections_max = 3;
           o.pools[0].leases_max = 2;
         }}} {
    REQUIRE(on.wait_until_writable(10s));
    home.sql("create table t (n int primary key)");
    auto x = db.ask<transaction_handle>(db.delegate(), begin{});
    REQUIRE(x);
    bystander = *x;
    REQUIRE(db.ask<result>(bystander.to, sql("insert into t values (-1)")));
  }
  /// The bystander's transaction goes on and everything has been given back.
  void check_unharmed() {
    REQUIRE(db.ask<result>(bystander.to, sql("insert into t values (-2)")));
    REQUIRE(db.ask<result>(bystander.to, commit{}));
    CHECK(home.value("select count(*) from t where n < 0") == "2");
    bystander = {};
    for (int i = 0; i < 5; ++i) CHECK(db.execute(sql("select 1")));
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (on.status().pools.at(0).stats.connections.lent > 0 && std::chrono::steady_clock::now() < end) {}
    const auto pools = on.status().pools;
    CHECK(pools.at(0).stats.connections.lent == 0);
  }
  template <class Reply, class Message>
  failure refused(const caf::actor& to, Message x) {
    auto out = db.ask<Reply>(to, std::move(x));
    if (out) FAIL("it was not refused");
    CHECK_FALSE(out.error().message.empty());
    return out.error();
  }
  template <class Message>
  failure refused_telling(const caf::actor& to, Message x) {
    auto out = db.tell(to, std::move(x));
    if (!out) FAIL("it was not refused");
    CHECK_FALSE(out->message.empty());
    return *out;
  }

  test_database home;
  running_instance on;
  blocking_client db{on.system(), on.delegate()};
  transaction_handle bystander;
};

} // namespace

TEST_CASE("a transaction that has ended takes nothing more, and says how it ended", "[misuse]") {
  scene s;
  const auto t = s.db.ask<transaction_handle>(s.db.delegate(), begin{});
  REQUIRE(t);
  REQUIRE(s.db.ask<result>(t->to, commit{}));
  for (const auto& f : {s.refused<result>(t->to, sql("insert into t values (1)")), s.refused<result>(t->to, commit{}),
                        s.refused_telling(t->to, rollback{}), s.refused_telling(t->to, savepoint{"a"}),
                        s.refused<reply>(t->to, batch{{sql("select 1")}})}) {
    CHECK(f.kind == outcome::rejected);
    CHECK(f.sqlstate == "25000");
    CHECK_THAT(f.message, Contains("committed"));
  }
  const auto u = s.db.ask<transaction_handle>(s.db.delegate(), begin{});
  REQUIRE(u);
  CHECK(s.refused_telling(u->to, rollback_to{"nowhere"}).sqlstate == "3B001");
  CHECK(s.refused_telling(u->to, savepoint{""}).kind == outcome::rejected);
  CHECK(s.refused_telling(u->to, savepoint{std::string(64, 'x')}).kind == outcome::rejected);
  CHECK(s.refused_telling(u->to, release{}).why == cause::invalid_request);
  CHECK(s.refused<rows_chunk>(u->to, fetch{}).why == cause::invalid_request);
  REQUIRE(s.db.ask<result>(u->to, sql("insert into t values (7)"))); // unharmed by all that
  REQUIRE_FALSE(s.db.tell(u->to, rollback{}));
  CHECK(s.refused<result>(u->to, commit{}).sqlstate == "25000");
  s.check_unharmed();
}

TEST_CASE("a lease that was released, or whose connection is dead, says so", "[misuse]") {
  scene s;
  auto l = s.db.ask<lease_handle>(s.db.delegate(), acquire{});
  REQUIRE(l);
  CHECK(s.refused<result>(l->to, commit{}).kind == outcome::rejected); // no transaction is open
  REQUIRE_FALSE(s.db.tell(l->to, begin{}));
  CHECK(s.refused_telling(l->to, begin{}).sqlstate == "25001");
  REQUIRE_FALSE(s.db.tell(l->to, release{}));
  for (const auto& f : {s.refused_telling(l->to, release{}), s.refused<result>(l->to, sql("select 1"))})
    CHECK(f.kind != outcome::in_doubt);
  l = s.db.ask<lease_handle>(s.db.delegate(), acquire{});
  REQUIRE(l);
  // Before its loss is known, what is sent may have reached the server: that is honestly in doubt.
  const auto lost = [&] { return s.on.status().pools.at(0).stats.counters.lost; };
  const auto before = lost();
  s.home.value("select pg_terminate_backend(" + std::to_string(l->backend_pid) + ")");
  REQUIRE(cluster::wait_until(10s, [&] { return lost() > before; }));
  auto dead = s.db.ask<result>(l->to, sql("insert into t values (1)"));
  REQUIRE(!dead);
  CHECK(dead.error().kind == outcome::not_executed);
  dead = s.db.ask<result>(l->to, sql("insert into t values (1)"));
  REQUIRE(!dead);
  CHECK(dead.error().kind == outcome::not_executed);
  CHECK_FALSE(dead.error().hint.empty());
  CHECK(s.home.value("select count(*) from t where n = 1") == "0");
  s.check_unharmed();
}

TEST_CASE("a stream that has ended, failed or was closed gives nothing more", "[misuse]") {
  scene s;
  open_stream three;
  three.what = sql_read("select generate_series(1, 3)");
  auto x = s.db.ask<stream_handle>(s.db.delegate(), three);
  REQUIRE(x);
  const auto all = s.db.ask<rows_chunk>(x->to, fetch{10});
  REQUIRE(all);
  CHECK(all->last);
  CHECK(s.refused<rows_chunk>(x->to, fetch{}).sqlstate == "25000");
  CHECK(s.refused<result>(x->to, sql("select 1")).why == cause::invalid_request);
  x = s.db.ask<stream_handle>(s.db.delegate(), three);
  REQUIRE(x);
  REQUIRE_FALSE(s.db.tell(x->to, close_stream{}));
  CHECK(s.refused<rows_chunk>(x->to, fetch{}).kind != outcome::in_doubt);
  open_stream slow;
  slow.what = sql_read("select pg_sleep(20)");
  x = s.db.ask<stream_handle>(s.db.delegate(), slow);
  REQUIRE(x);
  CHECK(s.refused<rows_chunk>(x->to, fetch{1, 100ms}).why == cause::deadline);
  CHECK(s.refused<rows_chunk>(x->to, fetch{}).kind != outcome::in_doubt); // after its cancel
  x = s.db.ask<stream_handle>(s.db.delegate(), three);
  REQUIRE(x);
  CHECK(s.refused<rows_chunk>(x->to, fetch{100'001}).sqlstate == "22023");
  CHECK(s.db.ask<rows_chunk>(x->to, fetch{1}));
  *x = {};
  s.check_unharmed();
}

TEST_CASE("a COPY that has ended takes and gives nothing more", "[misuse]") {
  scene s;
  auto in = s.db.ask<copy_writer_handle>(s.db.delegate(), copy_in{"copy t from stdin"});
  REQUIRE(in);
  CHECK(s.refused<copy_data>(in->to, next_chunk{}).why == cause::invalid_request);
  REQUIRE(s.db.ask<result>(in->to, copy_end{}));
  CHECK(s.refused_telling(in->to, copy_chunk{bytes{std::byte{'1'}}}).sqlstate == "25000");
  CHECK(s.refused<result>(in->to, copy_end{}).sqlstate == "25000");
  auto out = s.db.ask<copy_reader_handle>(s.db.delegate(), copy_out{"copy (select 1) to stdout"});
  REQUIRE(out);
  CHECK(s.refused_telling(out->to, copy_chunk{}).why == cause::invalid_request);
  auto piece = s.db.ask<copy_data>(out->to, next_chunk{});
  while (piece && !piece->last) piece = s.db.ask<copy_data>(out->to, next_chunk{});
  REQUIRE(piece);
  CHECK(s.refused<copy_data>(out->to, next_chunk{}).sqlstate == "25000");
  CHECK(s.refused<copy_reader_handle>(s.db.delegate(), copy_out{"copy t from stdin"}).kind == outcome::rejected);
  CHECK(s.refused<copy_writer_handle>(s.db.delegate(), copy_in{"select 1"}).kind == outcome::rejected);
  *in = {};
  *out = {};
  s.check_unharmed();
}

TEST_CASE("wrong types, columns, channels, keys and messages are named", "[misuse]") {
  scene s;
  CHECK(s.refused<result>(s.db.delegate(), sql("select $1::int", "seven")).sqlstate == "22P02");
  CHECK(s.refused<result>(s.db.delegate(), sql("select $1::int", uuid{})).sqlstate == "42846");
  CHECK(s.refused<result>(s.db.delegate(), sql("insert into t values ($1)", std::int64_t{1} << 40)).sqlstate
        == "22003");
  CHECK(s.refused<result>(s.db.delegate(), sql("select nothing from t")).sqlstate == "42703");
  CHECK(s.refused<result>(s.db.delegate(), sql("select $1", 1, 2)).sqlstate == "08P01");
  const auto rows = s.db.execute(sql("select 7 as seven, 'x' as word, null::int as none"));
  REQUIRE(rows);
  const auto row = (*rows)[0];
  CHECK_THAT(row.get<uuid>("seven").error().message, Contains("seven") && Contains("int4") && Contains("uuid"));
  CHECK_THAT(row.get<int>("eight").error().message, Contains("eight"));
  CHECK_THAT(row.get<int>(99).error().message, Contains("99"));
  CHECK_THAT(row.get<int>("none").error().message, Contains("none") && Contains("NULL"));
  CHECK_THAT(row.get<std::int8_t>("word").error().message, Contains("word"));
  CHECK_FALSE(rows->one<int>()); // of three columns
  CHECK_FALSE(rows->optional<std::pair<int, int>>());
  CHECK(s.refused<subscribed>(s.db.delegate(), subscribe{{""}}).kind == outcome::rejected);
  CHECK(s.refused<subscribed>(s.db.delegate(), subscribe{{std::string(64, 'c')}}).kind == outcome::rejected);
  CHECK(s.refused<unsubscribed>(s.db.delegate(), unsubscribe{{"never heard of"}}).kind == outcome::rejected);
  const auto cancelled = s.db.ask<cancel_reply>(s.db.delegate(), cancel_request{4711});
  REQUIRE(cancelled);
  CHECK_FALSE(cancelled->found);
  auto elsewhere = sql("select 1");
  elsewhere.pool = "nowhere";
  CHECK(s.refused<result>(s.db.delegate(), elsewhere).why == cause::unknown_pool);
  CHECK(s.refused_telling(s.db.delegate(), fetch{}).why == cause::invalid_request); // a stream's message
  CHECK(s.refused_telling(s.db.delegate(), std::string{"select 1"}).why == cause::invalid_request);
  s.check_unharmed();
}
