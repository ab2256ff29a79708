// For every codec: what is encoded is decoded as the same value, and no bytes whatever make a decoder misbehave.
#include "tests/support/properties.hpp"
#include "tests/unit/codec/round_trip.hpp"
#include "tripool/core/codec/all.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tripool::test {

namespace {

enum class mood : std::uint8_t { sad, ok, happy };

struct place {
  std::string street;
  std::optional<std::int32_t> number;
  friend bool operator==(const place&, const place&) = default;
};

} // namespace
} // namespace tripool::test

template <>
struct tripool::labels<tripool::test::mood> {
  static constexpr std::string_view type_name = "mood";
  static constexpr std::pair<test::mood, std::string_view> values[] = {
    {test::mood::sad, "sad"}, {test::mood::ok, "ok"}, {test::mood::happy, "happy"}};
};

template <>
struct tripool::composite<tripool::test::place> {
  static constexpr std::string_view type_name = "place";
};

namespace rc {

using namespace tripool;
using std::chrono::microseconds;

/// Valid UTF-8 of any width, without NUL.
Gen<std::string> text_gen() {
  return gen::map(gen::container<std::vector<std::size_t>>(gen::inRange<std::size_t>(0, 7)), [](const auto& picks) {
    constexpr std::string_view alphabet[] = {"a", "\"", "\\", "\n", "ü", "€", "😀"};
    std::string out;
    for (const auto i : picks) out += alphabet[i];
    return out;
  });
}

template <>
struct Arbitrary<std::byte> {
  static Gen<std::byte> arbitrary() {
    return gen::map(gen::arbitrary<std::uint8_t>(), [](auto x) { return std::byte{x}; });
  }
};
template <>
struct Arbitrary<uuid> {
  static Gen<uuid> arbitrary() {
    return gen::map(gen::container<std::array<std::uint8_t, 16>>(gen::arbitrary<std::uint8_t>()),
                    [](const auto& x) { return uuid{x}; });
  }
};
template <>
struct Arbitrary<oid> {
  static Gen<oid> arbitrary() {
    return gen::map(gen::arbitrary<std::uint32_t>(), [](auto x) { return oid{x}; });
  }
};
template <>
struct Arbitrary<numeric> {
  static Gen<numeric> arbitrary() {
    const auto digits = gen::container<std::string>(gen::inRange('0', static_cast<char>('9' + 1)));
    return gen::apply(
      [](bool negative, const std::string& whole, const std::string& decimals, int special) {
        if (special == 0) return numeric::nan();
        if (special == 1) return negative ? numeric::minus_infinity() : numeric::infinity();
        const auto text = (negative ? "-" : "") + whole + "0" + (decimals.empty() ? "" : "." + decimals);
        return *numeric::parse(text);
      },
      gen::arbitrary<bool>(), digits, digits, gen::inRange(0, 40));
  }
};
template <class Point>
struct Arbitrary<unbounded<Point>> {
  static Gen<unbounded<Point>> arbitrary() {
    // Within the server's bounds in microseconds or days since 1970.
    const bool in_days = std::is_same_v<Point, std::chrono::sys_days>;
    const std::int64_t from = in_days ? -2'440'588 : -210'866'803'200'000'000;
    const std::int64_t to = in_days ? 2'145'042'906 : std::numeric_limits<std::int64_t>::max();
    return gen::map(gen::pair(gen::inRange(from, to), gen::inRange(0, 30)), [](const auto& x) {
      if (x.second == 0) return unbounded<Point>::infinity();
      if (x.second == 1) return unbounded<Point>::minus_infinity();
      return unbounded<Point>{Point{typename Point::duration{static_cast<typename Point::rep>(x.first)}}};
    });
  }
};
inline Gen<microseconds> day_gen() {
  return gen::map(gen::inRange<std::int64_t>(0, 86'400'000'001), [](auto x) { return microseconds{x}; });
}
template <>
struct Arbitrary<time_of_day> {
  static Gen<time_of_day> arbitrary() {
    return gen::map(day_gen(), [](auto x) { return time_of_day{x}; });
  }
};
template <>
struct Arbitrary<time_with_zone> {
  static Gen<time_with_zone> arbitrary() {
    return gen::map(gen::pair(day_gen(), gen::inRange(-57'599, 57'600)), [](const auto& x) {
      return time_with_zone{x.first, std::chrono::seconds{x.second}};
    });
  }
};
template <>
struct Arbitrary<interval> {
  static Gen<interval> arbitrary() {
    return gen::apply(
      [](std::int32_t m, std::int32_t d, std::int64_t us) {
        return interval{m, d, microseconds{us}};
      },
      gen::arbitrary<std::int32_t>(), gen::arbitrary<std::int32_t>(), gen::arbitrary<std::int64_t>());
  }
};
template <>
struct Arbitrary<inet> {
  static Gen<inet> arbitrary() {
    return gen::apply(
      [](bool v6, std::uint8_t prefix, const std::array<std::uint8_t, 16>& octets) {
        inet out;
        out.v6 = v6;
        out.prefix = static_cast<std::uint8_t>(prefix % (out.bits() + 1));
        std::copy_n(octets.begin(), v6 ? 16 : 4, out.octets.begin());
        return out;
      },
      gen::arbitrary<bool>(), gen::arbitrary<std::uint8_t>(),
      gen::container<std::array<std::uint8_t, 16>>(gen::arbitrary<std::uint8_t>()));
  }
};
template <>
struct Arbitrary<cidr> {
  static Gen<cidr> arbitrary() {
    return gen::map(gen::arbitrary<inet>(), [](const inet& x) {
      cidr out;
      static_cast<network_address&>(out) = x;
      for (unsigned bit = out.prefix; bit < out.bits(); ++bit)
        out.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
      return out;
    });
  }
};
template <class T>
  requires(std::same_as<T, json> || std::same_as<T, jsonb> || std::same_as<T, varchar>)
struct Arbitrary<T> {
  static Gen<T> arbitrary() {
    return gen::map(text_gen(), [](std::string x) { return T{std::move(x)}; });
  }
};
template <>
struct Arbitrary<test::mood> {
  static Gen<test::mood> arbitrary() { return gen::element(test::mood::sad, test::mood::ok, test::mood::happy); }
};
template <>
struct Arbitrary<test::place> {
  static Gen<test::place> arbitrary() {
    return gen::map(gen::pair(text_gen(), gen::arbitrary<Maybe<std::int32_t>>()), [](const auto& x) {
      return test::place{x.first, x.second ? std::optional{*x.second} : std::nullopt};
    });
  }
};
template <class T>
struct Arbitrary<std::optional<T>> {
  static Gen<std::optional<T>> arbitrary() {
    return gen::map(gen::arbitrary<Maybe<T>>(), [](const auto& x) { return x ? std::optional{*x} : std::nullopt; });
  }
};
template <class T>
struct Arbitrary<array<T>> {
  static Gen<array<T>> arbitrary() {
    return gen::mapcat(gen::container<std::vector<int>>(gen::inRange(1, 4)), [](std::vector<int> lengths) {
      if (lengths.size() > array_dimensions_max) lengths.resize(array_dimensions_max);
      std::size_t count = lengths.empty() ? 0 : 1;
      std::vector<array_dimension> dimensions;
      for (const int x : lengths) {
        count *= static_cast<std::size_t>(x);
        dimensions.push_back({x, x - 2});
      }
      return gen::map(gen::container<std::vector<T>>(count, gen::arbitrary<T>()), [dimensions](std::vector<T> x) {
        return array<T>{dimensions, std::move(x)};
      });
    });
  }
};
template <class T>
struct Arbitrary<range<T>> {
  static Gen<range<T>> arbitrary() {
    return gen::apply(
      [](const std::optional<T>& lower, const std::optional<T>& upper, bool a, bool b, int empty) {
        return empty == 0 ? range<T>{} : range<T>{lower, upper, a, b};
      },
      gen::arbitrary<std::optional<T>>(), gen::arbitrary<std::optional<T>>(), gen::arbitrary<bool>(),
      gen::arbitrary<bool>(), gen::inRange(0, 10));
  }
};
template <class T>
struct Arbitrary<multirange<T>> {
  static Gen<multirange<T>> arbitrary() {
    return gen::map(gen::arbitrary<std::vector<range<T>>>(), [](auto x) { return multirange<T>{std::move(x)}; });
  }
};
template <>
struct Arbitrary<hstore> {
  static Gen<hstore> arbitrary() {
    return gen::map(gen::container<std::vector<std::pair<std::string, std::optional<std::string>>>>(gen::pair(
                      text_gen(), gen::map(gen::maybe(text_gen()),
                                           [](const auto& x) { return x ? std::optional{*x} : std::nullopt; }))),
                    [](const auto& pairs) {
                      hstore out;
                      for (const auto& x : pairs) out.pairs.insert(x);
                      return out;
                    });
  }
};
template <>
struct Arbitrary<float_vector> {
  static Gen<float_vector> arbitrary() {
    return gen::map(gen::arbitrary<std::vector<float>>(), [](auto x) { return float_vector{std::move(x)}; });
  }
};

} // namespace rc

namespace tripool::test {

namespace {

/// Random bytes, and bytes of a valid value with some of them changed, are read or refused.
template <class T>
void never_misbehaves(const T& x, const std::vector<std::uint8_t>& noise, std::size_t at) {
  const std::string random{noise.begin(), noise.end()};
  const auto sent = encode_parameter(x);
  auto column = as_column(sent);
  std::string damaged{column.data};
  for (std::size_t i = 0; i < noise.size() && i < damaged.size(); ++i)
    damaged[(at + i) % damaged.size()] = static_cast<char>(noise[i]);
  const std::string cut{column.data.substr(0, column.data.empty() ? 0 : at % column.data.size())};
  for (const auto& data : {random, damaged, cut}) {
    const auto binary = codec<T>::decode({data, column.type, result_format::binary});
    RC_ASSERT((binary || !binary.error().message.empty()));
    const auto text = codec<T>::decode({data, column.type, result_format::text});
    RC_ASSERT((text || !text.error().message.empty()));
  }
}

template <class T>
void holds() {
  const std::string name{codec<T>::name};
  holds_for_all(name + " comes back as it was sent", [](const T& x) { RC_ASSERT(trip_problem(x) == ""); });
  holds_for_all(name + " is read or refused, whatever arrives", never_misbehaves<T>);
}

} // namespace

TEST_CASE("property: numbers and texts survive the round trip", "[codec][property]") {
  holds<bool>();
  holds<char>();
  holds<std::int8_t>();
  holds<std::uint8_t>();
  holds<std::int16_t>();
  holds<std::uint16_t>();
  holds<std::int32_t>();
  holds<std::uint32_t>();
  holds<std::int64_t>();
  holds<float>();
  holds<double>();
  holds<oid>();
  holds<numeric>();
  holds<bytes>();
  holds<uuid>();
  holds<json>();
  holds<jsonb>();
  holds<varchar>();
  holds_for_all("text, and text as a view and as a name", [](const varchar& x) {
    RC_ASSERT(trip_problem(x.text) == "");
    if (x.text.size() < 64) RC_ASSERT(trip_problem(identifier{x.text}) == "");
    const auto sent = encode_parameter(std::string_view{x.text});
    RC_ASSERT(codec<std::string_view>::decode(as_column(sent)).value() == x.text);
  });
  holds_for_all("unsigned numbers of 64 bits that an int8 can hold",
                [](std::int64_t x) { RC_ASSERT(trip_problem(static_cast<std::uint64_t>(x >> 1) >> 1U) == ""); });
}

TEST_CASE("property: numerics keep every digit and decimal", "[codec][property]") {
  holds_for_all("the text comes back", [](const numeric& x) {
    const auto sent = encode_parameter(x);
    const auto back = codec<numeric>::decode(as_column(sent));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->text() == x.text());
    RC_ASSERT(numeric::parse(x.text()) == x);
  });
}

TEST_CASE("property: dates and times survive the round trip", "[codec][property]") {
  holds<date>();
  holds<timestamp>();
  holds<timestamptz>();
  holds<time_of_day>();
  holds<time_with_zone>();
  holds<interval>();
}

TEST_CASE("property: points in time and durations of std::chrono survive the round trip", "[codec][property]") {
  using namespace std::chrono;
  holds_for_all("sys_days and year_month_day", [] {
    const sys_days x{days{*rc::gen::inRange(-2'440'588, 10'000'000)}};
    RC_ASSERT(trip_problem(x) == "");
    RC_ASSERT(trip_problem(year_month_day{x}) == "");
  });
  holds_for_all("sys_time and local_time", [] {
    const microseconds us{*rc::gen::inRange<std::int64_t>(-210'866'803'200'000'000, 9'000'000'000'000'000'000)};
    RC_ASSERT(trip_problem(sys_time<microseconds>{us}) == "");
    RC_ASSERT(trip_problem(local_time<microseconds>{us}) == "");
    const auto s = floor<seconds>(us);
    RC_ASSERT(trip_problem(sys_seconds{s}) == "");
    RC_ASSERT(trip_problem(local_seconds{s}) == "");
    RC_ASSERT(trip_problem(us) == "");
    RC_ASSERT(trip_problem(s) == "");
  });
}

TEST_CASE("property: addresses survive the round trip, in binary and as text", "[codec][property]") {
  holds<inet>();
  holds<cidr>();
  holds_for_all("inet is read from its text", [](const inet& x) { RC_ASSERT(inet::parse(to_string(x)) == x); });
  holds_for_all("cidr is read from its text", [](const cidr& x) { RC_ASSERT(cidr::parse(to_string(x)) == x); });
  holds_for_all("uuid is read from its text", [](const uuid& x) { RC_ASSERT(uuid::parse(to_string(x)) == x); });
}

TEST_CASE("property: arrays, ranges and composites survive the round trip", "[codec][property]") {
  holds<std::vector<std::int32_t>>();
  holds<std::vector<bool>>();
  holds<std::vector<std::optional<std::int64_t>>>();
  holds<std::vector<std::optional<uuid>>>();
  holds<array<std::int16_t>>();
  holds<array<std::optional<double>>>();
  holds<std::vector<range<std::int32_t>>>();
  holds<range<std::int64_t>>();
  holds<range<numeric>>();
  holds<range<timestamptz>>();
  holds<multirange<std::int32_t>>();
  holds<place>();
  holds<std::tuple<std::int32_t, std::optional<uuid>, std::vector<std::int64_t>>>();
}

TEST_CASE("property: enums and types of extensions survive the round trip", "[codec][property]") {
  holds<mood>();
  holds<hstore>();
  holds<float_vector>();
}

} // namespace tripool::test
