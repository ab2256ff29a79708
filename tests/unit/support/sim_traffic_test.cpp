// How the simulated server counts what shares a Sync.
#include "tests/support/catch.hpp"
#include "tests/support/driven_session.hpp"
#include "tests/support/sim_session.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;

namespace {

struct network {
  network() {
    net.add("db", 5432, db);
    to.host = "db";
  }

  sim_server db;
  sim_network net;
  dial_target to;
  sim_session_factory factory{net};
};

struct world : network {
  world() { REQUIRE(session.open()); }
  /// Runs statements behind one Sync.
  void run(const std::vector<std::string>& all) {
    for (const auto& sql : all) REQUIRE(session->execute(sql, {}, result_format::text));
    REQUIRE(session->sync());
    session->flush(session.heard);
    session->on_ready(true, true, session.heard);
  }

  driven_session session{factory, to, {}};
};

} // namespace

TEST_CASE("the simulated server counts statements alone, blocks together and reads that share one", "[sim]") {
  world w;
  const auto& t = w.db.traffic();
  w.run({"insert a 1"});
  CHECK(t.alone == 1);
  w.run({"begin", "insert b 1", "commit"});
  CHECK(t.frames == 1);
  CHECK(t.framed == 0); // A block that shares its Sync with no other.
  w.run({"begin", "insert c 1", "commit", "begin", "insert d 1", "commit"});
  CHECK(t.frames == 3);
  CHECK(t.framed == 1);
  w.run({"begin read only", "select a", "select b", "commit"});
  CHECK(t.shared == 1);
  CHECK(t.reads == 2);
  w.run({"begin read only", "select a", "select b", "select c", "commit", "begin", "insert e 1", "commit"});
  CHECK(t.shared == 2);
  CHECK(t.reads == 5);
  CHECK(t.alone == 1);
  CHECK(t.framed_broken == 0);
  CHECK(t.shared_broken == 0);
}

TEST_CASE("the simulated server counts what an error broke off", "[sim]") {
  world w;
  const auto& t = w.db.traffic();
  w.run({"begin", "bad words", "commit", "begin", "insert d 1", "commit"});
  CHECK(t.framed == 1);
  CHECK(t.framed_broken == 1);
  w.run({"rollback"});
  w.run({"begin read only", "select a", "insert b 1", "select c", "commit"});
  CHECK(t.shared == 1);
  CHECK(t.shared_broken == 1);
  w.run({"rollback"});
  CHECK(t.alone == 0);
}
