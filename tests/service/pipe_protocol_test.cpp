// Lines in, lines out.
#include "tests/support/catch.hpp"

#include "service/pipe/protocol.hpp"
#include "tripool/core/result/noticed_result.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

pipe::request_line good(std::string_view line) {
  auto x = pipe::parse_line(line, 1);
  if (const auto* answer = std::get_if<std::string>(&x)) FAIL(*answer);
  return std::move(std::get<pipe::request_line>(x));
}

statement single(std::string_view line) {
  return std::get<statement>(good(line).what);
}

std::string refused(std::string_view line, std::uint64_t number = 3) {
  auto x = pipe::parse_line(line, number);
  REQUIRE(std::holds_alternative<std::string>(x));
  return std::get<std::string>(x);
}

bool contains(const std::string& where, const std::string& what) {
  INFO(where);
  return where.find(what) != std::string::npos;
}

std::string id_of(std::string_view id) {
  return good(R"({"kind":"read","sql":"select 1","id":)" + std::string{id} + "}").id;
}

result make(std::string tag, std::vector<owned_result::column> columns,
            std::vector<std::vector<owned_result::cell>> rows) {
  return result{std::make_shared<owned_result>(std::move(tag), std::move(columns), std::move(rows))};
}

// The one value of a one-column row as it is rendered.
std::string rendered(std::uint32_t type, const char* text) {
  const auto line = pipe::render("1", reply{{make("SELECT 1", {{"c", type}}, {{text}})}}, false);
  const std::string before = R"({"id":1,"ok":true,"rows":[[)";
  const std::string after = R"(]],"count":1})";
  REQUIRE(line.starts_with(before));
  REQUIRE(line.ends_with(after));
  return line.substr(before.size(), line.size() - before.size() - after.size());
}

} // namespace

TEST_CASE("a line becomes a statement") {
  const auto x = good(R"({"id": 7, "kind": "read", "sql": "select $1", "params": [1], "deadline_ms": 2000})");
  CHECK(x.id == "7");
  const auto& s = std::get<statement>(x.what);
  CHECK(s.text == "select $1");
  CHECK(s.mode == access::read);
  CHECK(s.parameters == std::vector<parameter>{1});
  CHECK(s.timeout == 2000ms);
  CHECK_FALSE(s.repeatable);
  CHECK(s.pool.empty());

  const auto w = single(R"({"id":1,"kind":"write","sql":"x","pool":"backup","repeatable":true})");
  CHECK(w.mode == access::write);
  CHECK(w.repeatable);
  CHECK(w.pool == "backup");
  CHECK(w.timeout == 0ms);
  CHECK(w.parameters.empty());
}

TEST_CASE("a line becomes a transaction") {
  const auto x = good(R"({"id":8,"kind":"tx","tx":[{"sql":"a","params":[null]},{"sql":"b"}],"deadline_ms":5})");
  const auto& b = std::get<batch>(x.what);
  REQUIRE(b.statements.size() == 2);
  CHECK(b.statements[0].parameters == std::vector<parameter>{nullptr});
  CHECK(b.statements[1].text == "b");
  CHECK(b.mode == access::write);
  CHECK(b.timeout == 5ms);
}

TEST_CASE("parameters keep their kind, and numbers their digits") {
  const auto s = single(R"({"id":1,"kind":"read","sql":"x","params":
    [null, true, -5, 0.5, "t", 18446744073709551615, 1e3, 0.1234567890123456789]})");
  CHECK(
    s.parameters
    == std::vector<parameter>{nullptr, true, -5, 0.5, "t", "18446744073709551615", 1000.0, "0.1234567890123456789"});
}

TEST_CASE("any scalar id comes back as it was") {
  for (const auto* id : {"7", "-1", "\"abc\"", "\"q\\\"\"", "null", "true", "1.50", "1e3", "-0.0",
                         "18446744073709551615", "123456789012345678901234567890"})
    CHECK(id_of(id) == id);
}

TEST_CASE("a malformed line is answered with its number, and with its id where it has one") {
  CHECK(contains(refused("nonsense"),
                 R"({"id":null,"ok":false,"class":"rejected","sqlstate":"","message":"line 3: not a )"));
  CHECK(contains(refused(""), "\"line 3: the line is empty\""));
  CHECK(contains(refused(" \t"), "\"line 3: the line is empty\""));
  CHECK(contains(refused("[1]"), "not a JSON object, but a list"));
  CHECK(contains(refused(R"({"id": 7, "kind": )"), R"({"id":7,"ok":false)"));
  CHECK(contains(refused(R"({"id": "x", "kind": "read", "sql": "a)"), R"({"id":"x","ok":false)"));
  CHECK(contains(refused(R"({"id": 7, "kind": "read", "sql": "\u0000"})"), R"({"id":7,"ok":false)"));
  CHECK(contains(refused(R"({"id": 7, "kind": "read", "sql": "\u0000"})"), R"("line 3: a text holds a NUL character)"));
  CHECK(contains(refused(R"({"id": 7, "params": [1e999]})"),
                 R"("line 3: the number \"1e999\" is beyond what a double holds: send it as a text")"));
  CHECK(contains(refused("{\"id\": 7, \"sql\": \"\xFF\"}"), R"({"id":7,"ok":false)"));
  CHECK(contains(refused(R"({"kind":"read","sql":"a"})"), R"(\"id\" is missing)"));
  CHECK(contains(refused(R"({"id":[1],"kind":"read","sql":"a"})"), R"({"id":null,"ok":false)"));
  CHECK(contains(refused(R"({"id":[1],"kind":"read","sql":"a"})"), R"(\"id\" must be a number, a text, )"));
}

TEST_CASE("every wrong member is named") {
  const auto with = [](std::string_view rest) { return refused("{\"id\":7," + std::string{rest} + "}"); };
  CHECK(contains(with(R"("sql":"a")"), R"(\"kind\" is missing: it must be \"read\", \"write\" or \"tx\")"));
  CHECK(contains(with(R"("kind":"select","sql":"a")"), R"(but is \"select\")"));
  CHECK(contains(with(R"("kind":1,"sql":"a")"), R"(\"kind\" must be)"));
  CHECK(contains(with(R"("kind":"read")"), R"(\"sql\" is missing)"));
  CHECK(contains(with(R"("kind":"read","sql":5)"), R"(\"sql\" must be a text, but is a number)"));
  CHECK(contains(with(R"("kind":"read","sql":"a","params":{})"), R"(\"params\" must be a list, but is an object)"));
  CHECK(contains(with(R"("kind":"read","sql":"a","params":[1,[2]])"), "parameter $2 is a list"));
  CHECK(contains(with(R"("kind":"read","sql":"a","params":[{}])"), "parameter $1 is an object"));
  CHECK(contains(with(R"("kind":"read","sql":"a","parms":[])"), R"(there is no key \"parms\")"));
  CHECK(contains(with(R"("kind":"read","sql":"a","sql":"b")"), R"(the key \"sql\" stands there twice)"));
  CHECK(contains(with(R"("kind":"read","sql":"a","pool":"")"), R"(\"pool\" must be the name)"));
  CHECK(contains(with(R"("kind":"read","sql":"a","repeatable":1)"), R"(\"repeatable\" must be true or false)"));
  CHECK(contains(with(R"("kind":"tx")"), R"(\"tx\" is missing)"));
  CHECK(contains(with(R"("kind":"tx","tx":[])"), R"(\"tx\" is empty)"));
  CHECK(contains(with(R"("kind":"tx","tx":[{"sql":"a"},5])"), R"(statement 2 of \"tx\": must be an object)"));
  CHECK(contains(with(R"("kind":"tx","tx":[{"sql":"a","kind":"read"}])"), R"(statement 1 of \"tx\": there is no key)"));
  CHECK(contains(with(R"("kind":"tx","tx":[{"sql":"a"}],"sql":"b")"), R"(there is no key \"sql\")"));
  for (const auto* deadline : {"0", "-5", "1.5", "\"5\"", "86400001", "99999999999999999999", "null"})
    CHECK(contains(with(R"("kind":"read","sql":"a","deadline_ms":)" + std::string{deadline}),
                   R"(\"deadline_ms\" must be an integer from 1 to 86400000)"));
}

TEST_CASE("hostile lines are answered and cost little") {
  CHECK(contains(refused(std::string(1'000'000, '[')), "nested more than 32 levels"));
  CHECK(contains(refused("{\"id\":7,\"" + std::string(1'000'000, 'x') + "\":1,\"kind\":\"read\",\"sql\":\"a\"}"),
                 "there is no key"));
  CHECK(refused("{\"id\":7,\"" + std::string(1'000'000, 'x') + "\":1}").size() < 1000);
  CHECK(contains(refused(std::string(pipe::line_bytes_max + 1, ' ')), "line 3: longer than 64 MiB"));
}

TEST_CASE("values are rendered by the type of their column") {
  CHECK(rendered(23, "42") == "42");
  CHECK(rendered(20, "9223372036854775807") == "9223372036854775807");
  CHECK(rendered(21, "-1") == "-1");
  CHECK(rendered(26, "16384") == "16384");
  CHECK(rendered(701, "1e+20") == "1e+20");
  CHECK(rendered(701, "-0.5") == "-0.5");
  CHECK(rendered(701, "NaN") == "\"NaN\"");
  CHECK(rendered(700, "-Infinity") == "\"-Infinity\"");
  CHECK(rendered(16, "t") == "true");
  CHECK(rendered(16, "f") == "false");
  CHECK(rendered(1700, "1.10") == "\"1.10\"");
  CHECK(rendered(25, "a\"b\n") == R"("a\"b\n")");
  CHECK(rendered(17, "\\x00ff") == R"("\\x00ff")");
  CHECK(rendered(3802, R"({"a": [1, null]})") == R"({"a": [1, null]})");
  CHECK(rendered(114, "{\"a\":\n 1}\r\n") == "{\"a\":  1}  ");
  CHECK(rendered(114, "\"\xFF\"") == "\"\\\"\xEF\xBF\xBD\\\"\"");
  CHECK(rendered(1007, "{1,2}") == "\"{1,2}\"");
}

TEST_CASE("NULL, no rows and binary columns are rendered") {
  CHECK(pipe::render("1", reply{{make("SELECT 1", {{"a", 25}, {"b", 23}}, {{std::nullopt, "1"}})}}, false)
        == R"({"id":1,"ok":true,"rows":[[null,1]],"count":1})");
  CHECK(pipe::render("1", reply{{make("SELECT 0", {{"a", 25}}, {})}}, false)
        == R"({"id":1,"ok":true,"rows":[],"count":0})");
  CHECK(pipe::render("\"x\"", reply{{make("UPDATE 3", {}, {})}}, false)
        == R"({"id":"x","ok":true,"rows":[],"count":3})");
  CHECK(pipe::render("1", reply{}, false) == R"({"id":1,"ok":true,"rows":[],"count":0})");
  CHECK(pipe::render("1", reply{{make("SELECT 1", {{"a", 23, result_format::binary}}, {{std::string{"\x00\x2A", 2}}})}},
                     false)
        == R"({"id":1,"ok":true,"rows":[["\\x002a"]],"count":1})");
}

TEST_CASE("a transaction is answered with its last statement's rows and with those of all") {
  const reply x{{make("INSERT 0 2", {}, {}), make("SELECT 1", {{"n", 20}}, {{"5"}})}};
  CHECK(pipe::render("8", x, true)
        == R"({"id":8,"ok":true,"rows":[[5]],"count":1,"results":[{"rows":[],"count":2},{"rows":[[5]],"count":1}]})");
}

TEST_CASE("a failure is rendered with its class, its SQLSTATE and all that is known") {
  failure x;
  x.kind = outcome::in_doubt;
  x.why = cause::connection_lost;
  x.sqlstate = "57P01";
  x.message = "the \"connection\" broke";
  x.pool = "primary";
  x.server = "db1:5432";
  x.attempts = 2;
  x.spent = 1500us;
  CHECK(pipe::render("7", x)
        == R"({"id":7,"ok":false,"class":"in_doubt","sqlstate":"57P01","message":"the \"connection\" broke",)"
           R"("cause":"connection_lost","detail":"","hint":"","pool":"primary","server":"db1:5432","attempts":2,)"
           R"("spent_ms":1})");
}

TEST_CASE("a line can give its write a token, have it looked up, and ask for positions") {
  const auto once = single(R"({"id":1,"kind":"write","sql":"x","token":"order-7","report_position":true})");
  CHECK(once.token == "order-7");
  CHECK(once.report_position);
  CHECK_FALSE(once.resolve);
  CHECK(single(R"({"id":1,"kind":"write","sql":"x","resolve":true})").resolve);
  CHECK(single(R"({"id":1,"kind":"read","sql":"x","at_least":"1:0/16B3748"})").at_least == wal_position{1, 0x16b3748});
  CHECK(std::get<batch>(good(R"({"id":1,"kind":"tx","tx":[{"sql":"x"}],"token":"t"})").what).token == "t");
  CHECK(contains(refused(R"({"id":1,"kind":"write","sql":"x","token":7})"), "must be a text"));
  CHECK(contains(refused(R"({"id":1,"kind":"read","sql":"x","at_least":"0/16B3748"})"), "must be a position"));
  CHECK(contains(refused(R"({"id":1,"kind":"write","sql":"x","resolve":"yes"})"), "must be true or false"));
}

TEST_CASE("an answer says whether its token was applied, its position, and the proof of what did not run") {
  auto x = with_receipt(make("INSERT 0 1", {}, {}), {application::already_applied, wal_position{1, 0x16b3748}});
  const auto line = pipe::render("1", reply{{x}}, false);
  CHECK(contains(line, R"("token":"already_applied")"));
  CHECK(contains(line, R"("position":"1:0\/16B3748")") != contains(line, R"("position":"1:0/16B3748")"));
  failure f;
  f.proved = proof::never_sent;
  CHECK(contains(pipe::render("1", f), R"("proof":"never_sent")"));
}
