// What befalls servers, networks and sessions in a history, how standbys follow their primary, and how all of it ends.
// Knows the simulated servers only. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace tripool::test {

/// The faults.
class faults {
public:
  explicit faults(stage& s) : s_(s) {}

  /// One of them strikes, or ends.
  void strike();
  /// Time has passed: standbys take over a part of what they lack, and some of what is held up goes on.
  void pass();
  /// A standby becomes the primary of the next timeline; the old one crashes, hangs, or lives on as a ghost.
  void promote() { promote(static_cast<std::size_t>(s_.pick(3))); }
  /// The old one lives on.
  void promote_beside() { promote(2); }
  /// All links of a server do as one: hold answers back, or lose what is written.
  void hold_all(std::size_t i);
  void lose_all(std::size_t i);
  void reset_all(std::size_t i);
  /// All servers go down, or come up.
  void crash_all();
  void start_all();
  /// Ends all faults. Ghosts stay what they are: they must be fenced for ever.
  void heal();
  /// An orderly change of the primary: nothing is lost, and both servers are up. The old one becomes a standby, or is
  /// made read-only first and lives on as a ghost, with all its sessions.
  void switch_over();
  /// Whether a server takes part: it neither hangs nor is down.
  bool works(std::size_t i) const;

private:
  std::size_t any_server() { return static_cast<std::size_t>(s_.pick(s_.world.db.size())); }
  void of_server(std::size_t i);
  void of_dials(std::size_t i);
  void of_sessions(std::size_t i);
  void of_links(std::size_t i);
  void of_statements(std::size_t i);
  void of_administrators(std::size_t i);
  void of_standbys();
  void rejoin(std::size_t i);
  std::size_t best_standby() const;
  void promote(std::size_t how);
  void become_leader(std::size_t i);
  void replicate();

  stage& s_;
  void lose_writes(const std::shared_ptr<sim_backend>& of);

  std::vector<std::weak_ptr<sim_backend>> lossy_; ///< Whose links lose or hold what is sent; reset in the end.
  std::size_t confirmed_ = 0;    ///< Transactions that a standby is known to have: promoting less would lose them.
  std::array<bool, 3> paused_{}; ///< Standbys that take over nothing.
};

} // namespace tripool::test
