// The codecs of dates and times: Tripool's own types, which hold all that the server has, and those of std::chrono,
// which hold finite values. A value that its type would cut or round is an error, both ways. Read in binary only, as
// the text depends on the session's DateStyle. Knows nothing of rows. Used by callers who ask for or send them.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/types/date_time.hpp"

#include <chrono>
#include <concepts>
#include <optional>
#include <ratio>
#include <type_traits>
#include <utility>

namespace tripool {

decoded<date> decode_date(const encoded_value& x, std::string_view wanted);
/// `type` is server_type::timestamp or timestamptz. Microseconds since 1970.
decoded<unbounded<std::chrono::microseconds>> decode_timestamp(const encoded_value& x, std::uint32_t type,
                                                               std::string_view wanted);
decoded<time_of_day> decode_time(const encoded_value& x);
decoded<time_with_zone> decode_timetz(const encoded_value& x);
decoded<interval> decode_interval(const encoded_value& x, std::string_view wanted);

void encode_date(const date& x, encoder& to);
void encode_timestamp(const unbounded<std::chrono::microseconds>& x, encoder& to);
void encode_time(const time_of_day& x, encoder& to);
void encode_timetz(const time_with_zone& x, encoder& to);
void encode_interval(const interval& x, encoder& to);

namespace detail {

/// A duration of another unit and width that is exactly the same, or nothing.
template <class To, class Rep, class Period>
constexpr std::optional<To> exactly(std::chrono::duration<Rep, Period> x) noexcept {
  using ratio = std::ratio_divide<Period, typename To::period>;
  std::int64_t out = 0;
  if (!std::in_range<std::int64_t>(x.count())) return std::nullopt;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(x.count()), static_cast<std::int64_t>(ratio::num), &out))
    return std::nullopt;
  if (out % ratio::den != 0) return std::nullopt;
  out /= ratio::den;
  if (!std::in_range<typename To::rep>(out)) return std::nullopt;
  return To{static_cast<typename To::rep>(out)};
}

template <class Duration>
concept whole_duration = std::integral<typename Duration::rep>;

inline decode_error not_finite(const encoded_value& x, std::string_view wanted, std::string_view instead) {
  auto out = does_not_fit(x, wanted);
  out.message.append(": it is infinite; ask for ").append(instead);
  return out;
}

template <class Point>
void encode_point(Point x, encoder& to) {
  const auto since = exactly<std::chrono::microseconds>(x.time_since_epoch());
  if (!since)
    return to.fail("22008", "does not fit microseconds: use std::chrono::floor<std::chrono::microseconds>, or a nearer "
                            "time");
  encode_timestamp(*since, to);
}

template <class Point>
decoded<Point> decode_point(const encoded_value& x, std::uint32_t type, std::string_view wanted,
                            std::string_view instead) {
  const auto found = decode_timestamp(x, type, wanted);
  if (!found) return unexpected{found.error()};
  if (!found->is_finite()) return unexpected{not_finite(x, wanted, instead)};
  const auto since = exactly<typename Point::duration>(found->value());
  if (!since) return unexpected{does_not_fit(x, wanted)};
  return Point{*since};
}

template <class T>
decoded<T> decode_unbounded_point(const encoded_value& x, std::uint32_t type, std::string_view wanted) {
  const auto found = decode_timestamp(x, type, wanted);
  if (!found) return unexpected{found.error()};
  if (found->is_finite()) return T{typename T::point_type{found->value()}};
  return *found == std::decay_t<decltype(*found)>::infinity() ? T::infinity() : T::minus_infinity();
}

template <class T>
void encode_unbounded_point(const T& x, encoder& to) {
  using since = unbounded<std::chrono::microseconds>;
  if (x.is_finite()) return encode_timestamp(x.value().time_since_epoch(), to);
  encode_timestamp(x == T::infinity() ? since::infinity() : since::minus_infinity(), to);
}

} // namespace detail

template <>
struct codec<date> {
  static constexpr std::string_view name = "tripool::date";
  static constexpr std::uint32_t oid = server_type::date;
  static decoded<date> decode(const encoded_value& x) { return decode_date(x, name); }
  static void encode(const date& x, encoder& to) { encode_date(x, to); }
};

/// A finite date.
template <>
struct codec<std::chrono::sys_days> {
  static constexpr std::string_view name = "std::chrono::sys_days";
  static constexpr std::uint32_t oid = server_type::date;
  static decoded<std::chrono::sys_days> decode(const encoded_value& x) {
    const auto found = decode_date(x, name);
    if (!found) return unexpected{found.error()};
    if (!found->is_finite()) return unexpected{detail::not_finite(x, name, codec<date>::name)};
    return found->value();
  }
  static void encode(std::chrono::sys_days x, encoder& to) { encode_date(x, to); }
};

/// A finite date of the years -32767 to 32767.
template <>
struct codec<std::chrono::year_month_day> {
  static constexpr std::string_view name = "std::chrono::year_month_day";
  static constexpr std::uint32_t oid = server_type::date;
  static decoded<std::chrono::year_month_day> decode(const encoded_value& x);
  static void encode(const std::chrono::year_month_day& x, encoder& to);
};

template <>
struct codec<timestamp> {
  static constexpr std::string_view name = "tripool::timestamp";
  static constexpr std::uint32_t oid = server_type::timestamp;
  static decoded<timestamp> decode(const encoded_value& x) {
    return detail::decode_unbounded_point<timestamp>(x, oid, name);
  }
  static void encode(const timestamp& x, encoder& to) { detail::encode_unbounded_point(x, to); }
};

template <>
struct codec<timestamptz> {
  static constexpr std::string_view name = "tripool::timestamptz";
  static constexpr std::uint32_t oid = server_type::timestamptz;
  static decoded<timestamptz> decode(const encoded_value& x) {
    return detail::decode_unbounded_point<timestamptz>(x, oid, name);
  }
  static void encode(const timestamptz& x, encoder& to) { detail::encode_unbounded_point(x, to); }
};

/// A finite timestamptz, in any unit that holds it exactly.
template <detail::whole_duration Duration>
struct codec<std::chrono::sys_time<Duration>> {
  static constexpr std::string_view name = "std::chrono::sys_time";
  static constexpr std::uint32_t oid = server_type::timestamptz;
  static decoded<std::chrono::sys_time<Duration>> decode(const encoded_value& x) {
    return detail::decode_point<std::chrono::sys_time<Duration>>(x, oid, name, codec<timestamptz>::name);
  }
  static void encode(const std::chrono::sys_time<Duration>& x, encoder& to) { detail::encode_point(x, to); }
};

/// A finite timestamp, in any unit that holds it exactly.
template <detail::whole_duration Duration>
struct codec<std::chrono::local_time<Duration>> {
  static constexpr std::string_view name = "std::chrono::local_time";
  static constexpr std::uint32_t oid = server_type::timestamp;
  static decoded<std::chrono::local_time<Duration>> decode(const encoded_value& x) {
    return detail::decode_point<std::chrono::local_time<Duration>>(x, oid, name, codec<timestamp>::name);
  }
  static void encode(const std::chrono::local_time<Duration>& x, encoder& to) { detail::encode_point(x, to); }
};

template <>
struct codec<time_of_day> {
  static constexpr std::string_view name = "tripool::time_of_day";
  static constexpr std::uint32_t oid = server_type::time;
  static decoded<time_of_day> decode(const encoded_value& x) { return decode_time(x); }
  static void encode(const time_of_day& x, encoder& to) { encode_time(x, to); }
};

template <>
struct codec<time_with_zone> {
  static constexpr std::string_view name = "tripool::time_with_zone";
  static constexpr std::uint32_t oid = server_type::timetz;
  static decoded<time_with_zone> decode(const encoded_value& x) { return decode_timetz(x); }
  static void encode(const time_with_zone& x, encoder& to) { encode_timetz(x, to); }
};

template <>
struct codec<interval> {
  static constexpr std::string_view name = "tripool::interval";
  static constexpr std::uint32_t oid = server_type::interval;
  static decoded<interval> decode(const encoded_value& x) { return decode_interval(x, name); }
  static void encode(const interval& x, encoder& to) { encode_interval(x, to); }
};

/// An interval without months and days, in any unit that holds it exactly.
template <class Rep, class Period>
  requires std::integral<Rep>
struct codec<std::chrono::duration<Rep, Period>> {
  using duration_type = std::chrono::duration<Rep, Period>;
  static constexpr std::string_view name = "std::chrono::duration";
  static constexpr std::uint32_t oid = server_type::interval;
  static decoded<duration_type> decode(const encoded_value& x) {
    const auto found = decode_interval(x, name);
    if (!found) return unexpected{found.error()};
    const auto exact = detail::exactly<duration_type>(found->time);
    if (found->months != 0 || found->days != 0 || !exact) return unexpected{does_not_fit(x, name)};
    return *exact;
  }
  static void encode(duration_type x, encoder& to) {
    const auto exact = detail::exactly<std::chrono::microseconds>(x);
    if (!exact) return to.fail("22008", "does not fit microseconds: use std::chrono::floor<std::chrono::microseconds>");
    encode_interval({0, 0, *exact}, to);
  }
};

} // namespace tripool
