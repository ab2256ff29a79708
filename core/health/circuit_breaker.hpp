// Takes a pool out of preference when too many of its requests fail by its server's fault although its probes are
// answered: connections that break under every request, a full disk, a pooler without a server behind it.
//
//   closed --failure-percent of at least requests-min in 10 s--> open        (a pause with jitter, doubling)
//   open --the pause is over--> half open                                    (asks for trials)
//   half open --three trials succeed--> closed     half open --one fails--> open
//
// Trials are probes on new sessions: no caller's request is risked. A tripped pool still serves what no other can.
// Knows no request, no clock. Used by the monitor, one breaker a pool.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/time.hpp"
#include "tripool/core/util/sliding_count.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

enum class circuit : std::uint8_t { closed, open, half_open };

/// Returns the state's name: "closed", "open", "half open".
std::string_view to_string(circuit x) noexcept;

/// When a circuit opens, and how long it stays so. A pause is doubled each time that a trial fails.
struct breaker_limits {
  std::uint32_t failure_percent = 50; ///< Of its requests; 0: it never opens.
  std::size_t requests_min = 20;      ///< Fewer in ten seconds prove nothing.
  duration pause_min = std::chrono::seconds{1};
  duration pause_max = std::chrono::seconds{30};
};

/// Whether a failure is the server's fault, or its connection's, rather than the request's.
bool blames_server(const failure& x) noexcept;

/// The breaker of one pool. Moments must not go backwards; `random`: 64 random bits.
class circuit_breaker {
public:
  static constexpr std::uint32_t trials = 3; ///< That must succeed one after the other.

  explicit circuit_breaker(const breaker_limits& limits);

  /// Other limits are in force; its state and what has been counted stay.
  void reconfigure(const breaker_limits& limits) noexcept;

  /// So many requests were answered, and so many more failed by the server's fault, since the last call. Returns
  /// whether the state has changed, as do the others.
  bool count(std::uint64_t answered, std::uint64_t failed, time_point now, std::uint64_t random);
  /// A probe on a new session has ended. Ignored unless half open.
  bool trial_ended(bool success, time_point now, std::uint64_t random);
  /// Does what is due.
  bool tick(time_point now) noexcept;

  circuit state() const noexcept { return state_; }
  bool wants_trial() const noexcept { return state_ == circuit::half_open; }
  /// When `tick` has something to do; `time_point::max()`: never by itself.
  time_point next_wake() const noexcept;
  /// Why it opened last, for people.
  const std::string& reason() const noexcept { return reason_; }
  /// How often it has opened.
  std::uint64_t trips() const noexcept { return trips_; }

private:
  void open(time_point now, std::uint64_t random);

  breaker_limits limits_;
  backoff pauses_;
  sliding_count answered_;
  sliding_count failed_;
  circuit state_ = circuit::closed;
  time_point until_{};
  std::optional<time_point> closed_at_; ///< After it was open.
  std::uint32_t succeeded_ = 0;
  std::uint64_t trips_ = 0;
  std::string reason_;
};

} // namespace tripool
