// Remembers the highest timeline seen in each cluster. A server that calls itself primary on a lower one is a ghost: it
// was replaced while it was away, and what is written to it is lost.
// Keep it for as long as the pools exist, and outside of what may be restarted: a fence that forgets lets ghosts in.
// Used by the routing table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tripool {

/// The highest timelines, by system identifier. A plain value.
class timeline_fence {
public:
  /// Clusters that are remembered; more than the pools of one configuration can belong to.
  static constexpr std::size_t clusters_max = 32;

  /// Takes note of a timeline. A cluster beyond `clusters_max` is not remembered.
  void observe(std::uint64_t system_identifier, std::uint32_t timeline);
  /// Returns the highest timeline seen in that cluster, 0 when none was.
  std::uint32_t highest(std::uint64_t system_identifier) const noexcept;

private:
  struct entry {
    std::uint64_t system_identifier;
    std::uint32_t timeline;
  };
  std::vector<entry> entries_;
};

} // namespace tripool
