// What can be heard of doubts, and what the audit of moves says: every in_doubt and every resolution is an event, every
// move has its reason and its proof.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/event_desk.hpp"
#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"
#include "tripool/actors/protocol_listen.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct heard {
  std::vector<failure> doubts;
  std::vector<doubt_settled_event> settled;
  bool subscribed = false;
};

class watcher final : public caf::event_based_actor {
public:
  watcher(caf::actor_config& cfg, caf::actor delegate, std::shared_ptr<heard> to)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), to_(std::move(to)) {}

private:
  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, subscribe_events{})
      .then([this](events_subscribed) { to_->subscribed = true; }, [](const caf::error&) {});
    delegate_ = nullptr;
    return {[this](const doubt_event& x) { to_->doubts.push_back(x.what); },
            [this](const doubt_settled_event& x) { to_->settled.push_back(x); }};
  }

  caf::actor delegate_;
  std::shared_ptr<heard> to_;
};

statement named(const std::string& text, const std::string& token = {}) {
  statement s;
  s.text = text;
  s.token = token;
  s.name = "pay";
  s.timeout = 4000ms;
  return s;
}

} // namespace

TEST_CASE("Every answer that is in doubt is told to who subscribed, and every doubt that was settled") {
  actor_world w;
  w.advance(2s);
  auto ears = std::make_shared<heard>();
  auto who = w.spawn<watcher>(w.delegate, ears);
  w.run();
  REQUIRE(ears->subscribed);
  w.db[primary].script().add({"insert a 1", fault_point::after_commit, fault_kind::lose});
  w.db[primary].script().add({"insert b 1", fault_point::after_commit, fault_kind::lose});
  const auto lost = w.ask(named("insert a 1"));
  w.advance(1s);
  const auto settled = w.ask(named("insert b 1", "t-1"));
  w.advance(1s);
  const auto plain = w.ask(named("insert c 1", "t-2"));
  const auto again = w.ask(named("insert c 2", "t-2"));
  w.advance(1s);
  CHECK(lost->is(outcome::in_doubt));
  CHECK(settled->is_done());
  CHECK(plain->is_done());
  CHECK(again->is_done());
  REQUIRE(ears->doubts.size() == 1);
  CHECK(ears->doubts[0].request == lost->failed->request);
  CHECK(ears->doubts[0].name == "pay");
  REQUIRE(ears->settled.size() == 1);
  CHECK(ears->settled[0].token == "t-1");
  CHECK(ears->settled[0].how == "already_applied");
  const auto s = w.status().delegate;
  CHECK(s.doubts == 1);
  CHECK(s.settled == 1);
  caf::anon_send_exit(who, caf::exit_reason::kill);
  who = nullptr;
  w.run();
  w.db[primary].script().add({"insert d 1", fault_point::after_commit, fault_kind::lose});
  w.ask(named("insert d 1"));
  w.advance(1s);
  CHECK(ears->doubts.size() == 1);
}

namespace {

/// Watches events, comes and goes as a subscriber to notifications, and ends when it is told to.
class passer_by final : public caf::event_based_actor {
public:
  passer_by(caf::actor_config& cfg, caf::actor delegate, std::shared_ptr<heard> to)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), to_(std::move(to)) {}

private:
  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, subscribe_events{})
      .then([this](events_subscribed) { to_->subscribed = true; }, [](const caf::error&) {});
    request(delegate_, caf::infinite, subscribe{{"a"}})
      .then(
        [this](const subscribed&) {
          request(delegate_, caf::infinite, unsubscribe{{"a"}}).then([this](const unsubscribed&) {
            delegate_ = nullptr;
          });
        },
        [](const caf::error&) {});
    return {[](const doubt_event&) {}, [](const notification_gap&) {}};
  }

  caf::actor delegate_;
  std::shared_ptr<heard> to_;
};

} // namespace

TEST_CASE("Who watched events is forgotten with its end, also when it had taken back other subscriptions") {
  actor_world w;
  w.advance(2s);
  for (std::size_t i = 0; i < event_desk::subscribers_max + 2; ++i) {
    INFO("watcher " << i);
    auto ears = std::make_shared<heard>();
    auto who = w.spawn<passer_by>(w.delegate, ears);
    w.run();
    REQUIRE(ears->subscribed);
    caf::anon_send_exit(who, caf::exit_reason::user_shutdown);
    w.run();
  }
}

TEST_CASE("The events of a doubt and of its end name the statement that has a name") {
  actor_world w;
  w.advance(2s);
  for (const auto* text : {"insert a 1", "insert b 1", "insert c 1"})
    w.db[primary].script().add({text, fault_point::after_commit, fault_kind::lose});
  w.ask(named("insert a 1"));
  w.advance(1s);
  w.ask(named("insert b 1", "t-1"));
  w.advance(1s);
  w.write("insert c 1", 4000ms);
  w.advance(1s);
  event_filter which;
  which.kinds = mask_of(event_kind::in_doubt) | mask_of(event_kind::settled);
  const auto told = w.query<events_reply>(w.delegate, get_events{which});
  REQUIRE(told);
  REQUIRE(told->events.size() == 3);
  CHECK(told->events[0].text.starts_with("pay: "));
  CHECK(told->events[1].text == "the doubt of pay was settled: already_applied");
  CHECK(told->events[2].kind == event_kind::in_doubt);
  CHECK(told->events[2].text.find("pay") == std::string::npos);
}

TEST_CASE("A request that was moved says from where to where, why, and on what proof") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert b 1", fault_point::after_commit, fault_kind::lose});
  w.ask(named("insert b 1", "t-1"));
  w.db[primary].script().add({"insert c 1", fault_point::before, fault_kind::fatal, "57P05"});
  w.ask(named("insert c 1"));
  w.advance(2s);
  const auto told = w.query<moves_reply>(w.delegate, get_moves{});
  REQUIRE(told);
  REQUIRE(told->moves.size() >= 2);
  const auto find = [&](proof x) {
    return std::find_if(told->moves.begin(), told->moves.end(), [&](const move_note& m) { return m.proved == x; });
  };
  const auto token = find(proof::token);
  REQUIRE(token != told->moves.end());
  CHECK(token->from == "primary");
  CHECK(token->token == "t-1");
  CHECK(token->why == cause::connection_lost);
  CHECK(token->attempts == 1);
  const auto aborted = find(proof::rolled_back);
  REQUIRE(aborted != told->moves.end());
  CHECK(aborted->sqlstate == "57P05");
  CHECK(w.query<moves_reply>(w.delegate, get_moves{token->request})->moves.size() == 1);
  CHECK(w.status().monitor.moves.size() == told->moves.size());
}

TEST_CASE("The audit of moves keeps the last ones only") {
  move_log log{3};
  for (std::uint64_t i = 1; i <= 5; ++i) {
    move_note x;
    x.request = i;
    log.add(x);
  }
  CHECK(log.count() == 5);
  REQUIRE(log.all().size() == 3);
  CHECK(log.all().front().serial == 3);
  CHECK(log.of(5).size() == 1);
  CHECK(log.of(1).empty());
}
