// Which texts are taken for a COPY, and what the others are told.
#include "tests/support/catch.hpp"
#include "tripool/core/copy/copy_text.hpp"

#include <string>

using namespace tripool;

TEST_CASE("the direction of a COPY is read from the words outside of parentheses and literals", "[copy]") {
  for (const char* text :
       {"copy t from stdin", "COPY s.t (a, \"to\") FROM STDIN WITH (FORMAT binary)", "/* to */ copy t from stdin;",
        "copy \"to\" from stdin csv delimiter ','", "copy t from stdin where a <> 'to stdout'"}) {
    INFO(text);
    const auto x = read_copy_text(text);
    REQUIRE(x);
    CHECK(*x == copy_direction::in);
  }
  for (const char* text : {"copy t to stdout", "Copy (select a from stdin) To Stdout (format csv, header)",
                           "copy (values ('from stdin')) to stdout -- from stdin"}) {
    INFO(text);
    const auto x = read_copy_text(text);
    REQUIRE(x);
    CHECK(*x == copy_direction::out);
  }
}

TEST_CASE("what is no COPY of the client's data is refused with a reason", "[copy]") {
  struct {
    std::string text;
    const char* sqlstate;
    const char* says;
  } const refused[]{
    {"", "42601", "no statement"},
    {" ; -- copy t from stdin", "42601", "no statement"},
    {"select 1", "42601", "not a COPY"},
    {"copy t from stdin; drop table t", "42601", "second begins at offset 19"},
    {"copy t from '/etc/passwd'", "0A000", "file or program"},
    {"copy t to program 'cat'", "0A000", "file or program"},
    {"copy t", "0A000", "file or program"},
    {"copy t from 'x' where a = stdin", "0A000", "file or program"},
    {std::string{"copy t\0 from stdin", 18}, "22021", "NUL byte at offset 6"},
    {"copy \xff from stdin", "22021", "UTF-8 at offset 5"},
  };
  for (const auto& x : refused) {
    INFO(x.text);
    const auto got = read_copy_text(x.text);
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == outcome::rejected);
    CHECK(got.error().why == cause::invalid_request);
    CHECK(got.error().sqlstate == x.sqlstate);
    CHECK(got.error().message.find(x.says) != std::string::npos);
    CHECK_FALSE(got.error().hint.empty());
  }
}
