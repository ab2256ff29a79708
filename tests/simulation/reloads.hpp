// Other limits put in force in the middle of a history, smaller and larger ones.
// Knows the delegate's order and no actor's inside. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

namespace tripool::test {

/// The reloads.
class reloads {
public:
  explicit reloads(stage& s) : s_(s) {}

  /// Another configuration is put in force. It may not be refused.
  void strike();

private:
  stage& s_;
};

} // namespace tripool::test
