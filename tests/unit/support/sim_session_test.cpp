// The simulated server itself: what other tests take for granted about dials, roles, probes, cancels and processes.
#include "tests/support/catch.hpp"
#include "tests/support/sim_session.hpp"

#include "tripool/core/health/probe.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace tripool;
using namespace tripool::test;

namespace {

/// A client that does what it is told and writes down what it hears.
class client final : public session_sink {
public:
  client(sim_network& net, std::string password = {}) {
    dial_target to;
    to.host = "db";
    credential with;
    with.has_password = !password.empty();
    with.password = secret{std::move(password)};
    dialled = sim_session_factory{net}.dial(to, with, [this] { ++woken; });
    listen();
  }

  void listen() { dialled->on_ready(true, true, *this); }
  void run(const std::string& sql) {
    dialled->execute(sql, {}, result_format::text);
    dialled->sync();
    dialled->flush(*this);
    listen();
  }

  void on_open(const server_info& x) override { opened = x; }
  void on_result(wire_result&& x) override { results.push_back(std::move(x)); }
  void on_lost(session_loss&& x) override { loss = std::move(x); }
  void on_notice(server_message&& x) override { notices.push_back(std::move(x)); }
  void on_notification(std::string_view, std::string_view, std::int32_t) override {}
  void on_parameter(std::string_view name, std::string_view value) override {
    parameters.push_back(std::string{name} + "=" + std::string{value});
  }

  std::unique_ptr<session> dialled;
  std::optional<server_info> opened;
  std::optional<session_loss> loss;
  std::vector<wire_result> results;
  std::vector<server_message> notices;
  std::vector<std::string> parameters;
  int woken = 0;
};

struct world {
  sim_server db;
  sim_network net;
  world() { net.add("db", 5432, db); }
};

} // namespace

TEST_CASE("a simulated dial opens, or says why not", "[sim]") {
  world w;
  SECTION("opens") {
    client c{w.net};
    REQUIRE(c.opened);
    CHECK(c.opened->address == "db:5432");
    CHECK(c.opened->in_hot_standby == false);
    CHECK(c.woken == 1);
  }
  SECTION("is refused") {
    w.db.dials().refuse = server_message{"FATAL", "57P03", "the database system is starting up", {}, {}, {}};
    client c{w.net};
    REQUIRE(c.loss);
    CHECK(c.loss->sqlstate == "57P03");
    CHECK(c.loss->during == session_loss::phase::dialling);
  }
  SECTION("needs the password") {
    w.db.dials().password = "pw";
    CHECK(client{w.net}.loss->sqlstate == "28P01");
    CHECK(client{w.net, "pw"}.opened);
  }
  SECTION("finds no room") {
    w.db.dials().sessions_max = 1;
    client first{w.net};
    CHECK(client{w.net}.loss->sqlstate == "53300");
  }
  SECTION("finds nobody") {
    w.db.crash();
    CHECK(client{w.net}.loss->sqlstate.empty());
  }
  SECTION("waits for a silent server, and is woken when it answers") {
    w.db.hang();
    client c{w.net};
    CHECK(!c.opened);
    CHECK(!c.loss);
    w.db.resume();
    CHECK(c.woken == 2);
    c.listen();
    CHECK(c.opened);
  }
}

TEST_CASE("the probe is answered with the role, on a primary and on a standby", "[sim]") {
  world w;
  client c{w.net};
  const auto probe = [&] {
    c.results.clear();
    c.run(std::string{probe_text});
    const auto facts = parse_probe(c.results.at(0).rows);
    REQUIRE(facts);
    return *facts;
  };
  CHECK(probe().role == server_role::primary);
  CHECK(probe().timeline == 1u);
  w.db.make_standby();
  CHECK(probe().role == server_role::standby);
  w.db.promote();
  CHECK(probe().role == server_role::primary);
  CHECK(probe().timeline == 2u);
  w.db.set_read_only(true);
  CHECK(probe().read_only);
  CHECK(c.parameters
        == std::vector<std::string>{"in_hot_standby=on", "in_hot_standby=off", "default_transaction_read_only=on"});
}

TEST_CASE("a standby replays what the primary has committed", "[sim]") {
  world w;
  sim_server standby;
  standby.make_standby();
  client c{w.net};
  c.run("insert 1 a");
  c.run("insert 1 b");
  standby.replay_from(w.db, 1);
  CHECK(standby.store().at("1").size() == 1);
  standby.replay_from(w.db);
  CHECK(standby.store().at("1").size() == 2);
}

TEST_CASE("a process runs what has arrived after its client has gone, then ends", "[sim]") {
  world w;
  w.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  {
    client c{w.net};
    c.run("insert 1 a");
  }
  CHECK(w.db.backends().size() == 1);
  w.db.release_delays();
  CHECK(w.db.ledger().committed("insert 1 a") == 1);
  CHECK(w.db.backends().empty());
}

TEST_CASE("a block that its client left is rolled back", "[sim]") {
  world w;
  {
    client c{w.net};
    c.run("begin");
    c.run("insert 1 a");
    CHECK(c.results.back().transaction_status == 'T');
  }
  CHECK(w.db.ledger().entries().at(0).now == sim_execution::end::rolled_back);
}

TEST_CASE("a cancel strikes what runs, and nothing else", "[sim]") {
  world w;
  client c{w.net};
  auto cancel = c.dialled->make_canceller();
  CHECK(!cancel->cancel());
  c.run("insert 1 a");
  CHECK(w.db.ledger().committed("insert 1 a") == 1);
  w.db.script().add({"insert 2 b", fault_point::before, fault_kind::delay});
  c.run("insert 2 b");
  cancel->cancel();
  c.listen();
  CHECK(c.results.at(2).error.sqlstate == "57014");
  w.db.hang();
  CHECK(cancel->cancel());
}

TEST_CASE("a failed block refuses everything but its end", "[sim]") {
  world w;
  client c{w.net};
  for (const auto* sql : {"begin", "nonsense", "insert 1 a", "commit"}) c.run(sql);
  CHECK(c.results.at(2).error.sqlstate == "42601");
  CHECK(c.results.at(3).transaction_status == 'E');
  CHECK(c.results.at(4).error.sqlstate == "25P02");
  CHECK(c.results.at(6).rows.command_tag() == "ROLLBACK");
  CHECK(c.results.at(7).transaction_status == 'I');
  CHECK(w.db.store().log().empty());
}

TEST_CASE("a simulated commit that waits for a standby is told when one has it", "[sim]") {
  world w;
  w.db.set_synchronous(true);
  client c{w.net};
  c.run("insert 1 a");
  CHECK(c.results.size() == 1); // The tag; the Sync is not answered.
  CHECK(w.db.store().at("1").size() == 1);
  SECTION("by the standby") {
    w.db.replicated(0);
    CHECK(c.results.size() == 1);
    w.db.replicated(1);
    c.listen();
    REQUIRE(c.results.size() == 2);
    CHECK(c.notices.empty());
  }
  SECTION("or by a cancel, with a warning") {
    w.db.last_backend()->cancel();
    c.listen();
    REQUIRE(c.results.size() == 2);
    REQUIRE(c.notices.size() == 1);
    CHECK(c.notices.front().sqlstate == "01000");
  }
}

TEST_CASE("what a simulated link loses never runs, and nobody says so", "[sim]") {
  world w;
  client c{w.net};
  w.db.last_backend()->link().lose_writes();
  c.run("insert 1 a");
  CHECK(c.results.empty());
  CHECK_FALSE(c.loss);
  CHECK(w.db.ledger().entries().empty());
}

TEST_CASE("a simulated ghost that rejoins has its primary's rows, and no sessions", "[sim]") {
  world w;
  sim_server other;
  client c{w.net};
  c.run("insert 1 a");
  other.make_standby();
  other.promote();
  w.db.rejoin(other);
  c.listen();
  CHECK(c.loss);
  CHECK(w.db.in_recovery());
  CHECK(w.db.timeline() == 2);
  CHECK(w.db.store().at("1").empty());
}

TEST_CASE("an error at a simulated COMMIT takes back what stood before a savepoint, too", "[sim]") {
  world w;
  client c{w.net};
  c.run("begin");
  c.run("insert 1 a");
  c.run("savepoint s");
  w.db.script().add({"insert 1 a", fault_point::before_commit, fault_kind::error, "40001"});
  c.run("commit");
  c.run("insert 2 b");
  CHECK(w.db.store().at("1").empty());
  CHECK(w.db.store().at("2").size() == 1);
}
