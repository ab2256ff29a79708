// One simulated history of the whole of Tripool, made of a seed: the real actors on the deterministic scheduler, three
// simulated servers with replication that lags, random requests, faults and deaths. One seed, one history.
// Knows no actor's inside: it judges by what callers were told and by what the servers know.
// Used by tripool-sim and the simulation's own tests.
#pragma once

#include "tests/simulation/asker.hpp"
#include "tests/simulation/borrowers.hpp"
#include "tests/simulation/bounds.hpp"
#include "tests/simulation/ears.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/ladder.hpp"
#include "tests/simulation/passwords.hpp"
#include "tests/simulation/reloads.hpp"
#include "tests/simulation/stage.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tripool::test {

/// What came of one history.
struct sim_report {
  std::vector<std::string> broken;  ///< Promises that were broken, one line each.
  std::vector<std::string> history; ///< What happened, in its order, and then what everybody was told.
  duration simulated{};
  bool light = false;
  std::size_t requests = 0;
  std::size_t done = 0;
  std::size_t not_executed = 0;
  std::size_t rejected = 0;
  std::size_t in_doubt = 0;
  ladder_counts ladder;
  sim_traffic traffic;
  std::size_t lost_by_server = 0; ///< Acknowledged by a primary whose standby was promoted without them.
};

/// A history. Not to be used again after `run`.
class simulation {
public:
  explicit simulation(std::uint64_t seed, sim_profile profile = sim_profile::mixed);
  ~simulation();
  /// Lets it happen. An exception that leaves the actors or the servers is a broken promise.
  sim_report run();

private:
  void play();
  void turn();
  void pass_time();
  void kill();
  void disaster();
  void flood();
  void lose_failover();
  void lose_notifications();
  void kill_pool_and_connections();
  void fall();
  void advance(duration x);
  void look();
  void calm(duration x);
  void come_to_rest();
  void check_service();
  bool served_within(duration limit);
  void check_silence();
  void check_failover();
  void check_password();
  void count();

  stage s_;
  asker asker_;
  borrowers borrowers_;
  ears ears_;
  faults faults_;
  passwords passwords_;
  reloads reloads_;
  bounds bounds_;
  ladder ladder_;
  sim_report report_;
};

} // namespace tripool::test
