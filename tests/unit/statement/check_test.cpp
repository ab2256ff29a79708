// What is refused before it is sent, and that the refusal says why without showing a value.
#include "tests/support/catch.hpp"
#include "tripool/core/statement/check.hpp"

#include <string>
#include <vector>

namespace tripool::test {

using matchers::Contains;
using namespace std::chrono_literals;

namespace {

statement make(std::string text, std::vector<parameter> parameters = {}, access mode = access::write) {
  statement out;
  out.text = std::move(text);
  out.parameters = std::move(parameters);
  out.mode = mode;
  return out;
}

/// SQLSTATE of the refusal, or "sent".
std::string verdict(const statement& x) {
  const auto refused = check(x);
  if (!refused) return "sent";
  CHECK(refused->kind == outcome::rejected);
  CHECK(refused->why == cause::invalid_request);
  CHECK_FALSE(refused->message.empty());
  return refused->sqlstate;
}

std::string verdict(std::string text) {
  return verdict(make(std::move(text)));
}

batch make_batch(std::vector<std::string> texts, access mode = access::write) {
  batch out;
  out.mode = mode;
  for (auto& text : texts) out.statements.push_back(make(std::move(text)));
  return out;
}

std::string batch_verdict(std::vector<std::string> texts, access mode = access::write) {
  const auto refused = check(make_batch(std::move(texts), mode));
  return refused ? refused->sqlstate : "sent";
}

} // namespace

TEST_CASE("an ordinary statement is sent", "[statement][check]") {
  CHECK(verdict("select 1") == "sent");
  CHECK(verdict("select 1;") == "sent");
  CHECK(verdict(make("insert into t values ($1, $2)", {1, "zwei ü"})) == "sent");
  CHECK(verdict(make("select * from t where a = $1", {nullptr}, access::read)) == "sent");
  CHECK(verdict("vacuum t") == "sent");
  CHECK(verdict("commit prepared 'x'") == "sent");
  CHECK(verdict("notify a, 'b'") == "sent");
  CHECK(verdict("select 'it does not end") == "sent"); // The server explains it best.
}

TEST_CASE("a text without a statement is refused", "[statement][check]") {
  for (const char* text : {"", "  ", ";", "-- only a comment", "/* a */ ; /* b */"}) CHECK(verdict(text) == "42601");
}

TEST_CASE("several statements in one text are refused with a hint at batches", "[statement][check]") {
  const auto refused = check(make("select 1; select 2"));
  REQUIRE(refused);
  CHECK(refused->sqlstate == "42601");
  CHECK_THAT(refused->message, Contains("offset 10"));
  CHECK_THAT(refused->hint, Contains("batch"));
}

TEST_CASE("text that PostgreSQL cannot store is refused, and its place is named", "[statement][check]") {
  using namespace std::string_literals;
  CHECK_THAT(check(make("select\0 1"s))->message, Contains("the text holds a NUL byte at offset 6"));
  CHECK_THAT(check(make("select '\xff'"))->message, Contains("the text is not valid UTF-8 at offset 8"));
  CHECK(verdict("select '\xc3\xa4'") == "sent");
  const auto nul = check(make("select $1, $2", {"a", "secret\0"s}));
  REQUIRE(nul);
  CHECK(nul->sqlstate == "22021");
  CHECK_THAT(nul->message, Contains("parameter $2 holds a NUL byte at offset 6") && !Contains("secret"));
  const auto invalid = check(make("select $1", {"\xc3"}));
  REQUIRE(invalid);
  CHECK(invalid->sqlstate == "22021");
  CHECK_THAT(invalid->message, Contains("parameter $1 is not valid UTF-8 at offset 0"));
  CHECK(verdict(make("select $1", {bytes{std::byte{0}, std::byte{255}}})) == "sent");
}

TEST_CASE("the number of parameters must be what the text asks for", "[statement][check]") {
  const auto refused = check(make("select $1, $2", {1}));
  REQUIRE(refused);
  CHECK(refused->sqlstate == "08P01");
  CHECK_THAT(refused->message, Contains("asks for 2 parameters, and 1 was given"));
  CHECK_THAT(check(make("select '$1'", {1, 2}))->message, Contains("asks for 0 parameters, and 2 were given"));
  CHECK_THAT(check(make("select $1"))->message, Contains("asks for 1 parameter, and 0 were given"));
  CHECK(verdict(make("select $2::int", {1, 2})) == "sent"); // The server has its own word on $1.
  CHECK(verdict(make("select $1 'open", {})) == "sent");
}

TEST_CASE("more parameters than the protocol can count are refused", "[statement][check]") {
  std::vector<parameter> many(parameters_max, parameter{1});
  CHECK(verdict(make("select $65535", many)) == "sent");
  many.emplace_back(1);
  const auto refused = check(make("select $65536", many));
  REQUIRE(refused);
  CHECK(refused->sqlstate == "54000");
  CHECK_THAT(refused->message, Contains("65536") && Contains("65535"));
  CHECK(verdict("select $65536") == "54000");
}

TEST_CASE("values that do not fit one message of 1 GB are refused, and the largest that do are not",
          "[statement][check]") {
  statement s;
  s.text = "select $1, $2";
  s.parameters.emplace_back(bytes(message_bytes_max - 3));
  s.parameters.emplace_back("four");
  const auto refused = check(s);
  REQUIRE(refused);
  CHECK(refused->sqlstate == "54000");
  CHECK_THAT(refused->message, Contains(std::to_string(message_bytes_max + 1) + " bytes together"));
  s.parameters.back() = "six"; // One byte less.
  CHECK(verdict(s) == "sent");
}

TEST_CASE("a negative timeout is refused", "[statement][check]") {
  auto x = make("select 1");
  x.timeout = -1ms;
  CHECK(verdict(x) == "22023");
  x.timeout = 0ms;
  CHECK(verdict(x) == "sent");
  auto many = make_batch({"select 1"});
  many.timeout = -5ms;
  REQUIRE(check(many));
  CHECK(check(many)->sqlstate == "22023");
}

TEST_CASE("transaction control is refused with a hint at batches", "[statement][check]") {
  for (const char* text : {"BEGIN", "start transaction", "commit", "end", "rollback", "abort", "savepoint a",
                           "release a", "prepare transaction 'x'"}) {
    const auto refused = check(make(text));
    REQUIRE(refused);
    CHECK(refused->sqlstate == "0A000");
    CHECK_THAT(refused->hint, Contains("batch"));
    CHECK(batch_verdict({"select 1", text}) == "0A000");
  }
}

TEST_CASE("what would change a shared connection is refused", "[statement][check]") {
  for (const char* text :
       {"set a = 1", "set session a = 1", "reset all", "listen a", "unlisten *", "discard all", "deallocate all",
        "prepare a as select 1", "execute a", "load 'x'", "declare c cursor with hold for select 1",
        "create temp table t (a int)", "select 1 into temp t"}) {
    const auto refused = check(make(text));
    REQUIRE(refused);
    CHECK(refused->sqlstate == "0A000");
    CHECK_THAT(refused->message, Contains("shared"));
    CHECK_FALSE(refused->hint.empty());
    CHECK(batch_verdict({text}) == "0A000");
  }
  CHECK(verdict("copy t to stdout") == "0A000");
  CHECK(batch_verdict({"copy t to stdout"}) == "0A000");
}

TEST_CASE("what belongs to a transaction is sent in a batch only", "[statement][check]") {
  for (const char* text : {"set local a = 1", "set transaction read only", "set constraints all deferred",
                           "declare c cursor for select 1"}) {
    CHECK(verdict(text) == "25P01");
    CHECK(batch_verdict({text, "select 1"}) == "sent");
  }
  CHECK(batch_verdict({"create temp table t (a int) on commit drop", "insert into t values (1)"}) == "sent");
  CHECK(batch_verdict({"select 1", "rollback prepared 'x'"}) == "25001");
}

TEST_CASE("a write that is declared a read is refused", "[statement][check]") {
  const auto refused = check(make("with a as (delete from t returning *) select * from a", {}, access::read));
  REQUIRE(refused);
  CHECK(refused->sqlstate == "25006");
  CHECK_THAT(refused->message, Contains("DELETE"));
  CHECK_THAT(refused->hint, Contains("write"));
  CHECK_THAT(check(make("select 1 into t", {}, access::read))->message, Contains("SELECT INTO"));
  CHECK_THAT(check(make("select a from t for no key update", {}, access::read))->message,
             Contains("SELECT FOR UPDATE"));
  CHECK(verdict(make("select a from t for update", {}, access::write)) == "sent");
}

TEST_CASE("a batch is checked as a whole, and the culprit is counted from 1", "[statement][check]") {
  CHECK(batch_verdict({}) == "42601");
  CHECK(batch_verdict({"select 1", "insert into t values (1)"}) == "sent");
  const auto refused = check(make_batch({"select 1", "insert into t values (1)"}, access::read));
  REQUIRE(refused);
  CHECK(refused->sqlstate == "25006");
  CHECK_THAT(refused->message, Contains("statement 2 of 2 in the batch") && Contains("the batch is declared one"));
  auto own = make_batch({"insert into t values (1)"});
  own.statements[0].mode = access::read; // Ignored: the batch decides.
  own.statements[0].timeout = -1ms;
  CHECK_FALSE(check(own));
}

TEST_CASE("known traits spare the scan", "[statement][check]") {
  const auto x = make("select $1", {1}, access::read);
  CHECK_FALSE(check(x, analyse(x.text)));
  CHECK(check(x, analyse("select $2"))->sqlstate == "08P01");
}

} // namespace tripool::test
