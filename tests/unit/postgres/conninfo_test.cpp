// Connection strings: what is taken out of them, and that no error shows a piece of a secret.
#include "tests/support/catch.hpp"
#include "tripool/core/postgres/conninfo.hpp"

#include <cstdlib>

using namespace tripool::postgres;

namespace {

conninfo good(std::string text) {
  auto x = parse_conninfo(std::move(text));
  REQUIRE(std::holds_alternative<conninfo>(x));
  return std::get<conninfo>(std::move(x));
}

std::string bad(std::string text) {
  auto x = parse_conninfo(std::move(text));
  REQUIRE(std::holds_alternative<conninfo_error>(x));
  return std::get<conninfo_error>(x).message;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every part of a keyword string lands in its place", "[postgres]") {
  const auto x = good("host=db1 hostaddr=10.0.0.1 port=6432 dbname=shop user=app application_name=a sslmode=require "
                      "password='it\\'s secret'");
  CHECK(x.host == "db1");
  CHECK(x.hostaddr == "10.0.0.1");
  CHECK(x.port == 6432);
  CHECK(x.dbname == "shop");
  CHECK(x.user == "app");
  CHECK(x.application_name == "a");
  CHECK(x.options == std::vector<std::pair<std::string, std::string>>{{"sslmode", "require"}});
  CHECK(x.has_password);
  CHECK(std::string{x.password.reveal()} == "it's secret");
}

TEST_CASE("a URI is taken apart and decoded", "[postgres]") {
  const auto x = good("postgresql://app:p%40ss@[::1]:6432/shop?sslmode=disable");
  CHECK(x.host == "::1");
  CHECK(x.port == 6432);
  CHECK(x.dbname == "shop");
  CHECK(x.user == "app");
  CHECK(std::string{x.password.reveal()} == "p@ss");
}

TEST_CASE("what is not given is empty", "[postgres]") {
  const auto x = good("");
  CHECK(x.host.empty());
  CHECK_FALSE(x.port.has_value());
  CHECK_FALSE(x.has_password);
  CHECK_FALSE(good("password=''").has_password);
}

TEST_CASE("the source string is wiped", "[postgres]") {
  std::string text = "host=db1 password=secret";
  REQUIRE(std::holds_alternative<conninfo>(parse_conninfo(std::move(text))));
  CHECK(text.find("secret") == std::string::npos); // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST_CASE("several hosts are refused: a pool is one server", "[postgres]") {
  CHECK(contains(bad("host=a,b"), "more than one host"));
  CHECK(contains(bad("host=a port=1,2"), "more than one port"));
  CHECK(contains(bad("postgresql://a,b/shop"), "more than one host"));
}

TEST_CASE("a port that is none is refused", "[postgres]") {
  for (const char* text : {"port=0", "port=65536", "port=x", "port=-1", "port='5432 '"}) {
    INFO(text);
    CHECK(contains(bad(text), "from 1 to 65535"));
  }
}

TEST_CASE("another secret than the password is refused by name only", "[postgres]") {
  const auto message = bad("sslpassword=hushhush");
  CHECK(contains(message, "sslpassword"));
  CHECK_FALSE(contains(message, "hushhush"));
}

TEST_CASE("no error shows a piece of the string", "[postgres]") {
  for (const char* text :
       {"password=a hushhush", "password='hushhush", "password=a hushhush=1", "hushhush1=1",
        "postgresql://u:hush/hush@h/db", "postgresql://u:hushhush%zz@h/db", "postgresql://u:hushhush@[::1/db",
        "postgresql://u:hushhush@h/db?x", "postgresql://u:hushhush@h/db?hushhush=1",
        "postgresql://u:hushhush@h/db?a=b=c", "hushhush"}) {
    INFO(text);
    const auto message = bad(text);
    CHECK_FALSE(contains(message, "hush"));
    CHECK(message.size() > 40);
  }
}

TEST_CASE("each mistake in a string is named", "[postgres]") {
  CHECK(contains(bad("password=a b"), "has no \"=\""));
  CHECK(contains(bad("password='a"), "quote is not closed"));
  CHECK(contains(bad("host=a colour=red"), "does not know: \"colour\""));
  CHECK_FALSE(contains(bad("password=a colour=red"), "colour"));
  CHECK(contains(bad("postgresql://u:%zz@h/db"), "hexadecimal"));
  CHECK(contains(bad("postgresql://h/db?colour=red"), "does not know: \"colour\""));
}

TEST_CASE("libpq's environment is read for what is not configured, without the password", "[postgres]") {
  setenv("PGHOST", "from-environment", 1);
  setenv("PGPORT", "7777", 1);
  setenv("PGPASSWORD", "hushhush", 1);
  auto x = default_conninfo();
  REQUIRE(std::holds_alternative<conninfo>(x));
  const auto& found = std::get<conninfo>(x);
  CHECK(found.host == "from-environment");
  CHECK(found.port == 7777);
  CHECK_FALSE(found.has_password);
  setenv("PGHOST", "a,b", 1);
  CHECK(std::holds_alternative<conninfo_error>(default_conninfo()));
  unsetenv("PGHOST");
  unsetenv("PGPORT");
  unsetenv("PGPASSWORD");
}

TEST_CASE("a client encoding other than UTF8 is refused, in the string and in the server's options", "[postgres]") {
  for (const char* text : {"client_encoding=LATIN1", "host=a client_encoding=SQL_ASCII", "client_encoding=auto",
                           "options='-c client_encoding=latin1'", "options='-c geqo=off --client-encoding=WIN1252'",
                           "postgresql://h/db?client_encoding=EUC_JP"}) {
    INFO(text);
    CHECK(contains(bad(text), "all text here is UTF8"));
  }
  CHECK(contains(bad("client_encoding=LATIN1"), "client_encoding LATIN1"));
  for (const char* text : {"host=a client_encoding=UTF8", "client_encoding=utf-8", "client_encoding=Unicode",
                           "options='-c client_encoding=utf8 -c geqo=off'"}) {
    INFO(text);
    CHECK(std::holds_alternative<conninfo>(parse_conninfo(text)));
  }
}
