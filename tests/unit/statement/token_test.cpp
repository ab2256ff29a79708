// Tokens and positions: what is refused, what is put around a write, and what the server's answers mean for it.
#include "tests/support/catch.hpp"
#include "tests/support/recorder.hpp"
#include "tripool/core/retry/retry_policy.hpp"
#include "tripool/core/statement/check.hpp"
#include "tripool/core/statement/token.hpp"

#include <string>

namespace tripool::test {

using namespace std::chrono_literals;

namespace {

statement write_with(std::string token) {
  statement x;
  x.text = "insert into t values (1)";
  x.token = std::move(token);
  return x;
}

std::string verdict(const statement& x) {
  const auto refused = check(x);
  return refused ? refused->sqlstate : "sent";
}

server_message error(std::string sqlstate, std::string constraint = {}) {
  server_message e;
  e.severity = "ERROR";
  e.sqlstate = std::move(sqlstate);
  e.constraint = std::move(constraint);
  return e;
}

failure of(outcome kind, cause why) {
  failure f;
  f.kind = kind;
  f.why = why;
  return f;
}

constexpr time_point now{1h};

} // namespace

TEST_CASE("a token is a short text without NUL", "[statement][token]") {
  CHECK(verdict(write_with("0d9c0b9e-93c4-4d9d-8ab1-1f1f65e1b7d1")) == "sent");
  CHECK(verdict(write_with(std::string(token_bytes_max, 'x'))) == "sent");
  CHECK(verdict(write_with(std::string(token_bytes_max + 1, 'x'))) == "22023");
  CHECK(verdict(write_with(std::string{"a\0b", 3})) == "22021");
  CHECK(verdict(write_with("\xff")) == "22021");
}

TEST_CASE("only what is a write and takes a transaction may have a token", "[statement][token]") {
  auto x = write_with("t");
  x.mode = access::read;
  x.text = "select 1";
  CHECK(verdict(x) == "22023");
  x = write_with("t");
  x.text = "vacuum t";
  CHECK(verdict(x) == "25001");
  x.text = "call p()";
  CHECK(verdict(x) == "25001");
  batch b;
  b.statements.push_back(write_with(""));
  b.token = "t";
  CHECK_FALSE(check(b));
  CHECK(check(b, scope::transaction, access::write)->sqlstate == "0A000");
}

TEST_CASE("a position is asked for by reads and reported by writes", "[statement][token]") {
  auto x = write_with("");
  x.report_position = true;
  CHECK(verdict(x) == "sent");
  x.at_least = wal_position{1, 100};
  CHECK(verdict(x) == "22023");
  statement r;
  r.text = "select 1";
  r.mode = access::read;
  r.at_least = wal_position{1, 100};
  CHECK(verdict(r) == "sent");
  r.at_least = wal_position{};
  CHECK(verdict(r) == "22023");
}

TEST_CASE("a position is read as it is written", "[statement][token]") {
  CHECK(to_string(wal_position{3, 0x1'016b'3748}) == "3:1/16B3748");
  CHECK(read_wal_position("3:1/16B3748") == wal_position{3, 0x1'016b'3748});
  for (const auto* wrong : {"", "1", "1:0", "0/16B3748", "0:0/1", "1:0/1 ", "1:0/123456789", "x:0/1", "1:/1", "1/0:1"})
    CHECK_FALSE(read_wal_position(wrong));
}

TEST_CASE("the token's row comes first in the write's own transaction", "[statement][token]") {
  auto x = write_with("t-1");
  x.name = "pay";
  const auto [r, answer] = make_recorded(x, now, now + 1s);
  REQUIRE(r->is_batch());
  REQUIRE(r->statements().size() == 2);
  CHECK(r->statements()[0].text == token_claim_text);
  CHECK(r->statements()[0].parameters == std::vector<parameter>{"t-1", "pay"});
  CHECK(r->statements()[1].text == x.text);
  r->complete(reply{{result{}, result{}}});
  REQUIRE(answer->is_done());
  REQUIRE(answer->done->results.size() == 1);
  CHECK(answer->done->results[0].receipt().by_token == application::applied);
}

TEST_CASE("only the token's own constraint says that the token is taken", "[statement][token]") {
  CHECK(refusal_of(error("23505", "tripool_tokens_token")) == token_refusal::taken);
  CHECK(refusal_of(error("23505", "t_pkey")) == token_refusal::other);
  CHECK(refusal_of(error("3F000")) == token_refusal::no_schema);
  CHECK(refusal_of(error("42P01")) == token_refusal::no_schema);
  CHECK(refusal_of(error("42501")) == token_refusal::forbidden);
}

TEST_CASE("tokens live far longer than any deadline", "[statement][token]") {
  CHECK(check_token_age(3599s, 1s));
  CHECK_FALSE(check_token_age(3600s, 1s));
  CHECK(check_token_age(5h, 1h));
  CHECK_FALSE(check_token_age(10h, 1h));
}

TEST_CASE("a write with a token is sent again after lost answers, more often than others", "[retry][token]") {
  const auto r = make_recorded(write_with("t-1"), now, now + 10s).first;
  r->progress = stage::sent;
  const auto lost = of(outcome::in_doubt, cause::connection_lost);
  for (std::uint32_t n = 1; n < token_attempts_max; ++n) {
    r->attempts = n;
    REQUIRE(next_step(*r, lost, 3, now) == retry_step::move_elsewhere);
    CHECK(proof_of_move(*r, lost) == proof::token);
    record_move(*r, "primary", 0, lost);
  }
  r->attempts = token_attempts_max;
  CHECK(next_step(*r, lost, 3, now) == retry_step::answer);
  CHECK_FALSE(r->repeatable());
}

TEST_CASE("a write with a token is bounded as others while nothing was lost", "[retry][token]") {
  const auto r = make_recorded(write_with("t-1"), now, now + 10s).first;
  r->attempts = 3;
  CHECK(next_step(*r, of(outcome::not_executed, cause::connection_lost), 3, now) == retry_step::answer);
  CHECK(next_step(*r, of(outcome::rejected, cause::server_error), 3, now) == retry_step::answer);
}

TEST_CASE("every move names its proof", "[retry][token]") {
  const auto lost = of(outcome::in_doubt, cause::connection_lost);
  auto read = write_with("");
  read.mode = access::read;
  CHECK(proof_of_move(*make_recorded(read, now, now + 1s).first, lost) == proof::read);
  auto harmless = write_with("");
  harmless.repeatable = true;
  CHECK(proof_of_move(*make_recorded(harmless, now, now + 1s).first, lost) == proof::declared);
  const auto r = make_recorded(write_with(""), now, now + 1s).first;
  CHECK(proof_of_move(*r, of(outcome::not_executed, cause::no_server)) == proof::never_sent);
  r->attempts = 1;
  auto ended = of(outcome::not_executed, cause::server_error);
  CHECK(proof_of_move(*r, ended) == proof::rolled_back);
  ended.proved = proof::session_ended;
  CHECK(proof_of_move(*r, ended) == proof::session_ended);
}

TEST_CASE("a failure names the proof that nothing happened, and the token", "[retry][token]") {
  const auto [r, answer] = make_recorded(write_with("t-1"), now, now + 1s);
  r->fail(of(outcome::not_executed, cause::no_server), now);
  REQUIRE(answer->failed);
  CHECK(answer->failed->proved == proof::never_sent);
  CHECK(answer->failed->token == "t-1");
  const auto [doubted, told] = make_recorded(write_with("t-1"), now, now + 1s);
  doubted->doubted = true;
  doubted->fail(of(outcome::rejected, cause::server_error), now);
  CHECK(told->failed->kind == outcome::in_doubt);
  CHECK(told->failed->proved == proof::none);
}

} // namespace tripool::test
