// Reading values in the very form of a C++ type without judging them: which values are, and that all the others are
// left to the decoders, so that both ways of reading never differ.
#include "tests/support/catch.hpp"
#include "tripool/core/codec/all.hpp"
#include "tripool/core/codec/server_type.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripool::test {

using namespace std::string_literals;
using namespace std::string_view_literals;
namespace st = server_type;

namespace {

encoded_value as_text(std::string_view data, std::uint32_t type) {
  return {data, type, result_format::text};
}

encoded_value as_binary(std::string_view data, std::uint32_t type) {
  return {data, type, result_format::binary};
}

/// The value, or nothing when it is left to the decoder.
template <class T>
std::optional<T> directly(const encoded_value& x) {
  T out{};
  return codec<T>::direct(x, out) ? std::optional<T>{out} : std::nullopt;
}

/// Whether the direct way gives what the decoder gives, or leaves the value to it.
template <class T>
bool agrees(const encoded_value& x) {
  T direct{};
  if (!codec<T>::direct(x, direct)) return true;
  const auto judged = codec<T>::decode(x);
  return judged && (*judged == direct || (*judged != *judged && direct != direct)); // NaN is not the same as itself.
}

template <class... Ts>
bool all_agree(const encoded_value& x) {
  return (agrees<Ts>(x) && ...);
}

} // namespace

static_assert(directly_decodable<int> && directly_decodable<std::optional<std::string>> && directly_decodable<bool>);
static_assert(decodable<bytes> && !directly_decodable<bytes> && !directly_decodable<std::optional<bytes>>);
static_assert(!directly_decodable<std::vector<int>> && !directly_decodable<char>);

TEST_CASE("integers that fit are read directly", "[codec][direct]") {
  CHECK(directly<int>(as_binary("\xFF\xFF\xFF\xFE"sv, st::int4)) == -2);
  CHECK(directly<std::int64_t>(as_binary("\xFF\xFF\xFF\xFE"sv, st::int4)) == -2);
  CHECK(directly<std::int64_t>(as_binary("\x80\0\0\0\0\0\0\0"sv, st::int8))
        == std::numeric_limits<std::int64_t>::min());
  CHECK(directly<std::int16_t>(as_binary("\x80\0"sv, st::int2)) == -32768);
  CHECK(directly<int>(as_binary("\x80\0"sv, st::int2)) == -32768);
  CHECK(directly<int>(as_binary("\0\0\0\0\x7F\xFF\xFF\xFF"sv, st::int8)) == std::numeric_limits<int>::max());
  CHECK(directly<std::uint32_t>(as_binary("\0\0\0\0\xFF\xFF\xFF\xFF"sv, st::int8)) == 0xFFFF'FFFFU);
  CHECK(directly<std::uint8_t>(as_binary("\0\0\0\xFF"sv, st::int4)) == 255);
}

TEST_CASE("integers that do not fit, and all else than an integer, are judged", "[codec][direct]") {
  CHECK_FALSE(directly<int>(as_binary("\0\0\0\0\x80\0\0\0"sv, st::int8)));
  CHECK_FALSE(directly<std::uint32_t>(as_binary("\xFF\xFF\xFF\xFF"sv, st::int4)));
  CHECK_FALSE(directly<std::int16_t>(as_binary("\0\0\x80\0"sv, st::int4)));
  CHECK_FALSE(directly<int>(as_text("1234", st::int4)));
  CHECK_FALSE(directly<int>(as_binary("\0\0\0"sv, st::int4)));
  CHECK_FALSE(directly<int>(as_binary("\0\0\0\0\0"sv, st::int4)));
  CHECK_FALSE(directly<int>(as_binary("", st::int4)));
  CHECK_FALSE(directly<int>(as_binary("\0\0\0\1"sv, st::int8)));
  CHECK_FALSE(directly<int>(as_binary("\0\0\0\1"sv, st::oid)));
  CHECK_FALSE(directly<int>(as_binary("\0\0\0\1"sv, st::float4)));
  CHECK_FALSE(directly<int>(as_binary("\0\0\0\1"sv, st::first_user_defined)));
}

TEST_CASE("bool and floating point are read directly in their own width", "[codec][direct]") {
  CHECK(directly<bool>(as_binary("\1"sv, st::bool_)) == true);
  CHECK(directly<bool>(as_binary("\0"sv, st::bool_)) == false);
  CHECK_FALSE(directly<bool>(as_binary("\2"sv, st::bool_)));
  CHECK_FALSE(directly<bool>(as_binary("\xFF"sv, st::bool_)));
  CHECK_FALSE(directly<bool>(as_binary(""sv, st::bool_)));
  CHECK_FALSE(directly<bool>(as_text("t", st::bool_)));
  CHECK(directly<float>(as_binary("\x3F\xC0\0\0"sv, st::float4)) == 1.5F);
  CHECK(directly<double>(as_binary("\xBF\xF8\0\0\0\0\0\0"sv, st::float8)) == -1.5);
  CHECK(std::isnan(*directly<double>(as_binary("\x7F\xF8\0\0\0\0\0\0"sv, st::float8))));
  CHECK_FALSE(directly<double>(as_binary("\x3F\xC0\0\0"sv, st::float4)));
  CHECK_FALSE(directly<double>(as_binary("\x3F\xC0\0\0"sv, st::float8)));
  CHECK_FALSE(directly<float>(as_binary("\xBF\xF8\0\0\0\0\0\0"sv, st::float8)));
  CHECK_FALSE(directly<double>(as_text("1.5", st::float8)));
}

TEST_CASE("texts are read directly where the bytes are the text", "[codec][direct]") {
  for (const auto type : {st::text, st::varchar, st::bpchar}) {
    CHECK(directly<std::string>(as_binary("abc", type)) == "abc");
    CHECK(directly<std::string_view>(as_binary("", type)) == ""sv);
  }
  CHECK(directly<std::string_view>(as_text("5", st::int4)) == "5"sv);
  CHECK(directly<std::string>(as_text("x", st::first_user_defined)) == "x");
  CHECK_FALSE(directly<std::string>(as_binary("\0\0\0\5"sv, st::int4)));
  CHECK_FALSE(directly<std::string_view>(as_binary("\1{}", st::jsonb)));
  CHECK_FALSE(directly<std::string_view>(as_binary("x", st::first_user_defined)));
}

TEST_CASE("an optional is read directly as what is in it", "[codec][direct]") {
  std::optional<int> number = 7;
  CHECK(codec<std::optional<int>>::direct(as_binary("\0\0\0\5"sv, st::int4), number));
  CHECK(number == 5);
  CHECK_FALSE(codec<std::optional<int>>::direct(as_text("5", st::int4), number));
  CHECK(number == std::nullopt);
}

TEST_CASE("both ways of reading agree on every type, width and format", "[codec][direct]") {
  const std::vector<std::string> samples{"",
                                         "\0"s,
                                         "\1"s,
                                         "\2"s,
                                         "t",
                                         "f",
                                         "7",
                                         "-1",
                                         "\xFF\xFF"s,
                                         "\x7F\xFF"s,
                                         "abc",
                                         "\0\0\0\x2A"s,
                                         "\xFF\xFF\xFF\xFF"s,
                                         "\x80\0\0\0"s,
                                         "\x7F\xC0\0\0"s,
                                         "12345",
                                         "\0\0\0\0\0\0\0\1"s,
                                         "\0\0\0\0\xFF\xFF\xFF\xFF"s,
                                         "\x80\0\0\0\0\0\0\0"s,
                                         "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s,
                                         "\x7F\xF8\0\0\0\0\0\0"s,
                                         "123456789"};
  for (const auto type : {st::bool_,
                          st::bytea,
                          st::char_,
                          st::name,
                          st::int8,
                          st::int2,
                          st::int4,
                          st::text,
                          st::oid,
                          st::xid,
                          st::json,
                          st::float4,
                          st::float8,
                          st::bpchar,
                          st::varchar,
                          st::numeric,
                          st::jsonb,
                          st::xid8,
                          st::uuid,
                          st::void_,
                          st::date,
                          st::timestamptz,
                          st::first_user_defined,
                          std::uint32_t{0}}) {
    for (const auto& x : samples) {
      for (const auto format : {result_format::text, result_format::binary}) {
        const encoded_value value{x, type, format};
        INFO("type " << type << ", " << x.size() << " bytes, " << (format == result_format::text ? "text" : "binary"));
        CHECK((all_agree<bool, float, double, std::string, std::string_view>(value)));
        CHECK((all_agree<std::int8_t, std::int16_t, std::int32_t, std::int64_t>(value)));
        CHECK((all_agree<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>(value)));
        CHECK((all_agree<std::optional<int>, std::optional<std::string>>(value)));
      }
    }
  }
}

} // namespace tripool::test
