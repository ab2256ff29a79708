// The two formats of COPY: what is written comes back as it was, however the stream is cut; what no server would send
// is refused. The server's own reading and writing is tried in the integration tests.
#include "tests/support/catch.hpp"
#include "tests/support/property.hpp"
#include "tripool/core/copy/copy_binary_format.hpp"
#include "tripool/core/copy/copy_text_format.hpp"

#include <limits>
#include <string>
#include <tuple>
#include <vector>

using namespace tripool;

namespace {

using cell = std::optional<std::string>;
using rows = std::vector<std::vector<cell>>;

std::string text_of(const bytes& x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

std::vector<copy_row::cell> views(const std::vector<cell>& row) {
  return {row.begin(), row.end()};
}

/// Feeds the stream in pieces of `step` bytes and returns its rows, or the error.
template <class Reader>
decoded<rows> read_all(const std::string& stream, std::size_t step, bool* complete = nullptr) {
  Reader reader;
  rows out;
  for (std::size_t at = 0; at <= stream.size(); at += step) {
    reader.feed(std::as_bytes(std::span{stream}.subspan(at, std::min(step, stream.size() - at))));
    for (;;) {
      auto row = reader.next();
      if (!row) return unexpected{std::move(row).error()};
      if (!*row) break;
      auto& to = out.emplace_back();
      for (std::size_t i = 0; i < (*row)->size(); ++i) {
        const auto& x = (*row)->raw(i);
        to.push_back(x ? cell{std::string{*x}} : std::nullopt);
      }
    }
  }
  if (complete) *complete = reader.complete();
  return out;
}

struct person {
  std::int32_t id = 0;
  std::optional<std::string> name;
  double weight = 0;
  friend bool operator==(const person&, const person&) = default;
};

} // namespace

TEST_CASE("text rows are escaped as COPY wants them", "[copy]") {
  copy_text_writer w;
  const auto add = [&](std::vector<cell> row) { return w.add(views(row)); };
  CHECK(add({"1", std::nullopt, ""}));
  CHECK(add({"tab\there", "line\nfeed", "back\\slash", "\r\b\f\v"}));
  CHECK(add({"\\N", "\\."}));
  CHECK(add({}));
  CHECK(text_of(w.take()) == "1\t\\N\t\ntab\\there\tline\\nfeed\tback\\\\slash\t\\r\\b\\f\\v\n\\\\N\t\\\\.\n\n");
  CHECK(w.rows() == 4);
  CHECK(w.size() == 0);
  CHECK_FALSE(add({"good", std::string{"a\0b", 3}}));
  REQUIRE(w.fault());
  CHECK(w.fault()->sqlstate == "22021");
  CHECK(w.fault()->message == "row 5 of the COPY holds a NUL byte in column 2 at offset 1");
  CHECK_FALSE(add({"\xff"}));
  CHECK_FALSE(w.add(std::vector<copy_row::cell>(1601)));
  CHECK(w.size() == 0); // refused rows leave nothing behind
}

TEST_CASE("text rows are read with every escape that COPY knows", "[copy]") {
  using row = std::vector<cell>;
  const auto one = [](const std::string& line) {
    const auto all = read_all<copy_text_reader>(line + "\n", 1);
    return all && all->size() == 1 ? all->front() : row{"not one row"};
  };
  CHECK(one("a\\tb\\n\\r\\b\\f\\v\\\\") == row{"a\tb\n\r\b\f\v\\"});
  CHECK(one("\\N\t\\N") == row{std::nullopt, std::nullopt});
  CHECK(one("\\\\N") == row{"\\N"});
  CHECK(one("x\\N") == row{"xN"});
  CHECK(one("\\Nx") == row{"Nx"});
  CHECK(one("\\101\\x42\\x4g\\7") == row{"AB\x04g\7"});
  CHECK(one("\\xg\\q") == row{"xgq"});
  CHECK(one("\t") == row{"", ""});
  CHECK(one("") == row{""});
  CHECK_FALSE(read_all<copy_text_reader>("broken\\\n", 1));
  bool complete = true;
  CHECK(*read_all<copy_text_reader>("whole\nhalf", 3, &complete) == rows{row{"whole"}});
  CHECK_FALSE(complete);
  copy_text_reader r;
  r.feed(std::as_bytes(std::span{std::string_view{"x\\\ny\n"}}));
  CHECK_FALSE(r.next());
  CHECK_FALSE(r.next()); // an error is final
  CHECK_FALSE(r.complete());
}

TEST_CASE("rows of any text survive the text format, however it is cut", "[copy][property]") {
  test::check_property([] {
    const auto width = *rc::gen::inRange(1, 6);
    const auto any = rc::gen::container<std::vector<rc::Maybe<std::string>>>(
      static_cast<std::size_t>(width),
      rc::gen::maybe(rc::gen::container<std::string>(
        rc::gen::oneOf(rc::gen::element('\\', 'N', '\t', '\n', '\r', '\b', '\f', '\v', '.', 'x', '0', '7', ' '),
                       rc::gen::inRange('\x01', '\x7f')))));
    rows in;
    copy_text_writer w;
    for (const auto& row : *rc::gen::container<std::vector<std::vector<rc::Maybe<std::string>>>>(any)) {
      auto& to = in.emplace_back();
      for (const auto& x : row) to.push_back(x ? cell{*x} : std::nullopt);
      RC_ASSERT(w.add(views(to)));
    }
    const auto stream = text_of(w.take());
    bool complete = false;
    const auto out = read_all<copy_text_reader>(stream, *rc::gen::inRange<std::size_t>(1, 40), &complete);
    RC_ASSERT(out);
    RC_ASSERT(*out == in);
    RC_ASSERT(complete);
  });
}

TEST_CASE("structs, tuples and values become binary rows", "[copy]") {
  copy_binary_writer w;
  CHECK(w.add(person{258, std::nullopt, 1}));
  const std::string header{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
  CHECK(text_of(w.take())
        == header + std::string{"\0\3\0\0\0\4\0\0\1\2\xff\xff\xff\xff\0\0\0\x8\x3f\xf0\0\0\0\0\0\0", 26});
  CHECK(w.add(std::tuple{std::int16_t{7}, std::string{"x"}}));
  CHECK(w.add(std::pair{true, std::optional<std::int64_t>{}}));
  CHECK(w.add(std::string{"alone"}));
  w.finish();
  CHECK(text_of(w.take())
        == std::string{"\0\2\0\0\0\2\0\7\0\0\0\1x\0\2\0\0\0\1\1\xff\xff\xff\xff\0\1\0\0\0\5alone\xff\xff", 37});
  CHECK(w.rows() == 4);
  copy_binary_writer empty;
  empty.finish();
  CHECK(text_of(empty.take()) == header + "\xff\xff");
  CHECK(copy_width<person>() == 3);
  CHECK(copy_width<int>() == 1);
  CHECK(copy_width<std::tuple<int, int>>() == 2);
}

TEST_CASE("a value that cannot be sent leaves its row out and is named", "[copy]") {
  copy_binary_writer w;
  CHECK(w.add(person{1, "fine", 0}));
  const auto before = w.size();
  CHECK_FALSE(w.add(person{2, std::string{"a\0b", 3}, 0}));
  CHECK(w.size() == before);
  CHECK(w.rows() == 1);
  REQUIRE(w.fault());
  CHECK(w.fault()->sqlstate == "22021");
  CHECK(w.fault()->message.find("column 2 of row 2 of the COPY ") == 0);
  CHECK(w.fault()->message.find("a\\0b") == std::string::npos);
  CHECK_FALSE(w.add(std::tuple{std::numeric_limits<std::uint64_t>::max()}));
  CHECK_FALSE(w.add_encoded(std::vector<copy_row::cell>(1601)));
}

TEST_CASE("binary rows are read as structs, tuples and values", "[copy]") {
  copy_binary_writer w;
  const person ada{1, "Ada", 60.5};
  w.add(ada);
  w.add(person{2, std::nullopt, 0});
  w.finish();
  copy_binary_reader r;
  r.feed(w.take());
  auto first = r.next();
  REQUIRE(first);
  REQUIRE(*first);
  CHECK((*first)->number() == 1);
  CHECK(*(*first)->as<person>() == ada);
  CHECK(std::get<1>(*(*first)->as<std::tuple<std::int32_t, std::string, double>>()) == "Ada");
  CHECK((*first)->as<std::int32_t>().error().message == "row 1 of the COPY has 3 columns, and 1 was asked for");
  auto second = r.next();
  REQUIRE(second);
  using strict = std::tuple<std::int32_t, std::string, double>;
  CHECK((*second)->as<strict>().error().message.find("column 2, row 2 of the COPY: ") == 0);
  CHECK_FALSE((*second)->as<std::tuple<std::int64_t, std::string, double>>()); // a column of another size
  auto end = r.next();
  REQUIRE(end);
  CHECK_FALSE(*end);
  CHECK(r.complete());
}

TEST_CASE("a binary stream that no server would send is refused", "[copy]") {
  const std::string signature{"PGCOPY\n\xff\r\n\0", 11};
  const std::string zero(4, '\0');
  const auto refused = [](const std::string& stream, const char* says) {
    for (const std::size_t step : {std::size_t{1}, stream.size() + 1}) {
      const auto x = read_all<copy_binary_reader>(stream, step);
      INFO(says);
      REQUIRE_FALSE(x);
      CHECK(x.error().message.find(says) != std::string::npos);
    }
  };
  refused("PGCOPX", "signature");
  refused("id\tname\n", "signature");
  refused(signature + std::string{"\0\1\0\0", 4} + zero, "object identifiers");
  refused(signature + std::string{"\0\2\0\0", 4} + zero, "critical flags");
  refused(signature + zero + "\x7f\xff\xff\xff", "header is longer");
  refused(signature + zero + zero + "\x7f\xff", "claims 32767 columns");
  refused(signature + zero + zero + std::string{"\0\1\x7f\xff\xff\xff", 6}, "absurd length");
  refused(signature + zero + zero + std::string{"\0\1\xff\xff\xff\xfe", 6}, "absurd length");
  refused(signature + zero + zero + "\xff\xff!", "follows the trailer");
  // Unknown uncritical flags and an extension of the header are passed over.
  const std::string extended = signature + std::string{"\0\0\0\1\0\0\0\3abc\0\1\xff\xff\xff\xff\xff\xff", 19};
  bool complete = false;
  CHECK(*read_all<copy_binary_reader>(extended, 1, &complete) == rows{std::vector<cell>{std::nullopt}});
  CHECK(complete);
  // A stream without its trailer is not complete.
  CHECK(read_all<copy_binary_reader>(extended.substr(0, extended.size() - 2), 1, &complete)->size() == 1);
  CHECK_FALSE(complete);
}

TEST_CASE("rows of any bytes survive the binary format, however it is cut", "[copy][property]") {
  test::check_property([](const std::vector<std::vector<rc::Maybe<std::string>>>& given) {
    rows in;
    copy_binary_writer w;
    for (const auto& row : given) {
      auto& to = in.emplace_back();
      for (const auto& x : row) to.push_back(x ? cell{*x} : std::nullopt);
      RC_ASSERT(w.add_encoded(views(to)));
    }
    w.finish();
    bool complete = false;
    const auto out = read_all<copy_binary_reader>(text_of(w.take()), *rc::gen::inRange<std::size_t>(1, 60), &complete);
    RC_ASSERT(out);
    RC_ASSERT(*out == in);
    RC_ASSERT(complete);
  });
}

TEST_CASE("any bytes are read as rows or refused, never taken for more than they are", "[copy][property]") {
  test::check_property([](const std::string& noise, bool framed) {
    const std::string header{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
    const auto stream = framed ? header + noise : noise;
    const auto binary = read_all<copy_binary_reader>(stream, 7);
    const auto text = read_all<copy_text_reader>(stream, 7);
    std::size_t total = 0;
    for (const auto& row : binary ? *binary : rows{})
      for (const auto& x : row) total += x ? x->size() : 0;
    RC_ASSERT(total <= noise.size());
    if (text) RC_ASSERT(text->size() == static_cast<std::size_t>(std::count(stream.begin(), stream.end(), '\n')));
  });
}
