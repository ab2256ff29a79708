// What analyse() finds in a text: command, kind, conflicts with being a read, parameters, number of statements.
#include "tests/support/catch.hpp"
#include "tripool/core/statement/traits.hpp"

#include <string>

namespace tripool::test {

namespace {

read_conflict conflict(std::string_view text) {
  return analyse(text).conflict;
}

std::string culprit(std::string_view text) {
  const auto x = analyse(text);
  return x.conflict == read_conflict::none ? "" : std::string{to_string(x.culprit)};
}

statement_kind kind(std::string_view text) {
  return analyse(text).kind;
}

} // namespace

TEST_CASE("statements are counted outside quotes, comments and parentheses", "[statement][traits]") {
  for (const char* text : {"", " ", ";", " ; ;; ", "-- nothing", "/* nothing; */", ";-- a\n;"})
    CHECK(analyse(text).statements == 0);
  for (const char* text :
       {"select 1", "select 1;", ";select 1;;", "select 1; -- done", "select 1; /* a; b */ ;", "select ';'",
        "select $$;$$;", "select \";\" from t", "select (1;2)",
        "create rule r as on insert to t do also (insert into a values (1); insert into b values (2))"})
    CHECK(analyse(text).statements == 1);
  for (const char* text :
       {"select 1; select 2", "select 1;;select 2", ";select 1; $$a$$", "select 'a'';'; delete from t",
        "select E'\\''; select 1", "select $1$$;$$; select 2", "insert into t values (1)); drop table t"})
    CHECK(analyse(text).statements == 2);
  CHECK(analyse("select 1;  select 2").second_at == 11);
}

TEST_CASE("a routine's SQL body is one statement", "[statement][traits]") {
  const char* body = "create or replace function f(int) returns int language sql "
                     "begin atomic select case when $1 > 0 then 1 end; select 2 as end; end";
  CHECK(analyse(body).statements == 1);
  CHECK(analyse(body).parameters == 0);
  CHECK(analyse(std::string{body} + "; select 1").statements == 2);
  CHECK(analyse("create procedure p() begin atomic insert into t values (1); end;").statements == 1);
  CHECK(analyse("create function f(int) returns int return $1 + 1").parameters == 0);
  CHECK(analyse("create table begin (atomic int); select 1").statements == 2);
  CHECK(analyse("select begin atomic; select 1").statements == 2);
}

TEST_CASE("parameters are counted by the highest number outside quotes and comments", "[statement][traits]") {
  CHECK(analyse("select 1").parameters == 0);
  CHECK(analyse("select $1, $2, $1").parameters == 2);
  CHECK(analyse("select $3").parameters == 3);
  CHECK(analyse("select '$1', \"$2\", $$ $3 $$, $a$ $4 $a$ -- $5\n /* $6 */").parameters == 0);
  CHECK(analyse("select a$9, $2::int").parameters == 2);
  CHECK(analyse("select E'\\'$7', $1").parameters == 1);
  CHECK(analyse("select $65536").parameters == 65536);
  CHECK(analyse("select $99999999999999999999").parameters == 1'000'000'000);
  CHECK(analyse("select $1from t").parameters == 1);
}

TEST_CASE("the command is found through WITH and parentheses", "[statement][traits]") {
  CHECK(analyse("SELECT 1").command == keyword::select_);
  CHECK(analyse("  /* x */ InSeRt into t values (1)").command == keyword::insert_);
  CHECK(analyse("((select 1) union (select 2))").command == keyword::select_);
  CHECK(analyse("with a as (select 1) update t set x = 1").command == keyword::update_);
  CHECK(analyse("explain analyze select 1").command == keyword::explain_);
  CHECK(analyse("\"select\" 1").command == keyword::none);
  CHECK(analyse("selct 1").command == keyword::none);
}

TEST_CASE("commands that write are no reads", "[statement][traits]") {
  for (const char* text : {"insert into t values (1)",
                           "update t set a = 1",
                           "delete from t",
                           "merge into t using s on true when matched then delete",
                           "create table t (a int)",
                           "alter table t add b int",
                           "drop table t",
                           "truncate t",
                           "grant select on t to u",
                           "revoke select on t from u",
                           "comment on table t is 'x'",
                           "vacuum",
                           "analyze t",
                           "reindex table t",
                           "cluster t",
                           "refresh materialized view v",
                           "notify c",
                           "checkpoint",
                           "reassign owned by a to b",
                           "import foreign schema a from server b into c",
                           "security label on table t is 'x'",
                           "commit prepared 'a'",
                           "create table t as select 1"})
    CHECK(conflict(text) == read_conflict::writes);
  for (const char* text :
       {"select 1", "values (1)", "table t", "show all", "explain insert into t values (1)", "call p()",
        "do $$ begin end $$", "fetch 1 from c", "selct 1", "", "lock table t in access share mode"})
    CHECK(conflict(text) == read_conflict::none);
  CHECK(culprit("Truncate t") == "TRUNCATE");
}

TEST_CASE("writes inside WITH are found, and names that look like them are not", "[statement][traits]") {
  CHECK(culprit("with a as (insert into t values (1) returning *) select * from a") == "INSERT");
  CHECK(culprit("with a as (select 1), b as not materialized (delete from t returning *) select * from b") == "DELETE");
  CHECK(culprit("with recursive a(x, y) as (select 1, 2) update t set x = 1") == "UPDATE");
  CHECK(culprit("with recursive as (select 1) delete from t") == "DELETE");
  CHECK(culprit("with recursive(a) as (select 1) delete from t") == "DELETE");
  CHECK(culprit("with a as materialized (with b as (select 1) insert into t select * from b returning *) table a")
        == "INSERT");
  CHECK(culprit("with a as (with b as (delete from t returning *) select * from b) select 1") == "DELETE");
  CHECK(culprit("(with a as (merge into t using s on true when matched then delete returning 1) select 1)") == "MERGE");
  CHECK(culprit("with a as (select 1) search depth first by x, y set z, b as (delete from t returning 1) select 1")
        == "DELETE");
  CHECK(
    culprit(
      "with a as (select 1) cycle x, y set z to true default false using p, \"b\" as (update t set a = 1 returning 1) "
      "select 1")
    == "UPDATE");
  CHECK(culprit("with \"a\" as ((select 1)) (select 2)").empty());
  CHECK(culprit("with a as (select 1) (select 2)").empty());
  for (const char* text :
       {"with update as (select 1) select * from update",
        "with insert(delete) as (values (1)) select delete from insert",
        "with a as (select 1), delete as materialized (select 2) select * from a, delete",
        "with a as (select 1) search breadth first by delete, update set insert select 1",
        "with a as (select 1) cycle x set update using delete select 1", "select insert, update, delete from t",
        "select t.update from t", "select 1 as delete", "select 1 as into", "select x.into from x",
        "select count(delete) from t", "select * from json_to_record('{}') as (insert text, update int)",
        "select replace(a, 'insert', 'update') from t", "select 'delete from t'", "select 1 -- delete\n",
        "select (select 1) update", "select cast(1 as int) insert"})
    CHECK(culprit(text).empty());
}

TEST_CASE("WITH nested too deep to follow counts as a write", "[statement][traits]") {
  std::string text = "select 1";
  for (int i = 0; i < 40; ++i) text = "with a as (" + text + ") select 2";
  CHECK(conflict(text) == read_conflict::writes);
}

TEST_CASE("EXPLAIN writes only when it runs what it explains", "[statement][traits]") {
  for (const char* text :
       {"explain delete from t", "explain (costs off) delete from t", "explain verbose delete from t",
        "explain (analyze false, verbose) delete from t", "explain (analyze off) delete from t",
        "explain select 1 into t", "explain select * from t for update", "explain (select 1)", "explain ((select 1))",
        "explain analyze select 1", "explain (analyze) (select 1)",
        "explain (analyze) with delete as (select 1) select 1"})
    CHECK(conflict(text) == read_conflict::none);
  for (const char* text :
       {"explain analyze delete from t", "explain analyse verbose delete from t", "explain (analyze) delete from t",
        "explain (verbose, analyze true, buffers off) delete from t",
        "explain (analyze) with a as (delete from t returning *) select * from a",
        "explain analyze create table t as select 1"})
    CHECK(conflict(text) == read_conflict::writes);
  CHECK(conflict("explain analyze select 1 into t") == read_conflict::selects_into);
  CHECK(kind("explain analyze create temp table t as select 1") == statement_kind::temporary_object);
  CHECK(kind("explain create temp table t as select 1") == statement_kind::ordinary);
}

TEST_CASE("SELECT INTO and row locks are no reads", "[statement][traits]") {
  CHECK(conflict("select * into t from s") == read_conflict::selects_into);
  CHECK(conflict("with a as (select 1) select * into t from a") == read_conflict::selects_into);
  CHECK(conflict("(select 1 into t)") == read_conflict::selects_into);
  for (const char* text :
       {"select * from t for update", "select * from t for no key update skip locked", "select * from t for share of t",
        "select * from t for key share nowait", "select * from (select * from t for update) x",
        "with a as (select * from t for share) select * from a", "select substring((select a from t for update), 1)"})
    CHECK(conflict(text) == read_conflict::locks_rows);
  for (const char* text :
       {"select substring(a for share) from t", "select overlay(a placing b from 1 for update) from t",
        "select 1 as for, update from t", "select x.for update from x", "select a for_update from t"})
    CHECK(conflict(text) == read_conflict::none);
  CHECK(culprit("with a as (select * from t for share), b as (insert into t select 1 returning *) select 1")
        == "INSERT");
}

TEST_CASE("transaction control is told from what resembles it", "[statement][traits]") {
  for (const char* text :
       {"begin", "start transaction read only", "commit", "end", "rollback", "rollback to savepoint a", "abort",
        "savepoint a", "release a", "prepare transaction 'x'", "commit and chain", "begin;"})
    CHECK(kind(text) == statement_kind::transaction_control);
  CHECK(kind("commit prepared 'x'") == statement_kind::finish_prepared);
  CHECK(kind("rollback prepared 'x'") == statement_kind::finish_prepared);
  CHECK(kind("do $$ begin commit; end $$") == statement_kind::ordinary);
}

TEST_CASE("session state is told from a transaction's state", "[statement][traits]") {
  for (const char* text : {"set a = 1",
                           "set session a = 1",
                           "set session characteristics as transaction read only",
                           "set role x",
                           "set time zone 'UTC'",
                           "set local = 1",
                           "set local to 1",
                           "set local.a = 1",
                           "set transaction.a to 1",
                           "reset all",
                           "listen a",
                           "unlisten *",
                           "discard all",
                           "deallocate a",
                           "prepare a as select 1",
                           "prepare a (int) as insert into t values ($1)",
                           "execute a",
                           "load 'x'",
                           "declare c cursor with hold for select 1",
                           "declare c no scroll cursor with hold for select 1"})
    CHECK(kind(text) == statement_kind::session_state);
  for (const char* text :
       {"set local a = 1", "set local a.b = 1", "set local \"a\" = 1", "set transaction read only",
        "set constraints all deferred", "set constraints \"a\" immediate", "declare c cursor for select 1",
        "declare c cursor without hold for with hold as (select 1) select * from hold"})
    CHECK(kind(text) == statement_kind::transaction_state);
  CHECK(kind("update t set a = 1") == statement_kind::ordinary);
  CHECK(kind("copy t from stdin") == statement_kind::copy);
  CHECK(kind("copy (select 1) to stdout") == statement_kind::copy);
}

TEST_CASE("temporary objects are found unless the commit drops them", "[statement][traits]") {
  for (const char* text : {"create temp table t (a int)", "create local temporary table t (a int)",
                           "create or replace temp view v as select 1", "create temp sequence s",
                           "create temp table t on commit delete rows as select 1", "select 1 into temp t",
                           "select 1 into temporary table t", "select 1 into local temp t"})
    CHECK(kind(text) == statement_kind::temporary_object);
  for (const char* text :
       {"create temp table t (a int) on commit drop", "create temp table t on commit drop as select 1",
        "create table temp (a int)", "insert into temp values (1)", "select temp from t",
        "with a as (insert into temp values (1) returning 1) select * from a", "create table t (temp int)"})
    CHECK(kind(text) == statement_kind::ordinary);
}

TEST_CASE("statements that refuse a transaction block, or commit by themselves, are marked", "[statement][traits]") {
  for (const char* text :
       {"vacuum t", "call p()", "do $$ $$", "create database d", "drop database d", "create tablespace s location 'x'",
        "alter system set a = 1", "create unique index concurrently i on t (a)", "drop index concurrently i",
        "reindex table t", "cluster", "commit prepared 'x'", "create subscription s connection '' publication p"})
    CHECK(analyse(text).own_transaction);
  for (const char* text : {"select 1", "create index i on t (a)", "create table database (a int)", "analyze t",
                           "insert into t values (1)"})
    CHECK_FALSE(analyse(text).own_transaction);
}

TEST_CASE("any text gets an answer", "[statement][traits]") {
  CHECK(analyse(std::string(10'000, '(')).statements == 1);
  CHECK(analyse(std::string(10'000, ')')).statements == 1);
  CHECK(analyse("explain").command == keyword::explain_);
  CHECK(analyse("with").command == keyword::with_);
  CHECK(analyse("set").kind == statement_kind::session_state);
  CHECK(analyse("'a").unterminated);
  CHECK(analyse("select 1; /* a").statements == 1);
  CHECK(analyse("select 1; /* a").unterminated);
}

} // namespace tripool::test
