// The transaction status as followed from answers: first words of statements, and each transition.
#include "tests/support/catch.hpp"
#include "tripool/core/postgres/detail/transaction_status.hpp"

using namespace tripool::postgres;
using control = transaction_control;

TEST_CASE("statements that end a transaction are known by their first words", "[postgres]") {
  for (const char* sql :
       {"commit", "COMMIT;", "end", "End work", "rollback", "abort transaction", " \n\tcommit", "-- a comment\ncommit",
        "/* one /* nested */ */ commit", "commit and no chain", "prepare transaction 'x'"}) {
    INFO(sql);
    CHECK(control_of(sql) == control::ends);
  }
}

TEST_CASE("statements with the same tag that let a transaction go on are told apart", "[postgres]") {
  for (const char* sql : {"rollback to a", "ROLLBACK WORK TO SAVEPOINT a", "rollback /* x */ to a", "commit and chain",
                          "rollback and chain", "end transaction and chain"}) {
    INFO(sql);
    CHECK(control_of(sql) == control::continues);
  }
}

TEST_CASE("all other statements control nothing", "[postgres]") {
  for (const char* sql : {"", " ", "select 1", "begin", "create table commit()", "endless", "commits", "/* commit",
                          "--", "-- commit", "(commit)", "prepare p as select 1", "commit prepared 'x'",
                          "rollback prepared 'x'", "explain select 1", "call f()", "release savepoint a", "/"}) {
    INFO(sql);
    CHECK(control_of(sql) == control::none);
  }
}

TEST_CASE("prepared statements are known by name until they are closed", "[postgres]") {
  control_names names;
  names.prepared("c", "commit");
  names.prepared("s", "select 1");
  CHECK(names.find("c") == control::ends);
  CHECK(names.find("s") == control::none);
  names.closed("c");
  CHECK(names.find("c") == control::none);
}

TEST_CASE("the transaction status follows tags and errors", "[postgres]") {
  transaction_status s;
  CHECK(s.value() == 'I');
  s.failed(control::none, "22012");
  CHECK(s.value() == 'I');
  s.completed(control::none, "BEGIN");
  CHECK(s.value() == 'T');
  s.completed(control::none, "INSERT 0 1");
  CHECK(s.value() == 'T');
  s.failed(control::none, "22012");
  CHECK(s.value() == 'E');
  s.failed(control::none, "25P02");
  CHECK(s.value() == 'E');
  s.completed(control::continues, "ROLLBACK"); // to a savepoint
  CHECK(s.value() == 'T');
  s.completed(control::continues, "COMMIT"); // and chain
  CHECK(s.value() == 'T');
  s.completed(control::ends, "ROLLBACK"); // a COMMIT of a failed transaction
  CHECK(s.value() == 'I');
}

TEST_CASE("a COMMIT that fails while committing ends the transaction, one that never ran does not", "[postgres]") {
  transaction_status s;
  s.completed(control::none, "START TRANSACTION");
  s.failed(control::ends, "26000");
  CHECK(s.value() == 'E');
  s.is('T');
  s.failed(control::ends, "23505");
  CHECK(s.value() == 'I');
  s.is('T');
  s.failed(control::continues, "3B001");
  CHECK(s.value() == 'E');
  s.is('T');
  s.completed(control::ends, "PREPARE TRANSACTION");
  CHECK(s.value() == 'I');
}
