// The way of a query through Tripool, from the caller's message to its answer, with everything real but the server:
// delegate, pool, connections and callers on the event loop. Runs a given number of queries, so that what they cost -
// allocations, instructions - can be counted; the same number takes the same way each time.
// Knows no clock. Used by the allocation test and by the program whose instructions are counted.
#pragma once

#include "tripool/core/statement/statement.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tripool::performance {

/// What is run.
struct hot_path_options {
  std::size_t connections = 2; ///< With more the pool would try out by the clock how many to keep busy.
  std::size_t callers = 64;
  access mode = access::read; ///< Point selects declared reads, or updates.
};

/// A running instance with its callers at rest between two runs.
class hot_path {
public:
  explicit hot_path(const hot_path_options& o);
  ~hot_path();
  hot_path(const hot_path&) = delete;
  hot_path& operator=(const hot_path&) = delete;

  /// Whether the instance serves.
  bool ready() const noexcept { return ready_; }
  /// The callers ask until `queries` have been answered together. Returns how many were answered as they should be:
  /// fewer after a wrong answer, an error, or a minute without an end.
  std::uint64_t run(std::uint64_t queries);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
  bool ready_ = false;
};

} // namespace tripool::performance
