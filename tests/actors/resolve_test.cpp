// Writes that are looked up: when the answer to COMMIT is lost, the transaction's status on the same cluster and
// timeline settles it; what that cannot settle stays in doubt, and says why.
#include "tests/actors/actor_world.hpp"

#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

const std::string text = "insert k v";

told_ptr ask_looked_up(actor_world& w, std::chrono::milliseconds patience = 5000ms) {
  statement s;
  s.text = text;
  s.resolve = true;
  s.timeout = patience;
  return w.ask(std::move(s));
}

std::size_t rows(actor_world& w, std::size_t server = primary) {
  return w.db[server].store().at("k").size();
}

/// The sessions that wait in the test's delay break.
void cut_delayed(actor_world& w) {
  for (const auto& b : w.db[primary].backends())
    if (b->delayed()) b->link().cut();
}

} // namespace

TEST_CASE("A write that is to be looked up is done as others are") {
  actor_world w;
  w.advance(2s);
  const auto x = ask_looked_up(w);
  w.run();
  INFO(x->text());
  REQUIRE(x->is_done());
  CHECK(x->done->results.front().command_tag() == "INSERT 0 1");
  CHECK(rows(w) == 1);
  statement s;
  s.text = "insert k v unique";
  s.resolve = true;
  const auto refused = w.ask(std::move(s));
  w.run();
  CHECK(refused->is(outcome::rejected));
  CHECK(refused->failed->sqlstate == "23505");
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A COMMIT whose answer is lost is looked up: it was committed") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::after_commit, fault_kind::lose});
  const auto x = ask_looked_up(w);
  w.advance(2s);
  INFO(x->text());
  CHECK(x->is_done());
  CHECK(rows(w) == 1);
  CHECK(w.status().delegate.settled == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A COMMIT whose answer is lost is looked up: it was rolled back, and is done anew") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::before_commit, fault_kind::lose});
  const auto x = ask_looked_up(w);
  w.advance(2s);
  INFO(x->text());
  CHECK(x->is_done());
  CHECK(rows(w) == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A COMMIT that is under way is asked for until it is known") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::before_commit, fault_kind::delay});
  const auto x = ask_looked_up(w);
  w.run();
  cut_delayed(w);
  w.advance(1s);
  CHECK(x->answers == 0);
  w.db[primary].release_delays();
  w.advance(1s);
  INFO(x->text());
  CHECK(x->is_done());
  CHECK(rows(w) == 1);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("After a failover the look-up proves nothing: the write stays in doubt, and says why") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::after_commit, fault_kind::delay});
  const auto x = ask_looked_up(w);
  w.run();
  w.db[primary].crash();
  w.advance(300ms);
  w.db[backup].promote(); // Without the write.
  w.advance(6s);
  REQUIRE(x->is(outcome::in_doubt));
  INFO(x->text());
  CHECK(x->failed->detail.find("failover") != std::string::npos);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("After a crash of the same server a committed status is not believed") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({text, fault_point::after_commit, fault_kind::delay});
  const auto x = ask_looked_up(w);
  w.run();
  w.db[primary].crash();
  w.db[primary].start();
  w.advance(6s);
  REQUIRE(x->is(outcome::in_doubt));
  INFO(x->text());
  CHECK(x->failed->detail.find("crash") != std::string::npos);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Whoever dies at whatever step: a write that is looked up is answered once, in time and honestly") {
  for (int n = 0; n < 80; ++n) {
    INFO("death before job " << n);
    actor_world w;
    w.advance(2s);
    w.db[primary].script().add({text, fault_point::after_commit, fault_kind::delay});
    const auto x = ask_looked_up(w, 4000ms);
    for (int i = 0; i < n; ++i) w.step();
    const auto target = w.next_in_line();
    if (target && target != w.delegate) w.strike(target, static_cast<death>(n % 3));
    w.advance(300ms);
    w.db[primary].release_delays();
    w.advance(6s);
    CHECK(x->answers == 1);
    CHECK(rows(w) <= 1);
    CHECK(w.broken_promises() == "");
    if (!target) break;
  }
}

TEST_CASE("Where commits wait for a standby, a status alone does not make a write done that no standby has") {
  actor_world w;
  for (auto& server : w.db) server.set_synchronous(true);
  w.advance(2s);
  const auto x = ask_looked_up(w, 3000ms);
  w.run();
  REQUIRE(rows(w) == 1); // It is committed here, and waits for a standby that does not come.
  CHECK(x->answers == 0);
  // Its caller's side sees a broken connection only, and its transaction ends as committed.
  for (const auto& b : w.db[primary].backends()) {
    if (!b->waits_for_standby()) continue;
    b->link().cut();
    b->terminate("57P01", "terminating connection");
  }
  w.advance(4s);
  INFO(x->text());
  REQUIRE(x->answers == 1);
  CHECK(x->is(outcome::in_doubt));
  CHECK(w.broken_promises() == "");
}
