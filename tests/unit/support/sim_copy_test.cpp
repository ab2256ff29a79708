// COPY on the simulated server: what actor tests take for granted about it.
#include "tests/support/catch.hpp"
#include "tests/support/driven_session.hpp"
#include "tests/support/sim_session.hpp"

#include <string>

using namespace tripool;
using namespace tripool::test;
using kind = wire_result::kind;

namespace {

struct world {
  world() {
    net.add("db", 5432, db);
    to.host = "db";
  }

  sim_server db;
  sim_network net;
  dial_target to;
  sim_session_factory factory{net};
};

} // namespace

TEST_CASE("a simulated COPY takes rows, gives them back, and refuses what is bad", "[sim][copy]") {
  world w;
  driven_session s{w.factory, w.to, {}};
  REQUIRE(s.open());
  REQUIRE(s.begin_copy("copy k from stdin"));
  CHECK(s.heard.copies.back().direction == copy_direction::in);
  CHECK_FALSE(s->sync());
  CHECK(s.put("one\ntw"));
  CHECK(s.put("o\n"));
  CHECK(s.end_copy().rows.command_tag() == "COPY 2");
  CHECK(w.db.store().at("k") == sim_store::rows{"one", "two"});
  CHECK(w.db.ledger().committed("copy k from stdin") == 1);

  REQUIRE(s.begin_copy("copy k from stdin"));
  CHECK(s.put("three\nbad\n"));
  CHECK(s.end_copy().error.sqlstate == "22P02");
  REQUIRE(s.begin_copy("copy k from stdin"));
  CHECK(s.put("three\n"));
  CHECK(s.end_copy("changed my mind").error.sqlstate == "57014");
  CHECK(w.db.store().at("k").size() == 2);

  const auto first = s.heard.results.size();
  REQUIRE(s.begin_copy("copy k to stdout"));
  REQUIRE(s.await_results(first + 1));
  CHECK(s.heard.copied == "one\ntwo\n");
  CHECK(s.heard.results.back().rows.command_tag() == "COPY 2");
  CHECK_FALSE(s.begin_copy("copy nonsense"));
  CHECK(s.heard.results.back().error.sqlstate == "42601");
  CHECK(s.run("insert k three").what == kind::complete);
}

TEST_CASE("a simulated COPY in a block is undone with it", "[sim][copy]") {
  world w;
  driven_session s{w.factory, w.to, {}};
  REQUIRE(s.open());
  s.run("begin");
  REQUIRE(s.begin_copy("copy k from stdin"));
  CHECK(s.put("one\n"));
  CHECK(s.end_copy().transaction_status == 'T');
  s.run("rollback");
  CHECK(w.db.store().at("k").empty());
}

TEST_CASE("a simulated COPY waits while its consumer pauses, and is lost with its server", "[sim][copy]") {
  world w;
  driven_session s{w.factory, w.to, {}};
  REQUIRE(s.open());
  int pieces = 0;
  s.heard.after_copy_data = [&](auto) {
    ++pieces;
    s->pause_copy();
  };
  s->begin_copy("copy big 3 to stdout");
  s->flush(s.heard);
  s->on_ready(true, true, s.heard);
  CHECK(pieces == 1);
  s->on_ready(true, true, s.heard);
  CHECK(pieces == 1);
  s->resume_copy(s.heard);
  CHECK(pieces == 2);
  SECTION("to its end") {
    s->resume_copy(s.heard);
    s->resume_copy(s.heard);
    CHECK(pieces == 3);
    CHECK(s.heard.results.back().rows.command_tag() == "COPY 3");
  }
  SECTION("lost") {
    s->resume_copy(s.heard);
    s->resume_copy(s.heard);
    REQUIRE(s.begin_copy("copy k from stdin"));
    w.db.crash();
    REQUIRE(s.await_loss());
    CHECK_FALSE(s->copy_put({}));
    CHECK(w.db.store().at("k").empty());
  }
}
