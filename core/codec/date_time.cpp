// The binary forms of dates and times: days and microseconds since 2000-01-01, whose extremes are the infinities.
#include "tripool/core/codec/date_time.hpp"

#include "tripool/core/codec/reader.hpp"

#include <limits>

namespace tripool {

namespace {

namespace st = server_type;
using std::chrono::microseconds;
using int32_limits = std::numeric_limits<std::int32_t>;
using int64_limits = std::numeric_limits<std::int64_t>;

/// What lies between 1970-01-01 and the server's epoch.
constexpr std::int64_t epoch_days = 10'957;
constexpr std::int64_t epoch_us = epoch_days * 86'400'000'000;
/// The server's bounds (src/include/datatype/timestamp.h), counted from its epoch; the second ones are excluded.
constexpr std::int64_t days_min = -2'451'545;
constexpr std::int64_t days_end = 2'145'031'949;
constexpr std::int64_t us_min = -211'813'488'000'000'000;
constexpr std::int64_t us_end = 9'223'371'331'200'000'000;
constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::int32_t zone_end = 16 * 3600;

/// Why a value of that type and size cannot be read, or nothing.
std::optional<decode_error> refuse(const encoded_value& x, std::uint32_t type, std::size_t size,
                                   std::string_view wanted) {
  if (x.type != type) return wrong_type(x, wanted);
  if (x.format == result_format::text) return text_refused(x, wanted);
  if (x.data.size() != size) return malformed(x);
  return std::nullopt;
}

bool is_time(microseconds x) noexcept {
  return x.count() >= 0 && x.count() <= day_us;
}

constexpr std::string_view date_range = "lies outside of what the server can hold: 4714-11-24 BC to 5874897-12-31";
constexpr std::string_view timestamp_range = "lies outside of what the server can hold: 4714-11-24 BC to 294276-12-31";
constexpr std::string_view time_range = "is no time of day: 00:00:00 to 24:00:00";

} // namespace

decoded<date> decode_date(const encoded_value& x, std::string_view wanted) {
  if (auto why = refuse(x, st::date, 4, wanted)) return unexpected{std::move(*why)};
  const auto days = byte_reader{x.data}.take_int32();
  if (days == int32_limits::max()) return date::infinity();
  if (days == int32_limits::min()) return date::minus_infinity();
  if (days < days_min || days >= days_end) return unexpected{malformed(x)};
  return date{std::chrono::sys_days{std::chrono::days{days + epoch_days}}};
}

decoded<unbounded<microseconds>> decode_timestamp(const encoded_value& x, std::uint32_t type, std::string_view wanted) {
  if (auto why = refuse(x, type, 8, wanted)) return unexpected{std::move(*why)};
  const auto us = byte_reader{x.data}.take_int64();
  if (us == int64_limits::max()) return unbounded<microseconds>::infinity();
  if (us == int64_limits::min()) return unbounded<microseconds>::minus_infinity();
  if (us < us_min || us >= us_end) return unexpected{malformed(x)};
  // The server's last 29 years do not fit 64 bits counted from 1970.
  if (us > int64_limits::max() - epoch_us) return unexpected{does_not_fit(x, wanted)};
  return unbounded<microseconds>{microseconds{us + epoch_us}};
}

decoded<time_of_day> decode_time(const encoded_value& x) {
  if (auto why = refuse(x, st::time, 8, codec<time_of_day>::name)) return unexpected{std::move(*why)};
  const microseconds us{byte_reader{x.data}.take_int64()};
  if (!is_time(us)) return unexpected{malformed(x)};
  return time_of_day{us};
}

decoded<time_with_zone> decode_timetz(const encoded_value& x) {
  if (auto why = refuse(x, st::timetz, 12, codec<time_with_zone>::name)) return unexpected{std::move(*why)};
  byte_reader from{x.data};
  const microseconds us{from.take_int64()};
  const auto west = from.take_int32();
  if (!is_time(us) || west <= -zone_end || west >= zone_end) return unexpected{malformed(x)};
  return time_with_zone{us, std::chrono::seconds{-west}};
}

decoded<interval> decode_interval(const encoded_value& x, std::string_view wanted) {
  if (auto why = refuse(x, st::interval, 16, wanted)) return unexpected{std::move(*why)};
  byte_reader from{x.data};
  interval out;
  out.time = microseconds{from.take_int64()};
  out.days = from.take_int32();
  out.months = from.take_int32();
  return out;
}

void encode_date(const date& x, encoder& to) {
  if (!x.is_finite())
    return to.put32(static_cast<std::uint32_t>(x == date::infinity() ? int32_limits::max() : int32_limits::min()));
  const auto days = static_cast<std::int64_t>(x.value().time_since_epoch().count()) - epoch_days;
  if (days < days_min || days >= days_end) return to.fail("22008", std::string{date_range});
  to.put32(static_cast<std::uint32_t>(days));
}

void encode_timestamp(const unbounded<microseconds>& x, encoder& to) {
  if (!x.is_finite()) {
    const bool up = x == unbounded<microseconds>::infinity();
    return to.put64(static_cast<std::uint64_t>(up ? int64_limits::max() : int64_limits::min()));
  }
  const std::int64_t us = x.value().count();
  if (us < us_min + epoch_us) return to.fail("22008", std::string{timestamp_range});
  to.put64(static_cast<std::uint64_t>(us - epoch_us)); // 64 bits counted from 1970 end before the server's time does.
}

void encode_time(const time_of_day& x, encoder& to) {
  if (!is_time(x.since_midnight)) return to.fail("22008", std::string{time_range});
  to.put64(static_cast<std::uint64_t>(x.since_midnight.count()));
}

void encode_timetz(const time_with_zone& x, encoder& to) {
  if (!is_time(x.since_midnight)) return to.fail("22008", std::string{time_range});
  const auto east = x.east_of_utc.count();
  if (east <= -zone_end || east >= zone_end) return to.fail("22009", "has a zone of 16 hours or more from UTC");
  to.put64(static_cast<std::uint64_t>(x.since_midnight.count()));
  to.put32(static_cast<std::uint32_t>(-east));
}

void encode_interval(const interval& x, encoder& to) {
  to.put64(static_cast<std::uint64_t>(x.time.count()));
  to.put32(static_cast<std::uint32_t>(x.days));
  to.put32(static_cast<std::uint32_t>(x.months));
}

decoded<std::chrono::year_month_day> codec<std::chrono::year_month_day>::decode(const encoded_value& x) {
  const auto found = decode_date(x, name);
  if (!found) return unexpected{found.error()};
  if (!found->is_finite()) return unexpected{detail::not_finite(x, name, codec<date>::name)};
  constexpr std::chrono::sys_days first{std::chrono::year::min() / std::chrono::January / 1};
  constexpr std::chrono::sys_days last{std::chrono::year::max() / std::chrono::December / 31};
  if (found->value() < first || found->value() > last) return unexpected{does_not_fit(x, name)};
  return std::chrono::year_month_day{found->value()};
}

void codec<std::chrono::year_month_day>::encode(const std::chrono::year_month_day& x, encoder& to) {
  if (!x.ok()) return to.fail("22008", "is no day of the calendar");
  encode_date(std::chrono::sys_days{x}, to);
}

} // namespace tripool
