// Names and trace contexts.
#include "tripool/core/statement/labels.hpp"

#include "tests/support/catch.hpp"

#include "tripool/core/statement/check.hpp"

using namespace tripool;

namespace {

const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

} // namespace

TEST_CASE("a W3C trace context is told from everything else", "[labels]") {
  CHECK(is_traceparent(good));
  CHECK(is_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-0a"));
  for (const std::string bad : {
         "",
         "00",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
         "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",    // upper case
         "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // a version that there is not
         "00-00000000000000000000000000000000-00f067aa0ba902b7-01",    // no trace
         "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",    // no parent
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00", // version 00 ends here
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
         "00-4bf92f3577b34da6a3ce929d0e0e4736*00f067aa0ba902b7-01",
         "00-4bf92f3577b34da6a3ce929d0e0*/736-00f067aa0ba902b7-01",
         "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-*/",
       }) {
    CAPTURE(bad);
    CHECK(!is_traceparent(bad));
  }
}

TEST_CASE("the comment stands in front of the text", "[labels]") {
  CHECK(with_trace_comment(good, "SELECT 1") == "/*traceparent='" + good + "'*/ SELECT 1");
}

TEST_CASE("names are short texts of one line", "[labels]") {
  CHECK(!check_labels("find order by id, Zürich", good));
  CHECK(!check_labels("", ""));
  CHECK(check_labels(std::string(129, 'x'), "")->sqlstate == "22023");
  CHECK(check_labels("two\nlines", "")->sqlstate == "22023");
  CHECK(check_labels("\xff", "")->sqlstate == "22021");
  CHECK(check_labels("", "what")->sqlstate == "22023");
}

TEST_CASE("a request with a wrong name or trace context is refused", "[labels]") {
  statement s;
  s.text = "select 1";
  s.traceparent = "what";
  REQUIRE(check(s));
  CHECK(check(s)->kind == outcome::rejected);
  CHECK(check(s)->why == cause::invalid_request);
  batch b;
  b.statements.push_back({});
  b.statements.back().text = "select 1";
  CHECK(!check(b));
  b.name = "two\nlines";
  CHECK(check(b));
}

TEST_CASE("a list is refused when it is empty or longer than allowed", "[labels]") {
  statement_list x;
  CHECK(check(x, 2)->sqlstate == "42601");
  x.statements.resize(2);
  CHECK(!check(x, 2));
  x.statements.resize(3);
  CHECK(check(x, 2)->sqlstate == "54000");
}
