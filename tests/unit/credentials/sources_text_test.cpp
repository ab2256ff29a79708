// What is read from outside for a secret: passfiles, command lines, what commands print. Damaged input is refused with
// a reason that holds nothing of it.
#include "tests/support/catch.hpp"

#include "tripool/core/credentials/command_answer.hpp"
#include "tripool/core/credentials/command_words.hpp"
#include "tripool/core/credentials/passfile.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

const auto wall = *read_instant("2030-06-01T12:00:00Z");

std::string from_passfile(std::string_view content, const passfile_query& q) {
  auto found = find_in_passfile(content, q);
  return found ? std::string{found->view()} : "(nothing)";
}

credential_material good(std::string_view output) {
  auto x = read_command_answer(output, wall);
  INFO(output);
  if (!x) FAIL(x.error());
  return std::move(*x);
}

std::string bad(std::string_view output) {
  auto x = read_command_answer(output, wall);
  INFO(output);
  REQUIRE_FALSE(x);
  CHECK(x.error().find("hush") == std::string::npos);
  return x.error();
}

std::vector<std::string> words(std::string_view line) {
  auto x = split_words(line);
  if (!x) FAIL(x.error());
  return *x;
}

} // namespace

TEST_CASE("the first entry of a passfile that fits is taken", "[credentials]") {
  const std::string file = "# comment\n\nshort:line\nother:5432:app:joe:wrong\ndb1:5432:app:joe:first\n"
                           "*:*:*:joe:any\\:of\\\\them\r\nlocalhost:5432:*:joe:local";
  CHECK(from_passfile(file, {"db1", 5432, "app", "joe"}) == "first");
  CHECK(from_passfile(file, {"db2", 5432, "app", "joe"}) == "any:of\\them");
  CHECK(from_passfile(file, {"db1", 5433, "app", "joe"}) == "any:of\\them");
  CHECK(from_passfile(file, {"db1", 5432, "app", "ann"}) == "(nothing)");
  const std::string local = "localhost:5432:joe:joe:local\n/srv/sock:5432:joe:joe:socket\n";
  CHECK(from_passfile(local, {"", 5432, "", "joe"}) == "local");
  CHECK(from_passfile(local, {"/srv/sock", 5432, "", "joe"}) == "local");
  CHECK(from_passfile("\\*:5432:app:joe:x", {"db1", 5432, "app", "joe"}) == "(nothing)");
  CHECK(from_passfile("db1:5432:app:joe:", {"db1", 5432, "app", "joe"}) == "(nothing)");
  CHECK(from_passfile("db1:5432:app:joe:\\", {"db1", 5432, "app", "joe"}) == "\\");
  CHECK(from_passfile(std::string(100'000, ':'), {"db1", 5432, "app", "joe"}) == "(nothing)");
}

TEST_CASE("a command is cut into words without a shell", "[credentials]") {
  using list = std::vector<std::string>;
  CHECK(words("vault read -field=password  'secret/my app'")
        == list{"vault", "read", "-field=password", "secret/my app"});
  CHECK(words(R"(a "b \"c\" \\ \n" d\ e '' $HOME `x`;)") == list{"a", "b \"c\" \\ \\n", "d e", "", "$HOME", "`x`;"});
  CHECK(words("x") == list{"x"});
  for (const auto* wrong : {"", "  ", "a 'b", "a \"b", "a\\"}) {
    INFO(wrong);
    CHECK_FALSE(split_words(wrong));
  }
  CHECK_FALSE(split_words(std::string_view{"a\0b", 3}));
}

TEST_CASE("a command's plain line is the secret", "[credentials]") {
  CHECK(good("hunter2\n").password.view() == "hunter2");
  CHECK(good("  spaces stay \r\n").password.view() == "  spaces stay ");
  CHECK_FALSE(good("x").valid_for);
  CHECK(bad("") == "it printed nothing");
  CHECK(bad("\n\n") == "it printed nothing");
  CHECK(bad("hush1\nhush2\n").find("one line") != std::string::npos);
  CHECK(bad(std::string_view{"hush\0hush", 9}).find("NUL") != std::string::npos);
  CHECK(bad("hush\xff\xfe").find("UTF-8") != std::string::npos);
  CHECK(bad(std::string(command_output_max + 1, 'x')).find("more than 65536 bytes") != std::string::npos);
  CHECK(bad(std::string(password_bytes_max + 1, 'x')).find("longer than") != std::string::npos);
}

TEST_CASE("a command's JSON holds secret, role and expiry", "[credentials]") {
  const auto x = good(R"({"password":"a\"\\\u00e4\ud83d\ude00/","user":"joe","expires_in":900,"else":[1,{"a":null}]})");
  CHECK(x.password.view() == "a\"\\\xc3\xa4\xf0\x9f\x98\x80/");
  CHECK(x.user == "joe");
  CHECK(x.valid_for == duration{900s});
  // Vault, and a token in the manner of Kubernetes.
  const auto vault = good(R"( {"lease_duration": 60, "data": {"username": "v-joe", "password": "s"}, "auth": null} )");
  CHECK(vault.user == "v-joe");
  CHECK(vault.valid_for == duration{60s});
  CHECK(good(R"({"status":{"token":"t","expirationTimestamp":"2030-06-01T12:00:30Z"}})").valid_for == duration{30s});
  CHECK(good(R"({"token":"t","expires_at":"2030-06-01T14:00:30.25+02:00"})").valid_for == duration{30s});
  CHECK(good(R"({"token":"t","ttl":"15"})").valid_for == duration{15s});
  CHECK_FALSE(good(R"({"token":"t","ttl":1e300})").valid_for);
  CHECK(good(R"({"deep":{"password":"not this"},"password":"this"})").password.view() == "this");
}

TEST_CASE("damaged JSON of a command is refused, and nothing of it is quoted", "[credentials]") {
  const std::string whole = R"({"password":"hush hush","user":"joe","expires_in":900})";
  for (std::size_t n = 1; n < whole.size(); ++n) bad(whole.substr(0, n));
  for (const auto* wrong :
       {R"({"password":"hush"} x)", R"({"password":"hush",})", R"({"password":hush})", R"({"password":"hush\x"})",
        R"({"password":"hush\ud800"})", R"({"pass":"hush"})", R"({"password":""})", R"({"password":17})",
        R"({"password":["hush"]})", R"({"password":"hush","expires_in":"soon"})",
        R"({"password":"hush","expires_at":"tomorrow"})", R"({"password":"hush","expires_in":0})",
        R"({"password":"hush","expires_at":"2030-06-01T11:59:59Z"})", R"({"password":"hu\nsh"})", "{", "{}",
        R"({"password":"hush","user":{}})", R"({"a":nan,"password":"hush"})"})
    bad(wrong);
  bad(std::string(50'000, '{'));
  bad("{\"a\":" + std::string(50'000, '['));
}

TEST_CASE("instants are read, and other texts are not", "[credentials]") {
  CHECK(*read_instant("1970-01-01T00:00:10Z") == std::chrono::system_clock::time_point{10s});
  CHECK(*read_instant("2000-02-29 00:00:00-00:30") == *read_instant("2000-02-29T00:30:00Z"));
  for (const auto* wrong : {"", "2030", "2030-02-30T00:00:00Z", "2030-01-01T24:00:00Z", "2030-01-01T00:00:00",
                            "2030-01-01T00:00:00+99:00", "-030-01-01T00:00:00Z", "2030-01-01T00:00:00ZZ"})
    CHECK_FALSE(read_instant(wrong));
}
