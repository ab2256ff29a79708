// One who notifies with numbers and listens to itself: each number that was committed is heard, or falls into a gap
// that was told. Blocking, one thread.
// Knows no fault. Used by the scenario of lost listeners.
#pragma once

#include "tests/chaos/stage.hpp"
#include "tripool/actors/client/blocking_client.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace tripool::chaos {

/// The listener. Functions throw `stage_error`.
class hearing {
public:
  hearing(caf::actor_system& sys, const caf::actor& delegate);

  /// Notifies so often, one commit each, and takes in what has arrived meanwhile.
  void notify(int times);
  /// Waits until a gap has been told and is over.
  void until_again(const std::string& after);
  /// How many committed numbers were neither heard nor fell into a gap, once the last one has been heard.
  std::uint64_t untold();
  /// The longest time from the call of `until_again` to its return.
  duration longest() const noexcept { return longest_; }

private:
  void take_in(std::chrono::milliseconds limit);
  void heard(std::int64_t n);

  blocking_client client_;
  std::int64_t next_ = 0;
  std::set<std::int64_t> owed_; ///< Committed, and not heard yet.
  bool in_gap_ = false;
  std::uint64_t gaps_over_ = 0;
  std::uint64_t untold_ = 0;
  duration longest_{0};
};

} // namespace tripool::chaos
