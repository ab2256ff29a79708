// Writes with a token take effect exactly once, whatever is lost on the way: answers, sessions, servers, actors. The
// truth is in the rows of the server that is the primary in the end.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/inspect.hpp"
#include "tripool/actors/protocol_tokens.hpp"
#include "tripool/core/result/noticed_result.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

const std::string text = "insert k v";

told_ptr ask_once(actor_world& w, std::chrono::milliseconds patience = 5000ms, const std::string& token = "t-1") {
  statement s;
  s.text = text;
  s.token = token;
  s.timeout = patience;
  return w.ask(std::move(s));
}

std::size_t rows(actor_world& w, std::size_t server = primary) {
  return w.db[server].store().at("k").size();
}

application told_as(const told_ptr& x) {
  INFO(x->text());
  REQUIRE(x->is_done());
  REQUIRE(x->done->results.size() == 1);
  return x->done->results.front().receipt().by_token;
}

} // namespace

TEST_CASE("A write with a token says that it was applied, and the second time that it had been") {
  actor_world w;
  w.advance(2s);
  const auto first = ask_once(w);
  w.run();
  CHECK(told_as(first) == application::applied);
  CHECK(first->done->results.front().command_tag() == "INSERT 0 1");
  const auto second = ask_once(w);
  w.run();
  CHECK(told_as(second) == application::already_applied);
  CHECK(rows(w) == 1);
}

TEST_CASE("A batch with a token is applied as a whole once, and answers with a result for each of its statements") {
  actor_world w;
  w.advance(2s);
  batch b;
  for (const auto* each : {"insert k a", "insert k b"}) {
    statement s;
    s.text = each;
    b.statements.push_back(std::move(s));
  }
  b.token = "t-1";
  for (const auto how : {application::applied, application::already_applied}) {
    const auto x = w.ask(b);
    w.run();
    REQUIRE(x->is_done());
    REQUIRE(x->done->results.size() == 2);
    for (const auto& r : x->done->results) CHECK(r.receipt().by_token == how);
  }
  CHECK(rows(w) == 2);
}

TEST_CASE("Wherever its session breaks, a write with a token is repeated until it is settled, and applied once") {
  for (const auto& struck : {std::string{"claim t-1"}, text}) {
    for (const auto at : {fault_point::parse, fault_point::before, fault_point::after, fault_point::before_commit,
                          fault_point::after_commit}) {
      for (const std::uint32_t times : {1u, 4u}) {
        INFO("at " << struck << ", point " << static_cast<int>(at) << ", " << times << " times");
        actor_world w;
        w.advance(2s);
        w.db[primary].script().add({struck, at, fault_kind::lose, {}, {}, times});
        const auto x = ask_once(w, 10'000ms);
        w.advance(11s);
        const bool there = told_as(x) == application::already_applied;
        CHECK(there == (at == fault_point::after_commit));
        CHECK(rows(w) == 1);
        CHECK(w.broken_promises() == "");
      }
    }
  }
}

TEST_CASE("A repetition waits for the first sending while that is under way on the server") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::before_commit, fault_kind::delay});
  const auto x = ask_once(w);
  w.run();
  const auto stuck = w.db[primary].backends();
  for (const auto& b : stuck)
    if (b->delayed()) b->link().cut();
  w.advance(500ms);
  CHECK(x->answers == 0);
  std::vector<told_ptr> others;
  for (int i = 0; i < 8; ++i) others.push_back(w.write("insert other" + std::to_string(i) + " v"));
  w.advance(100ms);
  for (const auto& other : others) CHECK(other->is_done()); // Nobody waits with it.
  w.db[primary].release_delays();
  w.advance(500ms);
  CHECK(told_as(x) == application::already_applied);
  CHECK(rows(w) == 1);
}

TEST_CASE("A receipt comes to another node as it was, and a damaged one is refused") {
  for (const auto& x : {receipt{application::applied, {}}, receipt{application::plain, wal_position{2, 77}},
                        receipt{application::already_applied, wal_position{1, 1}}}) {
    result there;
    REQUIRE(put_together(take_apart(with_receipt(result{}, x)), there));
    CHECK(there.receipt().by_token == x.by_token);
    CHECK(there.receipt().position == x.position);
  }
  auto parts = take_apart(with_receipt(result{}, {application::applied, {}}));
  for (const auto* damaged : {"3", "x", "11:0/x", "1x"}) {
    parts.receipt = damaged;
    result there;
    CHECK_FALSE(put_together(parts, there));
  }
}

TEST_CASE("After a failover the token tells whether the write had reached the new primary") {
  for (const bool replicated : {true, false}) {
    INFO("replicated: " << replicated);
    actor_world w;
    w.advance(2s);
    w.db[primary].script().add({text, fault_point::after_commit, fault_kind::delay});
    const auto x = ask_once(w, 10'000ms);
    w.run();
    REQUIRE(rows(w) == 1);
    w.db[primary].crash();
    w.advance(500ms);
    if (replicated) w.db[backup].replay_from(w.db[primary]);
    w.db[backup].promote();
    w.advance(5s);
    CHECK(told_as(x) == (replicated ? application::already_applied : application::applied));
    CHECK(rows(w, backup) == 1);
  }
}

TEST_CASE("A write with a token whose server does not come back is in doubt; sent again it is settled") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::after_commit, fault_kind::delay});
  const auto x = ask_once(w, 3000ms);
  w.run();
  w.db[primary].crash();
  w.advance(4s);
  REQUIRE(x->is(outcome::in_doubt));
  CHECK(x->failed->token == "t-1");
  CHECK(x->failed->hint.find("same token") != std::string::npos);
  w.db[primary].start();
  w.advance(2s);
  const auto again = ask_once(w);
  w.advance(2s);
  CHECK(told_as(again) == application::already_applied);
  CHECK(rows(w) == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A rejection after a lost answer leaves a write with a token in doubt") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::after, fault_kind::lose});
  w.db[primary].script().add({text, fault_point::after, fault_kind::error, "23514"});
  const auto x = ask_once(w);
  w.advance(3s);
  REQUIRE(x->is(outcome::in_doubt));
  CHECK(x->failed->sqlstate == "23514");
  CHECK(rows(w) == 0);
  const auto plain = ask_once(w, 5000ms, "t-2");
  w.advance(1s);
  CHECK(plain->is_done());
}

TEST_CASE("A rejection at the first attempt of a write with a token is a rejection, and the token stays free") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::after, fault_kind::error, "23514"});
  const auto x = ask_once(w);
  w.run();
  CHECK(x->is(outcome::rejected));
  const auto again = ask_once(w);
  w.run();
  CHECK(told_as(again) == application::applied);
  CHECK(rows(w) == 1);
}

TEST_CASE("Without the table of tokens a write with a token is rejected, and told how to make it") {
  actor_world w;
  w.advance(2s);
  w.db[primary].set_tokens(false);
  const auto x = ask_once(w);
  w.run();
  REQUIRE(x->is(outcome::rejected));
  CHECK(x->failed->sqlstate == "42P01");
  CHECK(x->failed->hint.find("tripool tokens create") != std::string::npos);
  CHECK(rows(w) == 0);
}

TEST_CASE("A token that was withdrawn in time stops its write for ever; one that was applied is left alone") {
  actor_world w;
  w.advance(2s);
  const auto withdrawn = w.query<result>(w.delegate, withdraw_token{"t-1"});
  REQUIRE(withdrawn);
  CHECK(withdrawn->raw(0, 0) == "f");
  const auto x = ask_once(w);
  w.run();
  REQUIRE(x->is(outcome::rejected));
  CHECK(x->failed->sqlstate == "23505");
  CHECK(rows(w) == 0);
  const auto other = ask_once(w, 5000ms, "t-2");
  w.run();
  CHECK(told_as(other) == application::applied);
  const auto late = w.query<result>(w.delegate, withdraw_token{"t-2"});
  REQUIRE(late);
  CHECK(late->raw(0, 0) == "t");
  CHECK(rows(w) == 1);
}

TEST_CASE("Tokens are not deleted while their writes may still be repeated") {
  actor_world w;
  w.advance(2s);
  CHECK_FALSE(w.query<result>(w.delegate, clean_tokens{std::chrono::minutes{10}, 100}));
}

TEST_CASE("Whoever dies at whatever step: a write with a token is answered once, in time, and applied at most once") {
  for (const auto loss : {fault_kind::delay, fault_kind::lose}) {
    for (int n = 0; n < 60; ++n) {
      INFO("loss " << static_cast<int>(loss) << ", death before job " << n);
      actor_world w;
      w.advance(2s);
      w.db[primary].script().add({text, fault_point::after_commit, loss});
      const auto x = ask_once(w, 4000ms);
      for (int i = 0; i < n; ++i) w.step();
      const auto target = w.next_in_line();
      const bool spared = !target || target == w.delegate;
      if (!spared) w.strike(target, static_cast<death>(n % 3));
      w.advance(300ms);
      w.db[primary].release_delays();
      w.advance(5s);
      CHECK(x->answers == 1);
      CHECK(rows(w) == 1);
      CHECK(w.broken_promises() == "");
      const auto again = ask_once(w);
      w.advance(2s);
      CHECK(told_as(again) == application::already_applied);
      CHECK(rows(w) == 1);
      if (spared) break;
    }
  }
}
