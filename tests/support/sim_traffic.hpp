// How statements shared a Sync: what a simulated server counts to show which ways of sharing a history has reached.
// Judges nothing. Used by the simulated processes, and by the simulation's report.
#pragma once

#include "tests/support/sim_sql.hpp"

#include <cstdint>

namespace tripool::test {

/// Numbers of Syncs and of what stood before them.
struct sim_traffic {
  std::uint64_t alone = 0;         ///< One statement without a block, the whole work of its Sync.
  std::uint64_t frames = 0;        ///< Blocks that began and ended before the same Sync, but for shared ones.
  std::uint64_t framed = 0;        ///< Syncs with two or more blocks.
  std::uint64_t framed_broken = 0; ///< In which a statement failed: what stood behind it was skipped.
  std::uint64_t reads = 0;         ///< Statements in READ ONLY blocks of two or more.
  std::uint64_t shared = 0;        ///< Syncs with such a block.
  std::uint64_t shared_broken = 0; ///< In which a statement failed.

  sim_traffic& operator+=(const sim_traffic& x) noexcept;
};

/// What stands before the next Sync of one process.
class sim_group {
public:
  /// A statement ran, or failed.
  void took(const sim_command& c, bool failed) noexcept;
  /// A message was skipped behind a failure.
  void skipped() noexcept { ++skipped_; }
  /// A Sync came. Adds to `to` and begins anew.
  void end(sim_traffic& to) noexcept;

private:
  void leave() noexcept;

  std::uint64_t alone_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t inside_ = 0; ///< Statements of the block that stands open.
  bool open_ = false;        ///< A block began before this Sync and has not ended.
  bool read_only_ = false;
  bool failed_ = false;
};

} // namespace tripool::test
