// A long run: mixed load, and one random fault after another, for a given time. Every round of it ends with the account
// of all its requests, and with a look at what the process holds.
// Knows no scenario. Used by the runner.
#pragma once

#include <chrono>
#include <cstdint>

namespace tripool::chaos {

/// Plays for so long and prints a line a round and the whole account at its end. `seed` chooses the faults. Returns
/// whether every promise was kept in every round, and memory and descriptors stayed flat (see footprint.hpp).
bool soak(std::chrono::seconds how_long, std::uint64_t seed);

} // namespace tripool::chaos
