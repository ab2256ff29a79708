// JSON from outside, and JSON texts piece by piece.
#include "tests/support/catch.hpp"

#include "service/json/reader.hpp"
#include "service/json/writer.hpp"

using namespace tripool;

namespace {

std::string error_of(std::string_view text, json::bounds limits = {}) {
  const auto x = json::read(text, limits);
  const auto* error = std::get_if<json::read_error>(&x);
  return error == nullptr ? std::string{} : error->message;
}

// The text after it was read and written again.
std::string again(std::string_view text) {
  const auto x = json::read(text);
  INFO(error_of(text));
  REQUIRE(std::holds_alternative<json::value>(x));
  std::string out;
  json::append_value(out, std::get<json::value>(x));
  return out;
}

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

} // namespace

TEST_CASE("values keep what was written") {
  CHECK(again(R"( {"a": [1, -2, 0.5, true, false, null, "x\ty"], "b": {}} )")
        == R"({"a":[1,-2,0.5,true,false,null,"x\ty"],"b":{}})");
  CHECK(again("9223372036854775807") == "9223372036854775807");
  CHECK(again("-9223372036854775808") == "-9223372036854775808");
  CHECK(again("\"\\u00e9\\ud83d\\ude00\"") == "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST_CASE("numbers that no machine type holds keep their digits") {
  for (const auto* text : {"18446744073709551615", "123456789012345678901234567890", "-9223372036854775809",
                           "0.12345678901234567890", "3.141592653589793238"})
    CHECK(again(text) == text);
}

TEST_CASE("texts that are no JSON are refused with the place") {
  CHECK(contains(error_of("{\"a\": }"), "at character 7: "));
  for (const auto* text :
       {"", "   ", "{", "{\"a\"}", "[1,]", "{} {}", "nul", "'a'", "01", "1.", "\"\n\"", "NaN", "1e999"}) {
    INFO(text);
    CHECK_FALSE(error_of(text).empty());
  }
}

TEST_CASE("invalid UTF-8, lone surrogates and NUL characters are refused") {
  CHECK(contains(error_of("\"\xFF\""), "ill-formed UTF-8"));
  CHECK(contains(error_of("\"\xC3\""), "ill-formed UTF-8"));
  CHECK_FALSE(error_of("\"\\ud800\"").empty());
  CHECK(contains(error_of("[\"a\\u0000b\"]"), "NUL"));
  CHECK_FALSE(error_of(std::string_view{"\"a\0b\"", 5}).empty());
}

TEST_CASE("deep nesting is refused, however deep it is") {
  CHECK(error_of("[[[]]]", {.depth = 3}).empty());
  CHECK(contains(error_of("[[[[]]]]", {.depth = 3}), "nested more than 3 levels deep"));
  CHECK(contains(error_of(repeated("[", 5'000'000)), "nested more than 32 levels deep"));
  CHECK(contains(error_of(repeated("{\"a\":", 1'000'000)), "nested more than 32 levels deep"));
}

TEST_CASE("too many values, too many keys and a key that stands there twice are refused") {
  CHECK(contains(error_of("[1,2,3]", {.values = 3}), "more than 3 values"));
  CHECK(contains(error_of(R"({"a":1,"b":2})", {.members = 1}), "more than 1 keys"));
  CHECK(contains(error_of(R"({"a":1,"a":2})"), "the key \"a\" stands there twice"));
  CHECK(error_of(R"({"a":{"a":1}})").empty());
}

TEST_CASE("what stood before an error is kept") {
  const auto x = json::read(R"({"id": 7, "sql": "a", "params": [1, 2)");
  const auto& before = std::get<json::read_error>(x).before;
  REQUIRE(json::find(before, "id") != nullptr);
  CHECK(*json::find(before, "id")->get_if<std::int64_t>() == 7);
  CHECK(json::find(before, "params") == nullptr);
}

TEST_CASE("texts are written so that they can be read again") {
  const auto written = [](std::string_view text) {
    std::string out;
    json::append_text(out, text);
    return out;
  };
  CHECK(written("plain") == "\"plain\"");
  CHECK(written("a\"b\\c\n\x01\x7F") == "\"a\\\"b\\\\c\\n\\u0001\x7F\"");
  CHECK(written("\xC3\xA9") == "\"\xC3\xA9\"");
  CHECK(written("\xE9 lone") == "\"\xEF\xBF\xBD lone\"");
  CHECK(written({"\0", 1}) == "\"\\u0000\"");
}

TEST_CASE("JSON's numbers are told from what only looks like one") {
  for (const auto* text : {"0", "-0", "12", "-1.5", "1e5", "1.5e+20", "1E-7"}) CHECK(json::is_number(text));
  for (const auto* text : {"", "-", "NaN", "Infinity", "1.", ".5", "007", "+1", "1e", "1e+", "0x1", "1 "})
    CHECK_FALSE(json::is_number(text));
}
