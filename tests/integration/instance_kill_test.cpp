// Killing the service's actors one after the other under load, against real servers: every request is answered once and
// in time, the answers agree with the table, and the service goes on.
#include "service/cluster/process.hpp"
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"

#include <caf/send.hpp>

#include <functional>
#include <iostream>
#include <utility>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// The bound for being served again after a kill. Measured: some 50 ms; a machine that is busy with other things takes
/// longer.
constexpr auto again_within = 5s;

/// Finds the handle of one actor, or none while it is being started again.
using finder = std::function<caf::actor(running_instance&)>;

caf::actor connection_of(running_instance& x, std::size_t pool, bool busy) {
  const auto s = x.status();
  const auto name = default_options().pools[pool].name;
  for (const auto& p : s.pools)
    if (p.stats.name == name)
      for (const auto& c : p.connections)
        if (c.state == "open" && (!busy || c.outstanding > 0)) return c.who;
  return nullptr;
}

caf::actor find(running_instance& x, const finder& which) {
  caf::actor who;
  cluster::wait_until(10s, [&] {
    who = which(x);
    return who != nullptr;
  });
  return who;
}

void kill(running_instance& x, const caf::actor& who) {
  caf::scoped_actor self{x.system()};
  self->monitor(who);
  caf::anon_send_exit(who, caf::exit_reason::kill);
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; }, caf::after(5s) >> [] {});
  REQUIRE(down);
}

/// Kills it and waits until new requests of every kind have been done.
void kill_under_load(running_instance& x, workload& load, const std::string& what, const finder& which) {
  INFO("killing " << what);
  const auto who = find(x, which);
  REQUIRE(who);
  const auto answered = load.book().size();
  kill(x, who);
  const auto since = std::chrono::steady_clock::now();
  duration longest{0};
  for (const auto kind : {task::read, task::write, task::batch}) {
    const auto first = load.wait_until_done(since, 30, again_within, [&](const entry& e) { return e.what == kind; });
    INFO("waiting for requests of kind " << static_cast<int>(kind));
    REQUIRE(first);
    longest = std::max(longest, *first);
  }
  std::size_t doubtful = 0;
  std::size_t not_executed = 0;
  const auto book = load.book();
  for (std::size_t i = answered; i < book.size(); ++i) {
    doubtful += book[i].kind == outcome::in_doubt ? 1 : 0;
    not_executed += book[i].kind == outcome::not_executed ? 1 : 0;
  }
  std::cout << "  " << what << ": served again after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << " ms, " << doubtful
            << " in doubt, " << not_executed << " not executed\n";
}

finder pool_number(std::size_t i) {
  return [i](running_instance& x) { return x.topology().pools.at(i); };
}

} // namespace

TEST_CASE("whichever actor is killed under load, every request is answered once, in time and honestly",
          "[instance][kill]") {
  test_database home;
  home.sql(workload::table);
  running_instance x{home};
  REQUIRE(x.wait_until_writable(10s));
  const workload_options o;
  workload load{x.system(), x.delegate(), o};
  REQUIRE(load.wait_until_done(std::chrono::steady_clock::now(), 100, 10s));

  const std::vector<std::pair<std::string, finder>> victims{
    {"a busy connection of the primary pool", [](auto& i) { return connection_of(i, 0, true); }},
    {"a connection of the backup pool", [](auto& i) { return connection_of(i, 1, false); }},
    {"the primary pool", pool_number(0)},
    {"the backup pool", pool_number(1)},
    {"the failover pool", pool_number(2)},
    {"the monitor", [](auto& i) { return i.topology().monitor; }},
    {"the pool manager", [](auto& i) { return i.topology().manager; }},
    {"the credential carrier", [](auto& i) { return i.topology().carrier; }},
    {"the primary pool, again", pool_number(0)},
  };
  for (const auto& [what, which] : victims) kill_under_load(x, load, what, which);
  // Killed together: the one that would start the others again, and some of the others.
  kill_under_load(x, load, "manager and monitor at once", [](auto& i) {
    const auto t = i.topology();
    if (!t.manager || !t.monitor) return caf::actor{};
    caf::anon_send_exit(t.manager, caf::exit_reason::kill);
    return t.monitor;
  });

  const auto v = judge(load, home.home(), 0, home.name(), o);
  std::cout << "kill: " << to_string(v) << '\n';
  require_honest(v);
  CHECK(v.of(outcome::rejected) == 0);

  // All children are back.
  const auto s = x.status();
  REQUIRE(s.manager.children.size() == 3 + 3); // Carrier, monitor, listener; and the pools.
  for (const auto& c : s.manager.children) {
    INFO(c.name);
    CHECK(c.alive);
  }
  CHECK(s.delegate.manager_restarts == 2);
}

TEST_CASE("stopping the instance under load answers every request", "[instance][kill]") {
  test_database home;
  home.sql(workload::table);
  auto x = std::make_unique<running_instance>(home);
  REQUIRE(x->wait_until_writable(10s));
  const workload_options o;
  workload load{x->system(), x->delegate(), o};
  REQUIRE(load.wait_until_done(std::chrono::steady_clock::now(), 100, 10s));
  SECTION("with time to drain") {
    x->db().stop(5s);
  }
  SECTION("at once") {
    x->db().stop(0s);
  }
  const auto v = judge(load, home.home(), 0, home.name(), o);
  require_honest(v);
}
