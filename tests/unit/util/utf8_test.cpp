// UTF-8 as PostgreSQL accepts it, wherever in the text a fault lies.
#include "tests/support/catch.hpp"
#include "tripool/core/util/utf8.hpp"

#include <string>

namespace tripool::test {

using namespace std::string_literals;

TEST_CASE("valid text has no fault", "[util][utf8]") {
  for (const auto& text :
       {""s, "plain ascii text of some length"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\x9f\xbf"s,
        "\xee\x80\x80"s, "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "grüße, 日本語, 🐘"s})
    CHECK_FALSE(find_text_fault(text));
}

TEST_CASE("a fault is found at its first byte, at any offset", "[util][utf8]") {
  for (const auto& bad : {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "\xc2 "s, "\xe0\x80\x80"s,
                          "\xe0\x9f\xbf"s, "\xe1\x80"s, "\xed\xa0\x80"s, "\xed\xbf\xbf"s, "\xf0\x8f\xbf\xbf"s,
                          "\xf0\x90\x80"s, "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xff"s, "\xfe"s}) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (const auto& after : {""s, "x"s, "a longer rest of text"s}) {
        CHECK(find_text_fault(std::string(before, 'x') + bad + after) == text_fault{before, false});
        CHECK(find_text_fault(std::string(before, 'x') + "ü" + bad + after) == text_fault{before + 2, false});
      }
    }
  }
}

TEST_CASE("a NUL byte is found at any offset", "[util][utf8]") {
  for (std::size_t before = 0; before < 20; ++before) {
    CHECK(find_text_fault(std::string(before, 'x') + '\0') == text_fault{before, true});
    CHECK(find_text_fault(std::string(before, '\x01') + "\0\xff tail of the text"s) == text_fault{before, true});
  }
}

} // namespace tripool::test
