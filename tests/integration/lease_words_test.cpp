// What a server says beside rows reaches whoever asked, on borrowed connections too: notices, and settings that change.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/actors/protocol_inspect.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/result/parameter_change.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;

namespace {

struct borrowed {
  template <class Handle, class Order>
  Handle get(Order x) {
    auto got = db.ask<Handle>(db.delegate(), std::move(x));
    REQUIRE(got);
    return *got;
  }
  result run(const session_handle& on_it, std::string text) {
    auto x = db.ask<result>(on_it.to, statement{std::move(text)});
    if (!x) FAIL(to_string(x.error()));
    return *x;
  }

  test_database home;
  running_instance on{home};
  blocking_client db{on.system(), on.delegate()};
};

std::vector<std::string> told(const result& x) {
  std::vector<std::string> out;
  for (const auto& c : parameter_changes(x)) out.push_back(std::string{c.name} + " = " + std::string{c.value});
  return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("notices come with their statement's result on a lease and in a transaction", "[asking][lease]") {
  borrowed b;
  REQUIRE(b.db.execute(statement{"create table t (n int)"}));
  const std::string raise = "do $$ begin raise notice 'first'; raise warning 'second'; end $$";
  const auto lease = b.get<lease_handle>(acquire{});
  const auto tx = b.get<transaction_handle>(begin{});
  for (const session_handle& x : {session_handle{lease}, session_handle{tx}}) {
    const auto got = b.run(x, raise);
    REQUIRE(got.notices().size() == 2);
    CHECK(got.notices()[0].message == "first");
    CHECK(got.notices()[1].severity == "WARNING");
    CHECK(b.run(x, "select 1").notices().empty());
  }
  batch several;
  for (const char* text : {"select 1", "create table if not exists t (n int)", "select 2"})
    several.statements.emplace_back().text = text;
  const auto all = b.db.ask<reply>(tx.to, std::move(several));
  REQUIRE(all);
  CHECK(all->results[0].notices().empty());
  REQUIRE(all->results[1].notices().size() == 1);
  CHECK(all->results[1].notices()[0].sqlstate == "42P07");
  CHECK(all->results[2].notices().empty());
}

TEST_CASE("settings that a lease changes are told to who changed them", "[asking][lease]") {
  borrowed b;
  const auto lease = b.get<lease_handle>(acquire{});
  CHECK(told(b.run(lease, "set timezone to 'Asia/Kolkata'")) == texts{"TimeZone = Asia/Kolkata"});
  CHECK(told(b.run(lease, "set timezone to 'Asia/Kolkata'")).empty());
  CHECK(told(b.run(lease, "select set_config('datestyle', 'German', false)")) == texts{"DateStyle = German, DMY"});
  CHECK(told(b.run(lease, "set work_mem to '7MB'")).empty()); // Servers do not report it.
  CHECK(told(b.run(lease, "set default_transaction_read_only to on")) == texts{"default_transaction_read_only = on"});
  CHECK(told(b.run(lease, "reset all")).size() == 3);
  // In a transaction: with the statement, and with the commit or rollback by text that takes it back.
  b.run(lease, "begin");
  CHECK(told(b.run(lease, "set application_name to 'in a block'")) == texts{"application_name = in a block"});
  CHECK(told(b.run(lease, "rollback")).size() == 1);
  b.run(lease, "begin");
  CHECK(told(b.run(lease, "set local intervalstyle to 'iso_8601'")) == texts{"IntervalStyle = iso_8601"});
  auto done = b.db.ask<result>(lease.to, commit{});
  REQUIRE(done);
  CHECK(told(*done) == texts{"IntervalStyle = postgres"});
}

TEST_CASE("a lease that makes itself read-only does so to itself alone", "[lease]") {
  borrowed b;
  REQUIRE(b.on.wait_until_writable(std::chrono::seconds{15}));
  const auto lease = b.get<lease_handle>(acquire{});
  b.run(lease, "set default_transaction_read_only to on");
  auto refused = b.db.ask<result>(lease.to, statement{"insert into proof values (1)"});
  REQUIRE(!refused);
  CHECK(refused.error().sqlstate == "25006");
  // The same by text, and by message.
  b.run(lease, "set default_transaction_read_only to off");
  b.run(lease, "begin");
  b.run(lease, "set transaction read only");
  CHECK_FALSE(b.db.ask<result>(lease.to, statement{"insert into proof values (1)"}));
  b.run(lease, "rollback");
  REQUIRE_FALSE(b.db.tell(lease.to, begin{isolation::standard, true}));
  refused = b.db.ask<result>(lease.to, statement{"insert into proof values (1)"});
  REQUIRE(!refused);
  CHECK(refused.error().kind == outcome::rejected);
  REQUIRE_FALSE(b.db.tell(lease.to, rollback{}));
  for (int i = 0; i < 20; ++i) {
    auto done = b.db.execute(statement{"insert into proof values (1)"});
    if (!done) FAIL(to_string(done.error()));
  }
  CHECK(b.run(lease, "select 1").size() == 1);
  REQUIRE_FALSE(b.db.tell(lease.to, release{}));
  const auto events = b.db.ask<events_reply>(b.db.delegate(), get_events{});
  REQUIRE(events);
  for (const auto& e : events->events) {
    INFO(e.pool << ": " << e.text);
    CHECK(e.kind != event_kind::fence);
    CHECK((e.kind != event_kind::trouble || e.sqlstate != "25006"));
  }
}

TEST_CASE("what the next borrower hears of settings begins anew", "[asking][lease]") {
  borrowed b;
  for (int i = 0; i < 3; ++i) {
    const auto lease = b.get<lease_handle>(acquire{});
    CHECK(told(b.run(lease, "select 1")).empty());
    CHECK(told(b.run(lease, "set timezone to 'Asia/Kolkata'")).size() == 1);
    REQUIRE_FALSE(b.db.tell(lease.to, release{}));
  }
}

TEST_CASE("notices of a COPY come with its result", "[asking][copy]") {
  borrowed b;
  REQUIRE(b.db.execute(statement{"create table t (n int)"}));
  REQUIRE(b.db.execute(statement{"create function say() returns trigger language plpgsql as $$ begin raise notice "
                                 "'row %', new.n; return new; end $$"}));
  REQUIRE(b.db.execute(statement{"create trigger says before insert on t for each row execute function say()"}));
  copy_in x;
  x.text = "copy t from stdin";
  const auto to = b.get<copy_writer_handle>(std::move(x));
  const std::string data = "1\n2\n";
  const auto* first = reinterpret_cast<const std::byte*>(data.data());
  REQUIRE_FALSE(b.db.tell(to.to, copy_chunk{{first, first + data.size()}, {}}));
  auto end = b.db.ask<result>(to.to, copy_end{});
  if (!end) FAIL(to_string(end.error()));
  REQUIRE(end->notices().size() == 2);
  CHECK(end->notices()[1].message == "row 2");
}
