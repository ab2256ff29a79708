// The ladder in a history: what makes the resilient part unfit to serve, so that the simple pool does, what ends the
// simple pool, and the promise that is judged: when all is well, the resilient part serves again and nothing is left.
// Knows the delegate's questions and events, and no actor's inside. Used by the simulation.
#pragma once

#include "tests/simulation/bounds.hpp"
#include "tests/simulation/stage.hpp"

#include <cstdint>

namespace tripool::test {

/// How often which rung was stood on.
struct ladder_counts {
  std::uint64_t falls = 0;    ///< The resilient part was left for the simple pool ...
  std::uint64_t returns = 0;  ///< ... and taken back.
  std::uint64_t accepted = 0; ///< Requests that the simple pool took.
};

/// The ladder.
class ladder {
public:
  ladder(stage& s, bounds& b);
  ladder(const ladder&) = delete;
  ladder& operator=(const ladder&) = delete;
  ~ladder();

  /// Whether this history is to stand on a lower rung at some time.
  bool used() const noexcept { return s_.plan.ladder || !s_.plan.resilient; }
  /// The manager or the monitor falls silent, the manager dies until it rests, or the simple pool dies.
  void strike();
  /// The resilient part serves, if there is one, and no simple pool beside it.
  void look_at_rest();
  ladder_counts counts();
  void end();

private:
  void silence(bool manager);
  void kill_manager();
  void kill_simple();

  stage& s_;
  bounds& bounds_;
  caf::actor watcher_;
};

} // namespace tripool::test
