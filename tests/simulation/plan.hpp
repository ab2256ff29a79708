// What kind of history a seed stands for: its length, its load, its faults, and the limits that Tripool runs with.
// Knows no actor. Used by the simulation.
#pragma once

#include "tripool/core/config/options.hpp"

#include <cstdint>
#include <random>
#include <string_view>

namespace tripool::test {

/// A kind of history.
enum class sim_profile : std::uint8_t {
  mixed, ///< Most are heavy, some light; which, the seed says.
  light, ///< Hours with a request now and then and few faults.
  heavy, ///< Many requests, many faults, many deaths.
  calm,  ///< As heavy, without faults and deaths.
};

/// Reads "mixed", "light", "heavy" or "calm"; false: it is none.
bool read_profile(std::string_view text, sim_profile& out);

/// The plan of one history. Chances are percents of turns.
struct sim_plan {
  bool light = false;
  std::uint64_t turns = 0;
  std::uint64_t asks_max = 6;    ///< Requests of a turn.
  unsigned faults = 0;           ///< Chance of a fault.
  unsigned deaths = 0;           ///< Chance that somebody dies.
  bool synchronous = false;      ///< Commits wait for a standby: a failover loses nothing that was acknowledged.
  std::size_t borrowers_max = 0; ///< Borrowed sessions at a time.
  std::size_t ears = 0;          ///< Subscribers.
  bool secrets = false;          ///< Servers want a password, which changes.
  bool resilient = true;         ///< False: the simple pool alone serves, on the first server, and nobody is promoted.
  bool reloads = false;          ///< Other limits are put in force now and then.
  bool ladder = false;           ///< The resilient part falls now and then, and the simple pool serves.
  bool parameters = false;       ///< Few texts with parameters, which prove to be quick and then share connections.
  bool costly_vault = false;     ///< Tripool looks for another one only where there is reason to.
};

/// Draws the plan.
sim_plan make_plan(sim_profile profile, std::mt19937_64& random);

/// Draws the limits: the defaults, or small ones that are reached often.
options make_limits(const sim_plan& plan, std::mt19937_64& random);

/// Gives a pool small limits.
void draw_small(pool_options& to, std::mt19937_64& random);
/// Gives it the limits of another one.
void copy_sizes(const pool_options& from, pool_options& to);
/// The larger of all bounds in two configurations with the same pools.
options larger(const options& x, const options& y);

} // namespace tripool::test
