// What this process holds at the moment: memory and descriptors, as the kernel counts them, and whether a series of
// such figures is flat.
// Knows no scenario. Used by the soak.
#pragma once

#include <cstddef>
#include <vector>

namespace tripool::chaos {

/// One look at this process.
struct footprint {
  double megabytes = 0; ///< Resident, after what is free has been given back.
  double in_use = 0;    ///< Megabytes that are allocated: what is resident beyond them are gaps, code and stacks.
  std::size_t descriptors = 0;
  std::size_t connected = 0; ///< Of those: connections in use, which come and go with the load. Not seen from here.
};

footprint look_at_process();

/// How much a series has grown: the median of its last third over the median of its first third. The first
/// `warm_up_rounds` are left out: pools, caches and the allocator grow to their working size in them.
struct growth {
  static constexpr std::size_t warm_up_rounds = 2;
  /// What is taken for flat: so many megabytes or so large a part of them, whichever is more, and so many descriptors
  /// beside the connections in use.
  static constexpr double megabytes_max = 8;
  static constexpr double part_max = 0.10;
  static constexpr double descriptors_max = 8;

  double megabytes = 0;
  double part = 0;
  double descriptors = 0;

  bool judged = false; ///< There were enough rounds.

  bool is_flat() const { return (megabytes <= megabytes_max || part <= part_max) && descriptors <= descriptors_max; }
};

growth growth_of(const std::vector<footprint>& rounds);

} // namespace tripool::chaos
