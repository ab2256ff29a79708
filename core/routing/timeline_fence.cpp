// The memory of timelines: a handful of entries, searched in a line.
#include "tripool/core/routing/timeline_fence.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>

namespace tripool {

void timeline_fence::observe(std::uint64_t system_identifier, std::uint32_t timeline) {
  const auto i = std::ranges::find(entries_, system_identifier, &entry::system_identifier);
  if (i != entries_.end()) {
    i->timeline = std::max(i->timeline, timeline);
  } else if (entries_.size() < clusters_max) {
    entries_.push_back({system_identifier, timeline});
  }
}

std::uint32_t timeline_fence::highest(std::uint64_t system_identifier) const noexcept {
  const auto i = std::ranges::find(entries_, system_identifier, &entry::system_identifier);
  return i == entries_.end() || mutated(mutation::no_timeline_fence) ? 0 : i->timeline;
}

} // namespace tripool
