// Containers byte by byte: what damaged arrays, ranges, composites, enums and hstores are refused with, and what
// arrays are sent as.
#include "tests/unit/codec/round_trip.hpp"
#include "tripool/core/codec/all.hpp"
#include "tripool/core/codec/type_catalogue.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace tripool::test {

namespace {

enum class weather : std::uint8_t { rain, sun, unheard_of };

struct forecast {
  weather what = weather::rain;
  std::vector<weather> later;
  friend bool operator==(const forecast&, const forecast&) = default;
};

constexpr std::uint32_t weather_oid = 20'001;
constexpr std::uint32_t weather_array_oid = 20'002;
constexpr std::uint32_t forecast_oid = 20'003;
constexpr std::uint32_t int4_array = 1007;

} // namespace
} // namespace tripool::test

template <>
struct tripool::labels<tripool::test::weather> {
  static constexpr std::string_view type_name = "weather";
  static constexpr std::pair<test::weather, std::string_view> values[] = {{test::weather::rain, "rain"},
                                                                          {test::weather::sun, "sun"}};
};

template <>
struct tripool::composite<tripool::test::forecast> {
  static constexpr std::string_view type_name = "forecast";
};

namespace tripool::test {

using matchers::Contains;
namespace st = server_type;

namespace {

/// Numbers of 32 bits in network order, as most headers are made of.
std::string words(std::initializer_list<std::int64_t> numbers) {
  bytes out;
  encoder to{out};
  for (const auto x : numbers) to.put32(static_cast<std::uint32_t>(x));
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

type_catalogue catalogue() {
  using kind = catalogue_entry::kind;
  return type_catalogue{{{weather_oid, "public", "weather", kind::enumeration, true, 0, weather_array_oid, 0},
                         {weather_array_oid, "public", "_weather", kind::base, true, weather_oid, 0, 0},
                         {forecast_oid, "public", "forecast", kind::composite, true, 0, 0, 0}}};
}

/// What would be sent. Precondition: it is not NULL.
std::string sent_bytes(const encoded_parameter& x) {
  return {reinterpret_cast<const char*>(x.data->data()), x.data->size()};
}

} // namespace

TEST_CASE("an array is sent with its dimensions, bounds and NULLs", "[codec]") {
  CHECK(sent_bytes(encode_parameter(std::vector<std::int32_t>{})) == words({0, 0, 23}));
  CHECK(sent_bytes(encode_parameter(std::vector<std::int32_t>{7})) == words({1, 0, 23, 1, 1, 4, 7}));
  CHECK(sent_bytes(encode_parameter(std::vector<std::optional<std::int32_t>>{7, std::nullopt}))
        == words({1, 1, 23, 2, 1, 4, 7, -1}));
  const array<std::int32_t> wide{{{1, -3}, {2, 5}}, {8, 9}};
  CHECK(sent_bytes(encode_parameter(wide)) == words({2, 0, 23, 1, -3, 2, 5, 4, 8, 4, 9}));
  CHECK(encode_parameter(wide).type == int4_array);
}

TEST_CASE("an array whose dimensions cannot be is not sent", "[codec]") {
  const auto refusal = [](std::vector<array_dimension> dimensions, std::size_t elements) {
    return fault_of(array<std::int32_t>{std::move(dimensions), std::vector<std::int32_t>(elements)});
  };
  CHECK(refusal({{2, 1}, {2, 1}}, 4).empty());
  CHECK(refusal({}, 0).empty());
  CHECK_THAT(refusal({{2, 1}, {2, 1}}, 3), Contains("2202E: has 3 elements"));
  CHECK_THAT(refusal({}, 1), Contains("2202E: has 1 elements"));
  CHECK_THAT(refusal({{0, 1}}, 0), Contains("dimension of length 0"));
  CHECK_THAT(refusal({{-1, 1}}, 0), Contains("dimension of length -1"));
  CHECK_THAT(refusal({{2, std::numeric_limits<std::int32_t>::max()}}, 2), Contains("upper bound"));
  CHECK_THAT(refusal(std::vector<array_dimension>(7, {1, 1}), 1), Contains("54000: has 7 dimensions"));
  const std::vector<array_dimension> huge(6, {std::numeric_limits<std::int32_t>::max(), -1});
  CHECK_THAT(refusal(huge, 1), Contains("2202E: has 1 elements"));
}

TEST_CASE("a damaged array is refused before memory is taken for it", "[codec]") {
  using ints = std::vector<std::int32_t>;
  const auto refusal = [](const std::string& data) { return problem_of<ints>(data, int4_array); };
  CHECK(refusal(words({1, 0, 23, 1, 1, 4, 7})) == "read");
  CHECK(refusal(words({0, 0, 23})) == "read");
  for (const auto& data : {
         std::string{},                                   // nothing
         words({1, 0}),                                   // no type
         words({1, 0, 23, 1}),                            // no bound
         words({7, 0, 23, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}), // seven dimensions
         words({-1, 0, 23}),                              // fewer than none
         words({1, 2, 23, 1, 1, 4, 7}),                   // a flag that is none
         words({1, 0, 23, 0, 1}),                         // a dimension of nothing
         words({1, 0, 23, -1, 1}),                        // and of less
         words({1, 0, 23, 0x7FFFFFFF, 1, 4, 7}),          // more elements than bytes
         words({2, 0, 23, 0x7FFFFFFF, 1, 0x7FFFFFFF, 1, 4, 7}),
         words({6, 0, 23, 0x7FFFFFFF, 1, 0x7FFFFFFF, 1, 0x7FFFFFFF, 1, 0x7FFFFFFF, 1, 0x7FFFFFFF, 1, 4, 1}),
         words({1, 0, 23, 1, 1, 8, 7}),    // an element longer than the value
         words({1, 0, 23, 1, 1, -2, 7}),   // and of negative length
         words({1, 0, 23, 2, 1, 4, 7}),    // an element is missing
         words({1, 0, 23, 1, 1, 4, 7, 7}), // something is left
         words({0, 0, 23, 7}),
       }) {
    CHECK_THAT(refusal(data), Contains("malformed"));
    CHECK_THAT(problem_of<array<std::int32_t>>(data, int4_array), Contains("malformed"));
  }
}

TEST_CASE("an array is refused as what it is not", "[codec]") {
  using ints = std::vector<std::int32_t>;
  const auto with_null = words({1, 1, 23, 2, 1, 4, 7, -1});
  CHECK(problem_of<ints>(with_null, int4_array)
        == "element 1: NULL of int4 cannot be read as std::int32_t: ask for a std::optional");
  CHECK(problem_of<std::vector<std::optional<std::int32_t>>>(with_null, int4_array) == "read");
  CHECK_THAT(problem_of<ints>(words({2, 0, 23, 1, 1, 1, 1, 4, 7}), int4_array), Contains("it has 2 dimensions"));
  CHECK_THAT(problem_of<ints>(words({1, 0, 25, 1, 1, 4, 7}), 1009), Contains("element 0: text cannot be read as"));
  CHECK_THAT(problem_of<ints>(words({7}), st::int4), Contains("int4 cannot be read as std::vector<std::int32_t>"));
  CHECK_THAT(problem_of<ints>("{7}", int4_array, result_format::text), Contains("ask for result_format::binary"));
  CHECK(problem_of<std::vector<std::int16_t>>(words({1, 0, 23, 1, 1, 4, 70'000}), int4_array)
        == "element 0: a value of int4 does not fit std::int16_t");
}

TEST_CASE("bytes are one bytea and no array", "[codec]") {
  CHECK(stated_type(parameter{bytes{std::byte{1}}}) == st::bytea);
  CHECK(codec<std::vector<bytes>>::oid == 1001);
  CHECK(codec<std::vector<std::string>>::oid == 1009);
  CHECK(problem_of<bytes>(words({1, 0, 23, 1, 1, 4, 7}), int4_array)
        == "int4[] cannot be read as bytes in binary format");
}

TEST_CASE("a damaged range is refused", "[codec]") {
  const auto refusal = [](const std::string& data) { return problem_of<range<std::int32_t>>(data, st::int4range); };
  const std::string flags_both{"\x02", 1};
  CHECK(refusal("\x01") == "read");
  CHECK(refusal("\x18") == "read");
  CHECK(refusal(flags_both + words({4, 1, 4, 2})) == "read");
  for (const auto& data : {std::string{}, flags_both, flags_both + words({4, 1}), flags_both + words({4, 1, 4}),
                           flags_both + words({-1, 4, 2}), flags_both + words({3, 1, 4, 2}),
                           flags_both + words({4, 1, 4, 2, 0}), std::string{"\x01\x01"}})
    CHECK_THAT(refusal(data), Contains("malformed"));
  CHECK_THAT(problem_of<range<std::int32_t>>("\x01", st::int4), Contains("int4 cannot be read as tripool::range"));
  CHECK_THAT(problem_of<range<std::int32_t>>("\x01", st::int4multirange), Contains("cannot be read as"));
}

TEST_CASE("a damaged multirange is refused", "[codec]") {
  using ranges = multirange<std::int32_t>;
  const auto refusal = [](const std::string& data) { return problem_of<ranges>(data, st::int4multirange); };
  CHECK(refusal(words({0})) == "read");
  CHECK(refusal(words({1, 1}) + "\x18") == "read");
  for (const auto& data : {std::string{}, words({1}), words({-1}), words({1, -1}), words({1, 2}) + "\x18",
                           words({1, 2}) + "\x18\x18", words({0, 0})})
    CHECK_THAT(refusal(data), Contains("malformed"));
}

TEST_CASE("a composite is read by position, and refused with the attribute's place", "[codec]") {
  using pair_of = std::tuple<std::int32_t, std::optional<std::string>>;
  const auto refusal = [](const std::string& data) { return problem_of<pair_of>(data, st::record); };
  const auto whole = words({2, 23, 4, 7, 25, 1}) + "x";
  CHECK(refusal(whole) == "read");
  CHECK(refusal(words({2, 23, 4, 7, 25, -1})) == "read");
  CHECK_THAT(refusal(words({2, 23, -1, 25, -1})), Contains("attribute 0: NULL of int4"));
  CHECK_THAT(refusal(words({2, 25, 4, 7, 25, -1})), Contains("attribute 0: text cannot be read as std::int32_t"));
  CHECK_THAT(refusal(words({3, 23, 4, 7, 25, -1})), Contains("it has 3 attributes, and 2 are asked"));
  for (const auto& data : {std::string{}, words({2}), words({2, 23, 4}), words({-1}), words({2, 23, 4, 7, 25, 9}),
                           words({2, 23, 4, 7, 25, -2}), whole + "y"})
    CHECK_THAT(refusal(data), Contains("malformed"));
  CHECK_THAT(problem_of<pair_of>(whole, st::int4), Contains("int4 cannot be read as std::tuple"));
}

TEST_CASE("an unknown label is refused by the type's name, both ways, without the label", "[codec]") {
  const auto known = catalogue();
  const auto refusal = problem_of<weather>("hail", weather_oid, result_format::binary, &known);
  CHECK(refusal == "a value of weather does not fit weather: tripool::labels has no such label");
  CHECK(problem_of<weather>("sun", weather_oid, result_format::binary, &known) == "read");
  CHECK(problem_of<weather>("sun", weather_oid, result_format::text, &known) == "read");
  CHECK_THAT(problem_of<weather>("sun", forecast_oid, result_format::binary, &known),
             Contains("forecast cannot be read as weather"));
  CHECK(fault_of(weather::unheard_of) == "22P02: has no label in tripool::labels");
}

TEST_CASE("types found by name are stated by name, and left to the server inside a value", "[codec]") {
  const auto known = catalogue();
  const auto several = encode_parameter(std::vector<weather>{weather::sun});
  CHECK(several.type_name == "weather[]");
  CHECK(stated_type(several, &known) == weather_array_oid);
  CHECK(sent_bytes(several) == words({1, 0, 0, 1, 1, 3}) + "sun");
  const auto composed =
    words({2, weather_oid, 3}) + "sun" + words({weather_array_oid, 28, 1, 0, weather_oid, 1, 1, 4}) + "rain";
  const auto back = codec<forecast>::decode({composed, forecast_oid, result_format::binary, &known});
  REQUIRE(back);
  CHECK(*back == forecast{weather::sun, {weather::rain}});
}

TEST_CASE("a damaged hstore or vector is refused", "[codec]") {
  const auto refusal = [](const std::string& data) { return problem_of<hstore>(data, some_user_type); };
  CHECK(refusal(words({0})) == "read");
  CHECK(refusal(words({1, 1}) + "k" + words({-1})) == "read");
  for (const auto& data :
       {std::string{}, words({1}), words({-1}), words({1, -1, -1}), words({1, 1}) + "k",
        words({1, 9}) + "k" + words({-1}), words({0, 0}), words({2, 1}) + "k" + words({-1, 1}) + "k" + words({-1})})
    CHECK_THAT(refusal(data), Contains("malformed"));
  const auto vector_refusal = [](const std::string& data) { return problem_of<float_vector>(data, some_user_type); };
  CHECK(vector_refusal(words({0x10000, 0x3F800000})) == "read");
  for (const auto& data : {std::string{}, words({0x10000}), words({0x10001, 0}), words({0x20000, 0}), words({0, 0})})
    CHECK_THAT(vector_refusal(data), Contains("malformed"));
  CHECK_THAT(problem_of<hstore>(words({0}), st::bytea), Contains("bytea cannot be read as tripool::hstore"));
}

} // namespace tripool::test
