// Durations and sizes as text.
#include "tests/support/catch.hpp"

#include "tripool/core/config/quantity.hpp"

using namespace tripool;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit") {
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration(" 5 ms ") == 5ms);
  CHECK(parse_duration("10min") == 10min);
  CHECK(parse_duration("-1h") == -1h);
  CHECK(parse_duration("2d") == 48h);
  CHECK(parse_duration("7ns") == 7ns);
  CHECK(parse_duration("0us") == 0us);
}

TEST_CASE("what is no duration is refused") {
  for (const auto* text : {"", "30", "s", "1.5s", "30 sec", "30s x", "0x10s", "--1s", "1h30min"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations that do not fit are refused instead of wrapping around") {
  CHECK(parse_duration("2562047h"));
  CHECK_FALSE(parse_duration("2562048h"));
  CHECK_FALSE(parse_duration("-2562048h"));
  CHECK_FALSE(parse_duration("9223372036854775808ns"));
}

TEST_CASE("durations are written with the largest unit that divides them") {
  CHECK(format_duration(90s) == "90s");
  CHECK(format_duration(120s) == "2min");
  CHECK(format_duration(24h) == "24h");
  CHECK(format_duration(1500us) == "1500us");
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(-5s) == "-5s");
}

TEST_CASE("sizes are read and written with binary units") {
  CHECK(parse_bytes("256 MiB") == 256LL << 20);
  CHECK(parse_bytes("1000") == 1000);
  CHECK(parse_bytes("1GiB") == 1LL << 30);
  CHECK_FALSE(parse_bytes("1 MB"));
  CHECK_FALSE(parse_bytes("99999999 TiB"));
  CHECK(format_bytes(256LL << 20) == "256 MiB");
  CHECK(format_bytes(1000) == "1000 B");
  CHECK(format_bytes(0) == "0 B");
}
