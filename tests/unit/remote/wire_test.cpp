// What is written can be read, and nothing else: damaged bytes are refused, and cost no more memory than they have.
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

#include "tripool/core/remote/wire.hpp"

#include <array>
#include <map>

using namespace tripool;

namespace {

enum class colour : std::uint8_t { red, green, blue };

struct inner {
  std::string name;
  std::optional<std::int64_t> number;
};
template <class W>
void wire_fields(W& w, inner& x) {
  w(x.name, x.number);
}

struct outer {
  bool flag = false;
  colour what = colour::red;
  double ratio = 0;
  std::chrono::milliseconds limit{0};
  std::vector<inner> all;
  std::vector<std::byte> raw;
  std::variant<inner, std::string> either;
};
template <class W>
void wire_fields(W& w, outer& x) {
  w(x.flag, x.what, x.ratio, x.limit, x.all, x.raw, x.either);
  enum_below(w, x.what, colour::blue);
}

struct large {
  std::array<std::optional<std::int64_t>, 32> fields{};
};
template <class W>
void wire_fields(W& w, large& x) {
  w(x.fields[0], x.fields[1], x.fields[2], x.fields[3]);
}

std::string written(const outer& x) {
  wire_writer w;
  w(x);
  return w.take();
}

outer example() {
  outer x;
  x.flag = true;
  x.what = colour::blue;
  x.ratio = -0.25;
  x.limit = std::chrono::milliseconds{-7};
  x.all = {{"a", 1}, {std::string("b\0c", 3), std::nullopt}, {"", INT64_MIN}};
  x.raw = {std::byte{0}, std::byte{255}};
  x.either = std::string{"text"};
  return x;
}

} // namespace

TEST_CASE("wire: what was written is read again", "[remote]") {
  const auto x = example();
  const auto text = written(x);
  outer y;
  wire_reader r{text};
  r(y);
  REQUIRE(r.complete());
  CHECK(y.flag);
  CHECK(y.what == colour::blue);
  CHECK(y.ratio == -0.25);
  CHECK(y.limit == std::chrono::milliseconds{-7});
  REQUIRE(y.all.size() == 3);
  CHECK(y.all[1].name == std::string("b\0c", 3));
  CHECK_FALSE(y.all[1].number);
  CHECK(y.all[2].number == INT64_MIN);
  CHECK(y.raw == x.raw);
  CHECK(std::get<std::string>(y.either) == "text");
}

TEST_CASE("wire: every shorter text is refused, and every longer one", "[remote]") {
  const auto text = written(example());
  for (std::size_t n = 0; n < text.size(); ++n) {
    outer y;
    wire_reader r{std::string_view{text}.substr(0, n)};
    r(y);
    INFO(n);
    CHECK_FALSE(r.complete());
  }
  outer y;
  const auto longer = text + "x";
  wire_reader r{longer};
  r(y);
  CHECK(r.ok());
  CHECK_FALSE(r.complete());
}

TEST_CASE("wire: a length that a stranger made up reserves nothing, and unknown values are refused", "[remote]") {
  std::string huge(8, '\xff');
  std::vector<std::string> out;
  wire_reader r{huge};
  r(out);
  CHECK_FALSE(r.ok());
  CHECK(out.capacity() == 0);
  auto text = written(example());
  text[1] = 3; // The colour behind blue.
  outer y;
  wire_reader s{text};
  s(y);
  CHECK_FALSE(s.ok());
  text = written(example());
  text[0] = 2; // No boolean.
  wire_reader t{text};
  t(y);
  CHECK_FALSE(t.ok());
}

TEST_CASE("wire: many large elements of a byte each are refused before they are made", "[remote]") {
  // An empty `large` is four bytes on the wire and a hundred times as much in memory.
  wire_writer w;
  w(std::vector<large>(1000));
  const auto text = w.take();
  std::vector<large> out;
  wire_reader few{text};
  few(out);
  CHECK(few.complete()); // Within the room for small lists.
  wire_writer v;
  v(std::vector<large>(100'000));
  const auto more = v.take();
  wire_reader many{more, {}, 16};
  many(out);
  CHECK_FALSE(many.ok());
  CHECK(out.size() <= 1000);
  // What is as large on the wire as in memory is read, however much it is.
  std::vector<std::string> texts(100'000, std::string(200, 'x'));
  wire_writer u;
  u(texts);
  const auto all = u.take();
  std::vector<std::string> back;
  wire_reader r{all, {}, 16};
  r(back);
  CHECK(r.complete());
  CHECK(back == texts);
}

TEST_CASE("wire: any bytes are read or refused", "[remote][property]") {
  tripool::test::holds_for_all(
    "any bytes",
    [](const std::string& text) {
      outer y;
      wire_reader r{text};
      r(y);
      std::size_t bytes = y.raw.size();
      for (const auto& x : y.all) bytes += x.name.size();
      RC_ASSERT(bytes <= text.size());
    },
    2000);
}
