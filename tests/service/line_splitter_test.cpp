// Lines from bytes that come in pieces.
#include "tests/support/catch.hpp"

#include "service/pipe/line_splitter.hpp"

#include <vector>

using namespace tripool;

namespace {

struct collected {
  std::vector<std::string> lines;
  pipe::line_splitter splitter{8, [this](std::string_view line, std::uint64_t number, bool too_long) {
                                 lines.push_back(std::to_string(number) + (too_long ? "!" : ":") + std::string{line});
                               }};
};

std::vector<std::string> split(const std::vector<std::string>& pieces) {
  collected to;
  for (const auto& piece : pieces) to.splitter.feed(piece);
  to.splitter.finish();
  return to.lines;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines are numbered, and come without their ends") {
  CHECK(split({"a\nb\r\n\nc\n"}) == lines{"1:a", "2:b", "3:", "4:c"});
  CHECK(split({"a\nlast"}) == lines{"1:a", "2:last"});
  CHECK(split({}).empty());
  CHECK(split({"\n"}) == lines{"1:"});
}

TEST_CASE("it does not matter how the bytes come") {
  const std::string text = "one\ntwo\r\n\n12345678\n123456789\nsix";
  const auto whole = split({text});
  CHECK(whole == lines{"1:one", "2:two", "3:", "4:12345678", "5!", "6:six"});
  for (std::size_t size = 1; size < text.size(); ++size) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
    CHECK(split(pieces) == whole);
  }
}

TEST_CASE("a line that is too long is reported once, and the next ones are read") {
  CHECK(split({"123456789", "abc", "def\nok\n"}) == lines{"1!", "2:ok"});
  CHECK(split({"123456789"}) == lines{"1!"});
}
