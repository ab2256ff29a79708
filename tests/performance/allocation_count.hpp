// How often and how much this process has allocated so far, by replacing the global operator new. Linking the source
// file into an executable is what replaces it. Used by the allocation test and the micro benchmarks.
#pragma once

#include <cstdint>

namespace tripool::performance {

/// Since the process began, of all threads.
struct allocation_count {
  std::uint64_t calls = 0;
  std::uint64_t bytes = 0;

  friend allocation_count operator-(allocation_count x, allocation_count y) noexcept {
    return {x.calls - y.calls, x.bytes - y.bytes};
  }
};

allocation_count allocations() noexcept;

} // namespace tripool::performance
