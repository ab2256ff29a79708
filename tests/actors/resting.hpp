// A service whose manager rests, so that the simple pool serves and nothing brings the resilient part back.
// Used by the tests of the simple pool.
#pragma once

#include "tests/actors/actor_world.hpp"

namespace tripool::test {

/// A budget that is used up soon, and for a minute.
inline options soon_resting() {
  auto o = world_options();
  o.supervision.restarts_max = 2;
  o.supervision.restarts_window = std::chrono::seconds{60};
  return o;
}

/// The manager dies until it rests. `w` was made with `soon_resting()`.
inline void wear_out_manager(actor_world& w) {
  for (int i = 0; i < 3; ++i) {
    w.strike(w.topology().manager, death::kill);
    w.advance(std::chrono::milliseconds{100});
  }
}

} // namespace tripool::test
