// One simulated history of the whole of Tripool, made of a seed: the real actors on the deterministic scheduler, three
// simulated servers with replication that lags, random requests, faults and deaths. One seed, one history.
// Knows no actor's inside: it judges by what callers were told and by what the servers know.
// Used by tripool-sim.
#pragma once

#include "tests/actors/actor_world.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tripool::test {

/// What came of one history.
struct sim_report {
  std::vector<std::string> broken;  ///< Promises that were broken, one line each.
  std::vector<std::string> history; ///< What happened, in its order.
  duration simulated{};
  std::size_t requests = 0;
  std::size_t done = 0;
  std::size_t not_executed = 0;
  std::size_t rejected = 0;
  std::size_t in_doubt = 0;
  std::size_t lost_by_server = 0; ///< Acknowledged by a primary whose standby was promoted without them.
};

/// A history. Not to be used again after `run`.
class simulation {
public:
  explicit simulation(std::uint64_t seed);
  /// Lets it happen. An exception that leaves the actors or the servers is a broken promise.
  sim_report run();

private:
  /// A promotion: what `old` committed beyond `fork` transactions is not in the history that survives.
  struct era {
    std::size_t old;
    std::size_t now;
    std::size_t fork;
  };

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  bool chance(unsigned percent) { return pick(100) < percent; }
  std::size_t any_server() { return static_cast<std::size_t>(pick(world_.db.size())); }
  void note(const std::string& what);

  // -- what happens (simulation.cpp, faults.cpp)
  void turn();
  void ask();
  void ask_batch();
  void pass_time();
  void replicate();
  void kill();
  void fault();
  void fault_of_server(std::size_t i);
  void fault_of_dials(std::size_t i);
  void fault_of_sessions(std::size_t i);
  void fault_of_statements(std::size_t i);
  void promote();
  void heal();

  // -- what is checked (judge.cpp)
  void check();
  void check_histories();
  void check_batches();
  void check_recovery();
  void count();
  std::optional<time_point> fence_of(const era& x);
  bool excused(const told& x, const std::string& key);

  std::mt19937_64 random_;
  actor_world world_;
  time_point begin_;
  sim_report report_;
  std::size_t leader_ = primary; ///< The primary of the highest timeline.
  std::vector<era> eras_;
  std::uint64_t asked_ = 0;
  unsigned trouble_; ///< Percent of turns with a fault.
};

} // namespace tripool::test
