// What is promised of priorities where more is asked than a pool can take: a full queue keeps the more urgent, and what
// is shed for overload is the least urgent. Judged by the answers to a burst that nothing else happens in.
// Knows deeds and limits only. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include <vector>

namespace tripool::test {

/// When nothing has happened since `all` were asked, but the queues' own decisions: who was turned away from a full
/// queue found it full of those that are at least as urgent.
void judge_full_queue(stage& s, const std::vector<deed_ptr>& all);

/// When nothing has happened since `all` were asked but that time has passed, while no server answers: nobody was shed
/// while somebody less urgent went on waiting.
void judge_shedding(stage& s, const std::vector<deed_ptr>& all);

} // namespace tripool::test
