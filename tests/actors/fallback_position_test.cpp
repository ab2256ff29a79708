// Reads that ask for a position while the simple pool serves: its server is asked for its timeline, once, and a server
// that has a successor serves none of them.
#include "tests/actors/resting.hpp"

#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

const std::string question{wal_position_text};

statement reads(const std::string& key, wal_position at, std::chrono::milliseconds patience = 3s) {
  statement s;
  s.text = "select " + key;
  s.mode = access::read;
  s.at_least = at;
  s.timeout = patience;
  return s;
}

bool says(const told_ptr& x, std::string_view what) {
  return x->is(outcome::not_executed) && x->failed->proved == proof::never_sent
         && x->failed->message.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("The simple pool serves reads that ask for a position, and asks its server once for its timeline",
          "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  for (int i = 0; i < 20; ++i) {
    const auto key = "k" + std::to_string(i);
    w.write("insert " + key + " v");
    w.run();
    const auto x = w.ask(reads(key, {1, w.db[primary].position()}));
    w.run();
    INFO(x->text());
    REQUIRE(x->is_done());
    CHECK(x->done->results.front().size() == 1);
  }
  CHECK(w.db[primary].ledger().executed(question) == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A position of a later timeline is not served until the simple pool's server has reached it", "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  const auto early = w.ask(reads("k", {2, 100}));
  w.run();
  INFO(early->text());
  CHECK(says(early, "asks for the position 2:0/64"));
  CHECK(says(early, "is on timeline 1: it may have been replaced"));
  CHECK(w.db[primary].ledger().executed("select k") == 0);
  w.db[primary].set_timeline(2);
  const auto later = w.ask(reads("k", {2, 100}));
  const auto unsure = w.ask(reads("k", {3, 100}));
  w.run();
  CHECK(later->text() == "done");
  CHECK(says(unsure, "is on timeline 2"));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A ghost beneath the simple pool that nobody has found out serves no read of its successor's positions",
          "[fallback]") {
  actor_world w{soon_resting()};
  w.advance(5s);
  wear_out_manager(w);
  REQUIRE(w.status().delegate.fallback.mode == service_mode::simple);
  const auto before = w.write("insert old v");
  w.run();
  REQUIRE(before->text() == "done");
  const auto at = w.db[primary].position();
  w.db[backup].replay_from(w.db[primary]);
  w.db[backup].promote();
  const auto seen = w.ask(reads("old", {1, at}));
  const auto unseen = w.ask(reads("new", {2, at + 100}));
  w.run();
  CHECK(seen->text() == "done");
  INFO(unseen->text());
  CHECK(says(unseen, "is on timeline 1"));
  CHECK(w.db[primary].ledger().executed("select new") == 0);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("What waits for the timeline is answered by its deadline, when it is taken back, and by a drain",
          "[fallback]") {
  actor_world w{switched_off()};
  w.advance(1s);
  w.db[primary].script().add({question, fault_point::before, fault_kind::delay});
  const auto late = w.ask(reads("late", {1, 1}, 500ms));
  auto taken = reads("taken", {1, 1});
  taken.cancel_key = 7;
  const auto back = w.ask(std::move(taken));
  const auto patient = w.ask(reads("patient", {1, 1}));
  w.run();
  CHECK(w.db[primary].ledger().executed("select late") == 0);
  w.advance(600ms);
  CHECK(says(late, "asks its server how far it is"));
  CHECK(w.query<cancel_reply>(w.delegate, cancel_request{7})->found);
  w.run();
  CHECK(says(back, "waited in the simple pool"));
  w.db[primary].release_delays();
  w.run();
  CHECK(patient->text() == "done");
  w.db[primary].script().add({question, fault_point::before, fault_kind::delay});
  const auto drained = w.ask(reads("drained", {2, 1}));
  w.run();
  CHECK(w.end() == 0);
  CHECK(drained->is(outcome::not_executed));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("The question for the timeline survives whatever dies", "[fallback]") {
  const std::string victim = GENERATE("tripool.pool", "tripool.connection", "tripool.simple_pool");
  const auto way = GENERATE(fault_kind::error, fault_kind::lose);
  CAPTURE(victim, static_cast<int>(way));
  actor_world w{switched_off()};
  w.advance(1s);
  w.db[primary].script().add({question, fault_point::before, way, "57014"});
  for (int i = 0; i < 3; ++i) w.ask(reads("a" + std::to_string(i), {1, 1}));
  w.run();
  w.db[primary].script().add({question, fault_point::before, fault_kind::delay});
  for (int i = 0; i < 3; ++i) w.ask(reads("b" + std::to_string(i), {2, 1}));
  for (int steps = 0; steps < 200 && w.jobs() > 0; ++steps) {
    const auto who = w.next_in_line();
    if (who && w.name_of(who) == victim) {
      w.strike(who, death::kill);
      break;
    }
    w.step();
  }
  w.advance(5s);
  w.db[primary].release_delays();
  const auto x = w.ask(reads("after", {1, 1}));
  w.advance(5s);
  CHECK(x->text() == "done");
  CHECK(w.broken_promises() == "");
  CHECK(w.end() == 0);
}
