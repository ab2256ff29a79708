// Three services on three addresses, each a process of its own, and one caller: it is spread over them, survives the
// sudden end of two, finds one that comes back, and keeps its account all the while.
#include "tests/integration/workload.hpp"
#include "tests/remote/processes.hpp"

#include "tripool/actors/error.hpp"

#include <caf/event_based_actor.hpp>

#include <future>
#include <iostream>
#include <memory>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

void require_served(workload& load) {
  const auto since = steady::now();
  for (const auto kind : {task::read, task::write, task::batch})
    REQUIRE(load.wait_until_done(since, 20, 15s, [&](const entry& e) { return e.what == kind; }));
}

} // namespace

TEST_CASE("a caller of three nodes survives the sudden end of two under load, and its account is right",
          "[remote][nodes]") {
  test_database home;
  home.sql(workload::table);
  service_group all{home, 3};
  auto& nodes = all.nodes;
  remote_caller caller{all.places};
  REQUIRE(caller.wait_for_nodes(3));
  const workload_options o;
  workload load{caller.system(), caller.proxy(), o};
  require_served(load);
  for (const auto& n : caller.status().nodes) CHECK(n.dials == 1);

  nodes[0]->kill();
  require_served(load);
  nodes[1]->kill();
  require_served(load);
  CHECK(caller.wait_for_nodes(1));
  nodes[0]->start();
  CHECK(caller.wait_for_nodes(2));
  require_served(load);
  // One that is stopped in an orderly way hands nobody an error that another node could have spared.
  REQUIRE(nodes[2]->stop() == 0);
  require_served(load);

  const auto v = judge(load, home.home(), 0, home.name(), o);
  std::cout << "three nodes, two lost: " << to_string(v) << '\n';
  require_honest(v);
  CHECK(v.of(outcome::rejected) == 0);
  REQUIRE(nodes[0]->stop() == 0);
}

namespace {

/// One service in a process of its own, and a caller that has reached it.
struct node_and_caller {
  explicit node_and_caller(test_database& home)
    : node{config_for(home, folder), {"127.0.0.2", must(cluster::find_free_ports(1))[0]}}, caller{{node.at()}} {
    REQUIRE(caller.wait_for_nodes(1));
  }

  remote_folder folder;
  service_process node;
  remote_caller caller;
};

/// Sends it to a session without waiting, and keeps how it ends.
template <class Message>
std::future<std::string> end_of(caf::actor_system& sys, const caf::actor& to, Message x) {
  auto out = std::make_shared<std::promise<std::string>>();
  auto end = out->get_future();
  // With an argument, since CAF 0.17 refers to the arguments of a function that has none through a null pointer.
  sys.spawn(
    [=](caf::event_based_actor* self, const caf::actor& session) {
      self->request(session, caf::infinite, x)
        .then([out](const result&) { out->set_value("done"); },
              [out](const caf::error& e) { out->set_value(std::string{to_string(failure_of(e).kind)}); });
    },
    to);
  return end;
}

} // namespace

TEST_CASE("with its COMMIT on the way a statement of a lost transaction is in doubt, without it is not executed",
          "[remote][nodes]") {
  test_database home;
  home.sql("create table t (n bigint)");
  node_and_caller both{home};
  auto& node = both.node;
  auto& caller = both.caller;
  auto db = caller.client();
  for (const bool committing : {true, false}) {
    auto begun = db.ask<transaction_handle>(caller.proxy(), begin{});
    REQUIRE(begun);
    auto written = end_of(caller.system(), begun->to, asking("insert into t select 1 from pg_sleep(1)"));
    REQUIRE(cluster::wait_until(10s, [&] {
      return home.value("select count(*) from pg_stat_activity where query like 'insert into t%' and state = 'active'")
             == "1";
    }));
    std::future<std::string> committed;
    if (committing) {
      committed = end_of(caller.system(), begun->to, commit{});
      REQUIRE(cluster::wait_until(10s, [&] { return caller.status().calls == 2; }));
    }
    node.kill();
    REQUIRE(written.wait_for(30s) == std::future_status::ready);
    CHECK(written.get() == (committing ? "in_doubt" : "not_executed"));
    if (committing) {
      REQUIRE(committed.wait_for(30s) == std::future_status::ready);
      CHECK(committed.get() == "in_doubt");
    }
    node.start();
    REQUIRE(caller.wait_for_nodes(1));
  }
  CHECK(node.stop() == 0);
}

TEST_CASE("a session that is lent after its caller was answered goes back", "[remote][nodes]") {
  test_database home;
  node_and_caller both{home};
  auto& node = both.node;
  auto& caller = both.caller;
  auto db = caller.client();
  REQUIRE(db.execute(asking("select 1", access::read)));
  node.program().signal(SIGSTOP);
  acquire late;
  late.timeout = 200ms;
  const auto refused = db.ask<lease_handle>(caller.proxy(), late);
  CHECK_FALSE(refused);
  node.program().signal(SIGCONT);
  REQUIRE(db.execute(asking("select 1", access::read)));
  // Whatever the node lent in the meantime is back.
  REQUIRE(cluster::wait_until(10s, [&] {
    const auto s = db.ask<service_status>(caller.proxy(), get_service_status{});
    return s && s->pools.at(0).stats.connections.lent == 0;
  }));
  CHECK(node.stop() == 0);
}

TEST_CASE("serve says what is wrong with where it is to listen, and never listens openly by accident",
          "[remote][nodes]") {
  test_database home;
  remote_folder folder;
  const auto config = config_for(home, folder);
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> all{TRIPOOL_EXECUTABLE, "serve", "--config", config};
    all.insert(all.end(), more.begin(), more.end());
    child_program p{all};
    const auto code = p.wait_for_end(30s);
    REQUIRE(code);
    return std::pair{*code, p.errors()};
  };
  CHECK(run({"--listen", "nowhere"}).first == 2);
  CHECK(run({"--listen", "127.0.0.1:1", "--tls-certificate", "/nowhere"}).first == 2);
  CHECK(run({"--tls-key", "x"}).first == 2);
  const auto open = run({"--listen", "0.0.0.0:0"});
  CHECK(open.first == 1);
  CHECK(open.second.find("without TLS") != std::string::npos);
}
