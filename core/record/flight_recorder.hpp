// The flight recorder: the last events of a service and the last requests whose way was not straight, both bounded.
// Answers what happened last, what happened to request N, and why pool X turned unhealthy.
// Knows no clock and no actor. Not thread-safe: event_book (actors) puts a lock around it.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/record/service_event.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// A request that was answered with a failure of Tripool's, or in doubt.
struct request_note {
  std::uint64_t request = 0; ///< As in failure::request.
  time_point at{};           ///< When it was answered.
  failure what;
};

/// Which events are wanted.
struct event_filter {
  std::uint64_t after = 0;          ///< Only those with a greater serial.
  std::string pool{};               ///< Only about this pool, where not empty.
  std::uint32_t kinds = all_events; ///< Only of these kinds; see mask_of.
  std::uint64_t request = 0;        ///< Only about this request, where not 0.
  std::size_t limit = 1000;         ///< The newest, at most so many.
};

/// The recorder.
class flight_recorder {
public:
  /// Equal events within this time and this close to each other are counted instead of kept.
  static constexpr duration merge_within = std::chrono::seconds{10};
  static constexpr std::size_t merge_depth = 12;
  /// How far back the causes of a change of health are looked for, and how many are told.
  static constexpr duration cause_within = std::chrono::seconds{60};
  static constexpr std::size_t causes_max = 20;
  /// Texts are cut to this many bytes.
  static constexpr std::size_t text_max = 500;

  explicit flight_recorder(std::size_t events_max = 1000, std::size_t requests_max = 1000)
    : events_max_(events_max), requests_max_(requests_max) {}

  /// Keeps an event under the next serial and returns it; a repetition of a recent one only raises its count, and
  /// returns the event with `count` above 1. The oldest goes when the ring is full.
  const service_event& add(service_event x);
  /// Keeps what became of a request.
  void note(request_note x);

  /// The events that pass the filter, oldest first.
  std::vector<service_event> events(const event_filter& f) const;
  /// Why the pool came into its present state: its last change of health, and what was recorded about it before, oldest
  /// first. Empty when it never changed.
  std::vector<service_event> why(std::string_view pool) const;
  /// What became of a request, as far as it is remembered.
  std::vector<request_note> requests(std::uint64_t request) const;
  /// The last requests that failed, oldest first.
  std::vector<request_note> last_requests(std::size_t limit) const;
  std::uint64_t last_serial() const noexcept { return serial_; }

private:
  std::size_t events_max_;
  std::size_t requests_max_;
  std::uint64_t serial_ = 0;
  std::deque<service_event> events_;
  std::deque<request_note> requests_;
};

} // namespace tripool
