// Read-your-writes: a write reports where the log stood, and a read that asks for it goes only where that has arrived.
#include "tests/actors/actor_world.hpp"

#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Writes, and returns the position that the receipt brings.
wal_position write_reporting(actor_world& w, const std::string& text) {
  statement s;
  s.text = text;
  s.report_position = true;
  const auto x = w.ask(std::move(s));
  w.run();
  INFO(x->text());
  REQUIRE(x->is_done());
  const auto at = x->done->results.front().receipt().position;
  REQUIRE(at);
  return *at;
}

told_ptr read_at(actor_world& w, const std::string& text, wal_position at, std::chrono::milliseconds patience = 2s) {
  statement s;
  s.text = text;
  s.mode = access::read;
  s.at_least = at;
  s.timeout = patience;
  return w.ask(std::move(s));
}

std::size_t on_standbys(actor_world& w, const std::string& text) {
  return w.db[backup].ledger().executed(text) + w.db[failover].ledger().executed(text);
}

} // namespace

TEST_CASE("A write reports where the log stood after its commit, a write with a token too") {
  actor_world w;
  w.advance(2s);
  const auto first = write_reporting(w, "insert a 1");
  CHECK(first == wal_position{1, w.db[primary].position()});
  statement s;
  s.text = "insert b 1";
  s.token = "t";
  s.report_position = true;
  const auto x = w.ask(std::move(s));
  w.run();
  REQUIRE(x->is_done());
  const auto receipt = x->done->results.front().receipt();
  CHECK(receipt.by_token == application::applied);
  REQUIRE(receipt.position);
  CHECK(receipt.position->lsn > first.lsn);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A commit whose position is lost on the way is done all the same, without a position") {
  for (const auto what : {fault_kind::error, fault_kind::lose}) {
    actor_world w;
    w.advance(2s);
    w.db[primary].set_eager_replies(true);
    w.db[primary].script().add({std::string{wal_position_text}, fault_point::before, what, "57014"});
    statement s;
    s.text = "insert a 1";
    s.report_position = true;
    const auto x = w.ask(std::move(s));
    w.advance(1s);
    INFO(x->text());
    REQUIRE(x->is_done());
    CHECK_FALSE(x->done->results.front().receipt().position);
    CHECK(w.db[primary].store().at("a").size() == 1);
    CHECK(w.broken_promises() == "");
  }
}

TEST_CASE("A read that asks for a position sees what was written, whichever server it goes to") {
  actor_world w;
  w.advance(2s);
  for (int i = 0; i < 50; ++i) {
    const auto n = std::to_string(i);
    const auto at = write_reporting(w, "insert k" + n + " v");
    if (i % 3 == 0) w.db[backup].replay_from(w.db[primary]);
    if (i % 5 == 0) w.db[failover].replay_from(w.db[primary]);
    const auto x = read_at(w, "select k" + n, at);
    w.advance(30ms);
    INFO(x->text());
    REQUIRE(x->is_done());
    CHECK(x->done->results.front().size() == 1);
  }
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Standbys that have caught up serve reads that ask for a position") {
  actor_world w;
  w.advance(2s);
  const auto at = write_reporting(w, "insert k v");
  for (int i = 0; i < 20; ++i) read_at(w, "select k", at);
  w.advance(1s);
  CHECK(on_standbys(w, "select k") == 0);
  for (const auto i : {backup, failover}) w.db[i].replay_from(w.db[primary]);
  read_at(w, "select k", at); // It makes the monitor ask.
  w.advance(200ms);
  for (int i = 0; i < 20; ++i) read_at(w, "select k", at);
  w.advance(1s);
  CHECK(on_standbys(w, "select k") > 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Without a primary a read that asks for a position waits for a standby that has it, until its deadline") {
  actor_world w;
  w.advance(2s);
  const auto at = write_reporting(w, "insert k v");
  w.db[primary].crash();
  w.advance(2s);
  const auto waits = read_at(w, "select k", at, 8000ms);
  const auto gives_up = read_at(w, "select k", {at.timeline, at.lsn + 1000}, 1500ms);
  w.advance(3s);
  CHECK(gives_up->is(outcome::not_executed));
  CHECK(waits->answers == 0);
  w.db[backup].replay_from(w.db[primary]);
  w.advance(3s);
  INFO(waits->text());
  REQUIRE(waits->is_done());
  CHECK(waits->done->results.front().size() == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("After a failover a position of the old timeline is served by the new primary only") {
  actor_world w;
  w.advance(2s);
  const auto at = write_reporting(w, "insert k v");
  for (const auto i : {backup, failover}) w.db[i].replay_from(w.db[primary]);
  w.db[primary].crash();
  w.advance(500ms);
  w.db[backup].promote();
  w.db[failover].replay_from(w.db[backup]);
  w.advance(3s);
  const auto before = w.db[failover].ledger().executed("select k");
  for (int i = 0; i < 10; ++i) read_at(w, "select k", at);
  w.advance(1s);
  CHECK(w.db[failover].ledger().executed("select k") == before);
  CHECK(w.db[backup].ledger().executed("select k") == 10);
  CHECK(w.broken_promises() == "");
}
