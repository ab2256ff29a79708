// What may pass to CAF's middleman, and what may not, however it is cut.
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

#include "tripool/core/remote/frame_guard.hpp"

using namespace tripool;

namespace {

std::string frame(int kind, std::uint32_t length, int flags = 0, std::uint32_t said = 0) {
  std::string out(frame_guard::header_bytes, '\0');
  if (said == 0) said = length;
  out[0] = static_cast<char>(kind);
  out[3] = static_cast<char>(flags);
  for (std::size_t i = 0; i < 4; ++i) out[4 + i] = static_cast<char>(said >> (24 - 8 * i) & 0xffU);
  return out + std::string(length, 'p');
}

} // namespace

TEST_CASE("guard: whole messages pass byte for byte, wherever they are cut", "[remote]") {
  const auto all = frame(1, 40) + frame(6, 0) + frame(2, 1000);
  tripool::test::holds_for_all("any cuts", [&](const std::vector<std::uint16_t>& cuts) {
    frame_guard g{1000};
    std::string out;
    std::size_t at = 0;
    for (const auto cut : cuts) {
      const auto n = std::min<std::size_t>(cut % 50, all.size() - at);
      RC_ASSERT(g.feed(std::string_view{all}.substr(at, n), out));
      at += n;
    }
    RC_ASSERT(g.feed(std::string_view{all}.substr(at), out));
    RC_ASSERT(out == all);
    RC_ASSERT(g.messages() == 3u);
  });
}

TEST_CASE("guard: a message that is too long is refused at its header, before anything of it passes", "[remote]") {
  frame_guard g{1000};
  std::string out;
  REQUIRE(g.feed(frame(1, 40), out));
  const auto before = out.size();
  CHECK_FALSE(g.feed(frame(2, 0, 0, 0xffff'ffffU), out));
  CHECK(out.size() == before);
  CHECK(g.problem().find("4294967295") != std::string::npos);
  CHECK_FALSE(g.feed(frame(6, 0), out)); // And nothing afterwards.
  CHECK(out.size() == before);
}

TEST_CASE("guard: whoever does not begin with a handshake, or sends no message, is refused", "[remote]") {
  for (const int kind : {0, 2, 3, 4, 5, 6, 7, 71, 255}) {
    frame_guard g{1000};
    std::string out;
    CHECK_FALSE(g.feed(frame(kind, 0), out));
    CHECK(out.empty());
  }
}

TEST_CASE("guard: messages to CAF's own helpers by name are left out, and the rest goes on", "[remote]") {
  frame_guard g{1000};
  std::string out;
  const auto hello = frame(1, 8);
  const auto rest = frame(2, 30);
  REQUIRE(g.feed(hello + frame(2, 500, frame_guard::named_receiver) + rest, out));
  CHECK(out == hello + rest);
}

TEST_CASE("guard: any bytes are passed on or refused", "[remote][property]") {
  tripool::test::holds_for_all("any bytes", [](const std::string& text) {
    frame_guard g{100};
    std::string out;
    g.feed(text, out);
    RC_ASSERT(out.size() <= text.size());
    RC_ASSERT(text.starts_with(out));
  });
}
