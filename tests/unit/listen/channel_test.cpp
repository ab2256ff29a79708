// Names of channels, and the statement that notifies.
#include "tests/support/catch.hpp"

#include "tripool/core/listen/channel.hpp"
#include "tripool/core/statement/check.hpp"

using namespace tripool;

namespace {

std::string sqlstate_of(std::string_view name) {
  const auto problem = check_channel(name);
  if (!problem) return {};
  CHECK(problem->kind == outcome::rejected);
  CHECK_FALSE(problem->message.empty());
  CHECK_FALSE(problem->hint.empty());
  return problem->sqlstate;
}

} // namespace

TEST_CASE("A channel's name is any text of 1 to 63 bytes") {
  CHECK(sqlstate_of("a") == "");
  CHECK(sqlstate_of("Orders and \"more\"; drop table x --") == "");
  CHECK(sqlstate_of("\xC3\xBC"
                    "ber")
        == "");
  CHECK(sqlstate_of(std::string(63, 'x')) == "");
  CHECK(sqlstate_of("") == "42602");
  CHECK(sqlstate_of(std::string(64, 'x')) == "42622");
  // Bytes count, not characters.
  std::string umlauts;
  for (int i = 0; i < 32; ++i) umlauts += "\xC3\xBC";
  CHECK(sqlstate_of(umlauts) == "42622");
  CHECK(sqlstate_of(std::string_view{"a\0b", 3}) == "22021");
  CHECK(sqlstate_of("\xFF") == "22021");
}

TEST_CASE("A channel's name is quoted with its case, whatever it holds") {
  CHECK(listen_text("Orders") == "LISTEN \"Orders\"");
  CHECK(unlisten_text("a\"b\"") == "UNLISTEN \"a\"\"b\"\"\"");
  CHECK(listen_text("x; drop table y") == "LISTEN \"x; drop table y\"");
}

TEST_CASE("To notify is a write like others") {
  const auto s = notify("Orders", "42");
  REQUIRE(s);
  CHECK(s->mode == access::write);
  CHECK_FALSE(s->repeatable);
  CHECK(s->parameters == std::vector<parameter>{"Orders", "42"});
  CHECK_FALSE(check(*s));
  CHECK(notify("c")->parameters == std::vector<parameter>{"c", ""});
}

TEST_CASE("A payload may have 7999 bytes") {
  CHECK(notify("c", std::string(7999, 'x')));
  const auto too_long = notify("c", std::string(8000, 'x'));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().kind == outcome::rejected);
  CHECK(too_long.error().sqlstate == "22023");
  CHECK(too_long.error().message.find("8000 bytes") != std::string::npos);
}

TEST_CASE("What no server would take is not sent") {
  CHECK(notify("", "x").error().sqlstate == "42602");
  CHECK(notify(std::string(64, 'x'), "x").error().sqlstate == "42622");
  CHECK(notify("c", std::string("a\0b", 3)).error().sqlstate == "22021");
  CHECK(notify("c", "\xC3").error().sqlstate == "22021");
}
