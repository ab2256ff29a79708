// Reading values of every supported server type, in both formats: what is accepted, what is refused, and how.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/codec.hpp"
#include "tripool/core/codec/server_type.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace tripool::test {

using matchers::Contains;
using namespace std::string_literals;
namespace st = server_type;

namespace {

encoded_value text(std::string_view data, std::uint32_t type) {
  return {data, type, result_format::text};
}

encoded_value binary(std::string_view data, std::uint32_t type) {
  return {data, type, result_format::binary};
}

/// The error's message, or "read".
template <class T>
std::string problem(const encoded_value& x) {
  const auto out = codec<T>::decode(x);
  return out ? "read" : out.error().message;
}

template <class T>
T read(const encoded_value& x) {
  auto out = codec<T>::decode(x);
  INFO((out ? "" : out.error().message));
  REQUIRE(out);
  return *out;
}

bytes as_bytes(std::string_view x) {
  const auto* first = reinterpret_cast<const std::byte*>(x.data());
  return {first, first + x.size()};
}

/// A numeric in binary format.
std::string numeric(std::initializer_list<unsigned> words) {
  std::string out;
  for (const unsigned x : words) {
    out += static_cast<char>(x >> 8U);
    out += static_cast<char>(x & 0xFFU);
  }
  return out;
}

} // namespace

TEST_CASE("bool is read", "[codec]") {
  CHECK(read<bool>(text("t", st::bool_)));
  CHECK_FALSE(read<bool>(text("f", st::bool_)));
  CHECK(read<bool>(binary("\1", st::bool_)));
  CHECK_FALSE(read<bool>(binary("\0"s, st::bool_)));
  CHECK_THAT(problem<bool>(text("true", st::bool_)), Contains("malformed bool (4 bytes in text format)"));
  CHECK_THAT(problem<bool>(binary("\2", st::bool_)), Contains("malformed bool"));
  CHECK(problem<bool>(text("1", st::int4)) == "int4 cannot be read as bool");
}

TEST_CASE("integers are read from text", "[codec]") {
  CHECK(read<int>(text("0", st::int4)) == 0);
  CHECK(read<int>(text("-2147483648", st::int4)) == std::numeric_limits<int>::min());
  CHECK(read<std::int16_t>(text("32767", st::int8)) == 32767);
  CHECK(read<std::int64_t>(text("-9223372036854775808", st::int8)) == std::numeric_limits<std::int64_t>::min());
  CHECK(read<std::uint64_t>(text("18446744073709551615", st::xid8)) == std::numeric_limits<std::uint64_t>::max());
  CHECK(read<std::uint32_t>(text("4294967295", st::oid)) == 4294967295U);
  CHECK(read<long long>(text("7", st::int2)) == 7);
  CHECK(read<std::int8_t>(text("-128", st::int2)) == -128);
  CHECK(read<std::uint8_t>(text("255", st::int2)) == 255);
}

TEST_CASE("integers are read from binary", "[codec]") {
  CHECK(read<int>(binary("\x12\x34", st::int2)) == 0x1234);
  CHECK(read<int>(binary("\xff\xff", st::int2)) == -1);
  CHECK(read<int>(binary("\x80\0\0\0"s, st::int4)) == std::numeric_limits<int>::min());
  CHECK(read<std::int64_t>(binary("\xff\xff\xff\xff", st::int4)) == -1);
  CHECK(read<std::int64_t>(binary("\xff\xff\xff\xff", st::oid)) == 4294967295);
  CHECK(read<std::int64_t>(binary("\x80\0\0\0\0\0\0\0"s, st::int8)) == std::numeric_limits<std::int64_t>::min());
  CHECK(read<std::uint64_t>(binary("\xff\xff\xff\xff\xff\xff\xff\xff", st::xid8))
        == std::numeric_limits<std::uint64_t>::max());
  CHECK(problem<int>(binary("\1\2\3", st::int4)) == "malformed int4 (3 bytes in binary format)");
  CHECK_THAT(problem<int>(binary("", st::int8)), Contains("malformed int8"));
}

TEST_CASE("an integer that does not fit is an error, at both ends of every width", "[codec]") {
  CHECK(problem<std::int8_t>(text("128", st::int2)) == "a value of int2 does not fit std::int8_t");
  CHECK(problem<std::int8_t>(text("-129", st::int2)) == "a value of int2 does not fit std::int8_t");
  CHECK(problem<std::uint8_t>(text("256", st::int2)) == "a value of int2 does not fit std::uint8_t");
  CHECK(problem<std::uint8_t>(text("-1", st::int2)) == "a value of int2 does not fit std::uint8_t");
  CHECK(problem<std::int16_t>(text("32768", st::int4)) == "a value of int4 does not fit std::int16_t");
  CHECK(problem<std::int16_t>(text("-32769", st::int4)) == "a value of int4 does not fit std::int16_t");
  CHECK(problem<std::int32_t>(text("2147483648", st::int8)) == "a value of int8 does not fit std::int32_t");
  CHECK(problem<std::int32_t>(binary("\xff\xff\xff\xff\x7f\xff\xff\xff", st::int8))
        == "a value of int8 does not fit std::int32_t");
  CHECK(problem<std::int64_t>(text("9223372036854775808", st::xid8)) == "a value of xid8 does not fit std::int64_t");
  CHECK(problem<std::uint64_t>(text("-1", st::int8)) == "a value of int8 does not fit std::uint64_t");
  CHECK(problem<std::uint32_t>(binary("\xff\xff\xff\xff", st::int4)) == "a value of int4 does not fit std::uint32_t");
  CHECK(problem<std::int64_t>(text("99999999999999999999", st::numeric))
        == "a value of numeric does not fit std::int64_t");
}

TEST_CASE("whole numerics are read as integers, others are not", "[codec]") {
  CHECK(read<int>(text("12", st::numeric)) == 12);
  CHECK(read<int>(text("-12.00", st::numeric)) == -12);
  CHECK(read<int>(binary(numeric({1, 0, 0x4000, 2, 12}), st::numeric)) == -12);
  for (const char* x : {"12.5", "NaN", "Infinity", "-Infinity", "0.001"})
    CHECK(problem<int>(text(x, st::numeric)) == "a value of numeric does not fit std::int32_t");
  for (const char* x : {"", "-", "x", "1x", "1.x", "+1", " 1", "1 "})
    CHECK_THAT(problem<int>(text(x, st::numeric)), Contains("malformed"));
}

TEST_CASE("types that are no integers are not read as such", "[codec]") {
  CHECK(problem<int>(text("12", st::text)) == "text cannot be read as std::int32_t");
  CHECK(problem<int>(text("12", st::float8)) == "float8 cannot be read as std::int32_t");
  CHECK(problem<int>(text("t", st::bool_)) == "bool cannot be read as std::int32_t");
  CHECK(problem<int>(text("12", 16385)) == "type 16385 cannot be read as std::int32_t");
}

TEST_CASE("floating point is read", "[codec]") {
  CHECK(read<double>(text("1.5", st::float8)) == 1.5);
  CHECK(read<double>(text("-1e-300", st::float8)) == -1e-300);
  CHECK(read<double>(text("5e-324", st::float8)) == std::numeric_limits<double>::denorm_min());
  CHECK(read<double>(text("1.7976931348623157e+308", st::float8)) == std::numeric_limits<double>::max());
  CHECK(std::isnan(read<double>(text("NaN", st::float8))));
  CHECK(read<double>(text("Infinity", st::float8)) == std::numeric_limits<double>::infinity());
  CHECK(read<double>(text("-Infinity", st::float8)) == -std::numeric_limits<double>::infinity());
  CHECK(std::signbit(read<double>(text("-0", st::float8))));
  CHECK(read<double>(binary("\x3f\xf8\0\0\0\0\0\0"s, st::float8)) == 1.5);
  CHECK(read<float>(binary("\x3f\xc0\0\0"s, st::float4)) == 1.5F);
  CHECK(read<float>(text("0.1", st::float4)) == 0.1F);
  CHECK(read<double>(text("0.1", st::float4)) == static_cast<double>(0.1F));
  CHECK(read<double>(binary("\x3f\xc0\0\0"s, st::float4)) == 1.5);
  CHECK(std::isnan(read<float>(text("NaN", st::float4))));
  CHECK(problem<float>(text("1", st::float8)) == "float8 cannot be read as float");
  CHECK_THAT(problem<double>(text("1,5", st::float8)), Contains("malformed float8"));
  CHECK_THAT(problem<double>(binary("\0\0\0\0"s, st::float8)), Contains("malformed float8"));
  CHECK_THAT(problem<float>(binary("\0"s, st::float4)), Contains("malformed float4"));
}

TEST_CASE("integers and numerics are read as doubles when nothing is lost beyond rounding", "[codec]") {
  CHECK(read<double>(text("-7", st::int4)) == -7.0);
  CHECK(read<double>(text("9007199254740992", st::int8)) == 9007199254740992.0);
  CHECK(problem<double>(text("9007199254740993", st::int8)) == "a value of int8 does not fit double");
  CHECK(read<double>(text("0.1", st::numeric)) == 0.1);
  CHECK(read<double>(binary(numeric({1, 0xFFFF, 0, 1, 1000}), st::numeric)) == 0.1);
  CHECK(problem<double>(text("1" + std::string(400, '0'), st::numeric)) == "a value of numeric does not fit double");
  CHECK(read<float>(text("-32768", st::int2)) == -32768.0F);
  CHECK(problem<float>(text("1", st::int4)) == "int4 cannot be read as float");
  CHECK(problem<double>(text("1", st::text)) == "text cannot be read as double");
}

TEST_CASE("text is read from any type in text format", "[codec]") {
  CHECK(read<std::string>(text("2024-02-29", 1082)) == "2024-02-29");
  CHECK(read<std::string>(text("", st::text)).empty());
  CHECK(read<std::string_view>(text("{1,2}", 1007)) == "{1,2}");
  const std::string data = "view";
  CHECK(read<std::string_view>(text(data, st::text)).data() == data.data());
}

TEST_CASE("in binary format only text is read as text", "[codec]") {
  for (const auto type : {st::text, st::varchar, st::bpchar, st::name, st::char_, st::unknown, st::json, st::xml})
    CHECK(read<std::string>(binary("grün", type)) == "grün");
  CHECK(read<std::string>(binary("\1{}", st::jsonb)) == "{}");
  CHECK(read<std::string_view>(binary("\1{}", st::jsonb)) == "{}");
  CHECK_THAT(problem<std::string>(binary("", st::jsonb)), Contains("malformed jsonb"));
  CHECK_THAT(problem<std::string>(binary("\2{}", st::jsonb)), Contains("malformed jsonb"));
  CHECK(problem<std::string>(binary("\0\0\0\1"s, st::date))
        == "date cannot be read as std::string in binary format: ask for result_format::text");
  CHECK(problem<std::string_view>(binary("abcd", 16385))
        == "type 16385 cannot be read as std::string_view in binary format: ask for result_format::text");
  CHECK(problem<std::string_view>(binary(numeric({0, 0, 0, 0}), st::numeric))
        == "numeric cannot be read as std::string_view in binary format: ask for result_format::text");
}

TEST_CASE("bytea is read in hex, escape and binary format", "[codec]") {
  CHECK(read<bytes>(text("\\x", st::bytea)).empty());
  CHECK(read<bytes>(text("\\x00fFA5", st::bytea)) == as_bytes("\0\xff\xa5"s));
  CHECK(read<bytes>(text("", st::bytea)).empty());
  CHECK(read<bytes>(text("a\\\\b\\000\\377", st::bytea)) == as_bytes("a\\b\0\xff"s));
  CHECK(read<bytes>(binary("\0\\x"s, st::bytea)) == as_bytes("\0\\x"s));
  for (const char* x : {"\\x0", "\\xzz", "\\", "\\0", "\\00", "\\400", "\\09a", "\\-12", "a\\8bc"})
    CHECK_THAT(problem<bytes>(text(x, st::bytea)), Contains("malformed bytea"));
  CHECK(problem<bytes>(text("\\x00", st::text)) == "text cannot be read as bytes");
}

TEST_CASE("numeric in binary format becomes its exact text", "[codec]") {
  CHECK(numeric_to_text(numeric({0, 0, 0, 0})) == "0");
  CHECK(numeric_to_text(numeric({0, 0, 0, 2})) == "0.00");
  CHECK(numeric_to_text(numeric({1, 0, 0, 0, 7})) == "7");
  CHECK(numeric_to_text(numeric({1, 1, 0, 0, 1})) == "10000");
  CHECK(numeric_to_text(numeric({2, 0, 0x4000, 2, 12, 3400})) == "-12.34");
  CHECK(numeric_to_text(numeric({1, 0xFFFE, 0, 8, 1234})) == "0.00001234");
  CHECK(numeric_to_text(numeric({3, 1, 0, 4, 12, 3456, 7890})) == "123456.7890");
  CHECK(numeric_to_text(numeric({1, 0, 0, 5, 3})) == "3.00000");
  CHECK(numeric_to_text(numeric({0, 0, 0xC000, 0})) == "NaN");
  CHECK(numeric_to_text(numeric({0, 0, 0xD000, 0})) == "Infinity");
  CHECK(numeric_to_text(numeric({0, 0, 0xF000, 0})) == "-Infinity");
  CHECK(read<std::string>(binary(numeric({2, 0, 0, 1, 1, 5000}), st::numeric)) == "1.5");
  CHECK_FALSE(numeric_to_text(""));
  CHECK_FALSE(numeric_to_text(numeric({1, 0, 0, 0})));
  CHECK_FALSE(numeric_to_text(numeric({1, 0, 0, 0, 10000})));
  CHECK_FALSE(numeric_to_text(numeric({0, 0, 0x1234, 0})));
  CHECK_FALSE(numeric_to_text(numeric({0, 0, 0, 0xFFFF})));
  CHECK_FALSE(numeric_to_text(numeric({0xFFFF, 0, 0, 0, 1})));
}

TEST_CASE("NULL is read as an optional and as nothing else", "[codec]") {
  CHECK(*decode_cell<std::optional<int>>(std::nullopt, st::int4, result_format::text) == std::nullopt);
  CHECK(*decode_cell<std::optional<int>>("5", st::int4, result_format::text) == 5);
  const auto refused = decode_cell<int>(std::nullopt, st::int4, result_format::text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "NULL of int4 cannot be read as std::int32_t: ask for a std::optional");
  CHECK(decode_cell<std::optional<int>>("x", st::int4, result_format::text).error().message
        == "malformed int4 (1 bytes in text format)");
}

TEST_CASE("no error shows the value", "[codec]") {
  CHECK_THAT(problem<int>(text("secret", st::int4)), !Contains("secret"));
  CHECK_THAT(problem<std::int16_t>(text("123456", st::int4)), !Contains("123456"));
  CHECK_THAT(problem<double>(text("secret", st::float8)), !Contains("secret"));
}

} // namespace tripool::test
