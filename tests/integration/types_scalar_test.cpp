// Each scalar type against the real server: as a parameter and as a column, with its extremes.
#include "tests/integration/types_fixture.hpp"

#include <cmath>
#include <limits>

namespace tripool::test {

using matchers::Contains;
using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::sys_days;

namespace {

template <class T>
using limits = std::numeric_limits<T>;

constexpr sys_days day(int year, unsigned month, unsigned day_of_month) {
  return sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day_of_month)};
}

/// The same instant counted as a local time.
std::chrono::local_time<microseconds> local(std::chrono::sys_time<microseconds> x) {
  return std::chrono::local_time<microseconds>{x.time_since_epoch()};
}

} // namespace

TEST_CASE("bool and integers travel both ways, up to their limits", "[types]") {
  types_session s;
  s.same<bool>("bool", "true", true);
  s.same<bool>("bool", "false", false);
  s.same<std::int16_t>("int2", "-32768", limits<std::int16_t>::min());
  s.same<std::int16_t>("int2", "32767", limits<std::int16_t>::max());
  s.same<std::int32_t>("int4", "-2147483648", limits<std::int32_t>::min());
  s.same<std::int32_t>("int4", "2147483647", limits<std::int32_t>::max());
  s.same<std::int64_t>("int8", "-9223372036854775808", limits<std::int64_t>::min());
  s.same<std::int64_t>("int8", "9223372036854775807", limits<std::int64_t>::max());
  s.same<std::uint32_t>("int8", "4294967295", limits<std::uint32_t>::max());
  s.same<oid>("oid", "4294967295", oid{limits<std::uint32_t>::max()});
  CHECK_THAT(s.problem<std::int16_t>("int4", "32768"), Contains("column \"x\" (0), row 0") && Contains("does not fit"));
}

TEST_CASE("floating point travels both ways, with NaN, infinities and the smallest and largest values", "[types]") {
  types_session s;
  s.same<double>("float8", "1.7976931348623157e+308", limits<double>::max());
  s.same<double>("float8", "5e-324", limits<double>::denorm_min());
  s.same<double>("float8", "-Infinity", -limits<double>::infinity());
  s.same<double>("float8", "0.1", 0.1);
  s.same<float>("float4", "3.4028235e+38", limits<float>::max());
  s.same<float>("float4", "1e-45", limits<float>::denorm_min());
  s.same<float>("float4", "Infinity", limits<float>::infinity());
  CHECK(std::isnan(s.read<double>("float8", "NaN")));
  CHECK(s.written(limits<float>::quiet_NaN()) == "NaN");
  CHECK(std::signbit(s.read<double>("float8", "-0")));
}

TEST_CASE("numeric is exact, whatever its size", "[types]") {
  types_session s;
  const std::string huge = "1" + std::string(131'071, '7');
  const std::string fine = "0." + std::string(16'382, '0') + "1";
  for (const std::string& text : {std::string{"0"}, std::string{"0.00"}, std::string{"-12.50"}, std::string{"10000"},
                                  std::string{"0.0001"}, std::string{"123456789012345678901234567890.123456789"},
                                  std::string{"NaN"}, std::string{"Infinity"}, std::string{"-Infinity"}, huge, fine}) {
    const auto value = *numeric::parse(text);
    CHECK(s.read<numeric>("numeric", text).text() == text);
    CHECK(s.written(value) == text);
  }
  CHECK(s.read<std::string>("numeric", "1.50") == "1.50");
  CHECK_THAT(s.problem<std::int64_t>("numeric", "1.5"), Contains("does not fit std::int64_t"));
}

TEST_CASE("texts, characters and bytes travel both ways", "[types]") {
  types_session s;
  for (const char* type : {"text", "varchar", "varchar(20)"})
    s.same<std::string>(type, "grün €😀 ' \" \\", "grün €😀 ' \" \\");
  s.same<varchar>("varchar", "x", varchar{"x"});
  s.same<identifier>("name", "a_name", identifier{"a_name"});
  s.same<char>("\"char\"", "q", 'q');
  CHECK(s.read<std::string>("bpchar(3)", "a") == "a  ");
  CHECK(s.read<std::string>("text", "").empty());
  bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
  const auto back = s.only<std::tuple<bytes, int>>("select $1, length($1)", {all});
  CHECK(std::get<0>(back) == all);
  CHECK(std::get<1>(back) == 256);
}

TEST_CASE("values of 64 MB travel both ways", "[types]") {
  types_session s;
  const bytes large(std::size_t{64} << 20U, std::byte{0xA5});
  CHECK(std::get<0>(s.only<std::tuple<bytes>>("select $1", {large})) == large);
  CHECK(s.only<int>("select length($1)", {large}) == 64 << 20);
  const std::string text(std::size_t{64} << 20U, 'x');
  CHECK(s.only<std::string>("select $1::text", {text}) == text);
}

TEST_CASE("uuid, json and addresses travel both ways", "[types]") {
  types_session s;
  const std::string id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  s.same<uuid>("uuid", id, *uuid::parse(id));
  CHECK(s.read<std::string>("uuid", id) == id);
  s.same<json>("json", R"({"b": 1,  "a": "ü"})", json{R"({"b": 1,  "a": "ü"})"});
  s.same<jsonb>("jsonb", R"({"a": [1, null, "ü"]})", jsonb{R"({"a": [1, null, "ü"]})"});
  CHECK(s.refusal("select $1", {json{"{"}}) == "22P02");
  for (const char* text : {"1.2.3.4/32", "10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "::1/128"})
    s.same<cidr>("cidr", text, *cidr::parse(text));
  for (const char* text : {"192.168.1.5/24", "fe80::1/64", "::ffff:1.2.3.4/96", "255.255.255.255/0"})
    s.same<inet>("inet", text, *inet::parse(text));
  for (const char* text : {"1.2.3.4", "::1", "1:0:0:2::3", "::ffff:1.2.3.4", "2001:db8::1:0:0:1"}) {
    CHECK(s.read<inet>("inet", text) == *inet::parse(text));
    CHECK(to_string(s.read<inet>("inet", text)) == text);
  }
}

TEST_CASE("dates travel both ways, to the ends of the server's calendar", "[types]") {
  types_session s;
  s.ask("set datestyle to iso");
  s.same<date>("date", "2024-02-29", day(2024, 2, 29));
  s.same<date>("date", "infinity", date::infinity());
  s.same<date>("date", "-infinity", date::minus_infinity());
  s.same<sys_days>("date", "1970-01-01", sys_days{});
  s.same<std::chrono::year_month_day>("date", "0001-01-01", std::chrono::year{1} / 1 / 1);
  s.same<date>("date", "4714-11-24 BC", day(-4713, 11, 24));
  const auto last = s.read<date>("date", "5874897-12-31");
  CHECK(s.written(last) == "5874897-12-31");
  CHECK_THAT(s.problem<sys_days>("date", "infinity"), Contains("it is infinite; ask for tripool::date"));
  CHECK_THAT(s.problem<std::chrono::year_month_day>("date", "100000-01-01"), Contains("does not fit"));
  const auto beyond = std::get<encoded_parameter>(parameter{date{last.value() + std::chrono::days{1}}}.value());
  REQUIRE(beyond.fault);
  CHECK(beyond.fault->sqlstate == "22008");
}

TEST_CASE("timestamps travel both ways, to the microsecond and to both infinities", "[types]") {
  types_session s;
  s.ask("set datestyle to iso");
  s.ask("set timezone to 'UTC'");
  const auto at = day(2038, 1, 19) + 3h + 14min + 7s + 999'999us;
  s.same<timestamptz>("timestamptz", "2038-01-19 03:14:07.999999+00", timestamptz{at});
  s.same<timestamptz>("timestamptz", "infinity", timestamptz::infinity());
  s.same<timestamptz>("timestamptz", "-infinity", timestamptz::minus_infinity());
  s.same<timestamp>("timestamp", "2038-01-19 03:14:07.999999", timestamp{local(at)});
  s.same<timestamp>("timestamp", "-infinity", timestamp::minus_infinity());
  s.same<timestamp>("timestamp", "4714-11-24 00:00:00 BC", timestamp{local(day(-4713, 11, 24))});
  s.same<std::chrono::sys_time<microseconds>>("timestamptz", "1969-12-31 23:59:59.999999+00",
                                              std::chrono::sys_time<microseconds>{-1us});
  s.same<std::chrono::sys_seconds>("timestamptz", "1970-01-01 00:00:01+00", std::chrono::sys_seconds{1s});
  s.same<std::chrono::local_time<microseconds>>("timestamp", "1970-01-01 00:00:00.000001",
                                                std::chrono::local_time<microseconds>{1us});
  CHECK_THAT(s.problem<std::chrono::sys_seconds>("timestamptz", "1970-01-01 00:00:00.5+00"), Contains("does not fit"));
  CHECK_THAT(s.problem<timestamptz>("timestamptz", "294276-12-31 23:59:59+00"), Contains("does not fit"));
  CHECK_THAT(s.problem<timestamptz>("timestamp", "2000-01-01"), Contains("timestamp cannot be read as"));
}

TEST_CASE("times of day and intervals travel both ways", "[types]") {
  types_session s;
  s.same<time_of_day>("time", "00:00:00", time_of_day{});
  s.same<time_of_day>("time", "24:00:00", time_of_day{24h});
  s.same<time_of_day>("time", "23:59:59.999999", time_of_day{24h - 1us});
  s.same<time_with_zone>("timetz", "12:00:00.5+05:30", time_with_zone{12h + 500ms, 5h + 30min});
  s.same<time_with_zone>("timetz", "00:00:00-15:59", time_with_zone{0us, -(15h + 59min)});
  s.same<interval>("interval", "1 year 2 mons -3 days +04:05:06.000007", interval{14, -3, 4h + 5min + 6s + 7us});
  s.same<interval>("interval", "00:00:00", interval{});
  const interval widest{limits<std::int32_t>::max() - 1, limits<std::int32_t>::max() - 1, microseconds::max() - 1us};
  CHECK(s.only<std::tuple<interval>>("select $1::interval", {widest}) == std::tuple{widest});
  s.same<std::chrono::seconds>("interval", "36:00:00", 36h);
  CHECK_THAT(s.problem<std::chrono::seconds>("interval", "1 day"), Contains("does not fit std::chrono::duration"));
}

TEST_CASE("void and NULL are read as what stands for them", "[types]") {
  types_session s;
  CHECK(s.ask("select pg_sleep(0)").one<std::monostate>());
  CHECK(s.only<std::string>("select pg_sleep(0)") == "");
  const auto none =
    s.ask("select $1, $2::int, $3", {std::optional<uuid>{}, std::optional<int>{}, std::optional<uuid>{uuid{}}});
  const auto row = none.one<std::tuple<std::optional<uuid>, std::optional<int>, std::optional<uuid>>>();
  REQUIRE(row);
  CHECK(*row == std::tuple{std::optional<uuid>{}, std::optional<int>{}, std::optional<uuid>{uuid{}}});
  CHECK(none.column_type(0) == server_type::uuid); // A typed NULL states its type.
  CHECK_THAT((none.one<std::tuple<uuid, int, uuid>>().error().message), Contains("NULL of uuid cannot be read"));
}

} // namespace tripool::test
