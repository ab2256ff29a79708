// Dates and times as the server has them, over std::chrono: a point in time that may be one of the infinities, a time
// of day with or without a zone, and an interval with months and days of their own. Microseconds, as the server counts.
// Knows nothing of results and parameters: the codecs are in codec/date_time.hpp. Used by callers.
#pragma once

#include <cassert>
#include <chrono>
#include <compare>
#include <cstdint>

namespace tripool {

/// A point in time, or one of the infinities, which lie beyond all points.
template <class Point>
class unbounded {
public:
  using point_type = Point;

  constexpr unbounded() = default;
  constexpr unbounded(Point x) noexcept : at_(x) {}
  static constexpr unbounded infinity() noexcept { return unbounded{1}; }
  static constexpr unbounded minus_infinity() noexcept { return unbounded{-1}; }

  constexpr bool is_finite() const noexcept { return side_ == 0; }
  /// Precondition: finite.
  constexpr Point value() const noexcept {
    assert(is_finite());
    return at_;
  }

  friend constexpr auto operator<=>(const unbounded&, const unbounded&) = default;

private:
  explicit constexpr unbounded(int side) noexcept : side_(static_cast<std::int8_t>(side)) {}

  std::int8_t side_ = 0; ///< -1 and 1 are the infinities.
  Point at_{};
};

/// A calendar day, or an infinity. std::chrono::year_month_day converts from and to std::chrono::sys_days.
using date = unbounded<std::chrono::sys_days>;
/// A reading of calendar and clock, without a zone; or an infinity.
using timestamp = unbounded<std::chrono::local_time<std::chrono::microseconds>>;
/// A point in time; or an infinity. The server keeps no zone with it.
using timestamptz = unbounded<std::chrono::sys_time<std::chrono::microseconds>>;

/// The clock's reading: from midnight to 24:00:00, which the server allows.
struct time_of_day {
  std::chrono::microseconds since_midnight{0};
  friend auto operator<=>(const time_of_day&, const time_of_day&) = default;
};

/// The clock's reading in a zone of fixed offset.
struct time_with_zone {
  std::chrono::microseconds since_midnight{0};
  std::chrono::seconds east_of_utc{0}; ///< Less than 16 hours either way.
  friend bool operator==(const time_with_zone&, const time_with_zone&) = default;
};

/// A span of time in three parts that do not convert into each other: a month has no fixed number of days, nor a day
/// one of hours. Equality compares the parts, where the server takes 30 days for a month.
struct interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::chrono::microseconds time{0};
  friend bool operator==(const interval&, const interval&) = default;
};

} // namespace tripool
