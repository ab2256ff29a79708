// The bounds that hold at every moment: sessions on each server, dials, requests in hand; and what may be left when all
// has come to rest.
// Knows the servers and the actors' published status. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace tripool::test {

/// The bounds.
class bounds {
public:
  explicit bounds(stage& s);

  /// Looks at everything that may not be exceeded.
  void look();
  /// An actor has died: what it leaves behind ends in its own time, beside its successor's.
  void died(const std::string& name);
  /// A simple pool serves from now on.
  void fell() { ++simple_; }
  /// When all has come to rest: no connection lent, no transaction open, no session too many.
  void look_at_rest();

private:
  void look_at_sessions(std::size_t i);
  void look_at_dials(std::size_t i);
  void look_at_requests();

  stage& s_;
  std::size_t generations_ = 1; ///< How many sets of connections there may be at a time.
  std::size_t simple_ = 0;      ///< How many sets of the simple pool's.
  std::array<std::deque<std::pair<time_point, std::uint64_t>>, 3> dials_; ///< In the last seconds: when, how many.
};

} // namespace tripool::test
