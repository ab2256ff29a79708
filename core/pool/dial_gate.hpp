// When a pool may dial its server, and how many dials at a time: what keeps reconnects from becoming a storm.
//
//   unsettled --a dial succeeds--> settled       (two dials at a time; no pause)
//   settled --an open connection is lost, or evicted--> unsettled   (one dial at a time, the first one at once)
//   any --a dial fails, or a connection dies young--> unsettled     (a pause that doubles, one dial at a time)
//
// Knows neither connections nor requests; randomness and time are arguments. Used by pool_machine.
#pragma once

#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripool {

/// A connection that worked for this long was no flash in the pan: after it, the pauses begin anew.
inline constexpr duration dial_calm_period = std::chrono::seconds{1};
/// The shortest pause after the server said that it is full (53300): others are waiting for the same places.
inline constexpr duration dial_pause_when_full = std::chrono::milliseconds{500};

/// The gate that every dial of one pool passes.
class dial_gate {
public:
  dial_gate(duration pause_min, duration pause_max) noexcept : pauses_(pause_min, pause_max) {}

  /// A dial led to an open connection.
  void succeeded(time_point now) noexcept;
  /// An open connection has answered something: the server works, the next pause is the shortest again.
  void worked() noexcept;
  /// A dial failed, or its connection died before it was of any use. `random`: 64 random bits.
  void failed(std::string_view sqlstate, time_point now, std::uint64_t random) noexcept;
  /// An open connection broke: nobody knows what the next dial will find.
  void unsettle() noexcept { settled_ = false; }
  /// All connections were thrown away at our own wish: come back one by one, after a pause.
  void postpone(time_point now, std::uint64_t random) noexcept;
  /// Somebody who knows says that the server is well: the pause ends, but never sooner than the shortest pause after
  /// the last failure, nor at all while the server is full.
  void hasten(time_point now) noexcept;

  /// No dial may begin before this moment.
  time_point not_before() const noexcept { return not_before_; }
  /// How many dials may be under way at a time: 1 or 2.
  std::size_t parallel_max() const noexcept { return settled_ ? 2 : 1; }
  /// Whether nothing has succeeded since the last failure or eviction.
  bool failing() const noexcept { return failing_; }
  /// Whether the last dial was refused for its secret (28P01), and nothing has succeeded since.
  bool refused() const noexcept { return refused_; }

private:
  void pause(duration at_least, time_point now, std::uint64_t random) noexcept;

  backoff pauses_;
  time_point not_before_ = time_point::min();
  time_point failed_at_ = time_point::min();
  time_point succeeded_at_ = time_point::min();
  bool settled_ = false;
  bool failing_ = false;
  bool full_ = false;
  bool refused_ = false;
};

} // namespace tripool
