// Who is subscribed, who is told what, and what is left of a subscriber that has gone.
#include "tests/support/catch.hpp"

#include "tripool/core/listen/subscription_book.hpp"

#include <map>
#include <utility>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

/// A book and what it said, by subscribers and requests.
struct rig {
  explicit rig(subscription_limits limits = {}) : book(limits) {}

  subscription_book book;
  time_point t{1h};
  subscription_request last = 0;
  std::map<subscription_request, std::vector<std::string>> done;
  std::map<subscription_request, failure> refused;
  std::vector<gap_effect> gaps;
  std::vector<subscriber_id> forgotten;

  void take() {
    for (auto& e : book.take_effects()) {
      if (auto* x = std::get_if<subscribed_effect>(&e)) CHECK(done.emplace(x->request, x->channels).second);
      if (auto* x = std::get_if<refused_effect>(&e)) CHECK(refused.emplace(x->request, x->why).second);
      if (auto* x = std::get_if<gap_effect>(&e)) gaps.push_back(*x);
      if (auto* x = std::get_if<forget_effect>(&e)) forgotten.push_back(x->subscriber);
    }
  }
  subscription_request ask(subscriber_id who, std::vector<std::string> channels, duration within = 30s) {
    book.subscribe(++last, who, std::move(channels), t + within);
    take();
    return last;
  }
  void listening() {
    book.listening(book.generation(), t);
    take();
  }
  void lost(const std::string& why = "lost", duration silent = 0s) {
    book.not_listening(why, {}, silent, t);
    take();
  }
  void pass(duration x) {
    t += x;
    book.tick(t);
    take();
  }
  std::vector<subscriber_id> hearers(std::string_view channel) const {
    std::vector<subscriber_id> out;
    book.collect(channel, out);
    return out;
  }
  expected<std::vector<std::string>, failure> end(subscriber_id who, std::vector<std::string> channels) {
    auto out = book.unsubscribe(who, std::move(channels));
    take();
    return out;
  }
};

using ids = std::vector<subscriber_id>;
using names = std::vector<std::string>;

} // namespace

TEST_CASE("A subscription is promised once its channels are listened to") {
  rig r;
  const auto q = r.ask(1, {"b", "a", "b"});
  CHECK(*r.book.wanted() == channel_set{"a", "b"});
  CHECK(r.done.empty());
  CHECK(r.hearers("a").empty());
  r.listening();
  CHECK(r.done.at(q) == names{"a", "b"});
  CHECK(r.hearers("a") == ids{1});
}

TEST_CASE("A channel that is listened to already is promised at once") {
  rig r;
  r.ask(1, {"a"});
  r.listening();
  const auto g = r.book.generation();
  const auto q = r.ask(2, {"a"});
  CHECK(r.done.contains(q));
  CHECK(r.book.generation() == g);
  CHECK(r.hearers("a") == ids{1, 2});
}

TEST_CASE("An earlier generation says nothing about channels that came later") {
  rig r;
  r.ask(1, {"a"});
  const auto g = r.book.generation();
  const auto q = r.ask(1, {"b"});
  r.book.listening(g, r.t);
  r.take();
  CHECK_FALSE(r.done.contains(q));
  CHECK(r.hearers("a") == ids{1});
  CHECK(r.hearers("b").empty());
}

TEST_CASE("A channel that was given up and is wanted again is not taken for listened to") {
  rig r;
  r.ask(1, {"a"});
  r.listening();
  const auto old = r.book.generation();
  CHECK(r.end(1, {"a"}));
  const auto q = r.ask(1, {"a"});
  CHECK_FALSE(r.done.contains(q));
  r.book.listening(old, r.t);
  r.take();
  CHECK_FALSE(r.done.contains(q));
  r.listening();
  CHECK(r.done.contains(q));
}

TEST_CASE("Names of channels that are none, and lists without any, are refused whole") {
  rig r;
  for (const auto& bad : std::vector<names>{{}, {""}, {"good", std::string(64, 'x')}, {std::string("a\0", 2)}}) {
    const auto q = r.ask(1, bad);
    REQUIRE(r.refused.contains(q));
    CHECK(r.refused.at(q).kind == outcome::rejected);
  }
  CHECK(r.book.channels() == 0);
  CHECK(r.book.subscribers() == 0);
  CHECK(r.forgotten == ids{1, 1, 1, 1});
}

TEST_CASE("Channels and subscriptions are bounded, and what exists is not counted twice") {
  rig r{{2, 3}};
  r.ask(1, {"a", "b"});
  const auto third = r.ask(1, {"c"});
  CHECK(r.refused.at(third).sqlstate == "54000");
  CHECK(r.refused.at(third).message.find("channels") != std::string::npos);
  const auto again = r.ask(1, {"a", "b"});
  CHECK_FALSE(r.refused.contains(again));
  r.listening();
  CHECK(r.done.contains(r.ask(2, {"a"})));
  const auto fourth = r.ask(2, {"b"});
  CHECK(r.refused.at(fourth).message.find("subscriptions") != std::string::npos);
}

TEST_CASE("Requests that wait are bounded, too") {
  rig r{{2, 2}};
  r.ask(1, {"a"});
  r.ask(1, {"a"});
  const auto q = r.ask(1, {"a"});
  CHECK(r.refused.at(q).kind == outcome::not_executed);
  CHECK(r.refused.at(q).why == cause::queue_full);
}

TEST_CASE("No channels at all: subscriptions are switched off") {
  rig r{{0, 10}};
  CHECK(r.refused.contains(r.ask(1, {"a"})));
}

TEST_CASE("At its deadline a request is refused with what is known, and leaves nothing behind") {
  rig r;
  r.lost("connection refused");
  const auto q = r.ask(1, {"a"}, 2s);
  CHECK(r.book.next_wake() == r.t + 2s);
  r.pass(1s);
  CHECK_FALSE(r.refused.contains(q));
  r.pass(1s);
  REQUIRE(r.refused.contains(q));
  CHECK(r.refused.at(q).kind == outcome::not_executed);
  CHECK(r.refused.at(q).why == cause::deadline);
  CHECK(r.refused.at(q).detail == "connection refused");
  CHECK(r.book.channels() == 0);
  CHECK(r.forgotten == ids{1});
  CHECK_FALSE(r.book.next_wake());
}

TEST_CASE("A refused request takes nothing away that was promised or is asked for by another") {
  rig r;
  r.ask(1, {"a"});
  r.listening();
  r.ask(1, {"a", "b", "c"}, 1s);
  const auto other = r.ask(1, {"c"}, 10s);
  r.pass(1s);
  CHECK(*r.book.wanted() == channel_set{"a", "c"});
  CHECK(r.hearers("a") == ids{1});
  r.listening();
  CHECK(r.done.contains(other));
}

TEST_CASE("A gap is told twice, with its length, to those to whom something was promised") {
  rig r;
  r.ask(1, {"a", "b"});
  r.ask(2, {"b"});
  r.listening();
  r.t += 10s;
  r.lost("reset by peer", 3s);
  REQUIRE(r.gaps.size() == 2);
  CHECK(r.gaps[0].subscriber == 1);
  CHECK(r.gaps[0].channels == names{"a", "b"});
  CHECK(r.gaps[0].why == "reset by peer");
  CHECK_FALSE(r.gaps[0].over);
  CHECK(r.gaps[0].lasted == 3s);
  CHECK(r.gaps[1].channels == names{"b"});
  const auto late = r.ask(3, {"b"});
  CHECK_FALSE(r.done.contains(late));
  r.gaps.clear();
  r.t += 5s;
  r.listening();
  REQUIRE(r.gaps.size() == 2);
  CHECK(r.gaps[0].over);
  CHECK(r.gaps[0].channels == names{"a", "b"});
  CHECK(r.gaps[0].lasted == 8s);
  CHECK(r.done.contains(late));
  CHECK(r.book.gaps() == 1);
}

TEST_CASE("Dials that fail in a gap do not begin it anew, and it counts from its beginning") {
  rig r;
  r.ask(1, {"a"});
  r.listening();
  r.lost("first", 1s);
  r.t += 1s;
  r.lost("second");
  r.t += 1s;
  r.lost("third");
  CHECK(r.gaps.size() == 1);
  r.listening();
  REQUIRE(r.gaps.size() == 2);
  CHECK(r.gaps[1].lasted == 3s);
}

TEST_CASE("A subscriber that ends leaves nothing, and its requests are refused") {
  rig r;
  r.ask(1, {"a"});
  r.ask(2, {"a", "b"});
  r.listening();
  const auto q = r.ask(2, {"c"});
  r.book.ended(2);
  r.take();
  CHECK(r.refused.contains(q));
  CHECK(*r.book.wanted() == channel_set{"a"});
  CHECK(r.book.subscriptions() == 1);
  CHECK(r.forgotten == ids{2});
  CHECK(r.hearers("a") == ids{1});
}

TEST_CASE("Unsubscribing from what one does not subscribe to changes nothing") {
  rig r;
  r.ask(1, {"a"});
  r.ask(2, {"b"});
  r.listening();
  const auto out = r.end(1, {"a", "b"});
  REQUIRE_FALSE(out);
  CHECK(out.error().sqlstate == "42704");
  CHECK(out.error().kind == outcome::rejected);
  CHECK(r.hearers("a") == ids{1});
  const auto stranger = r.end(9, {"a"});
  CHECK_FALSE(stranger);
  CHECK(r.forgotten == ids{9});
}

TEST_CASE("Unsubscribing without a name ends all of one's subscriptions") {
  rig r;
  r.ask(1, {"a", "b"});
  r.ask(2, {"b"});
  r.listening();
  CHECK(*r.end(1, {}) == names{"a", "b"});
  CHECK(*r.book.wanted() == channel_set{"b"});
  CHECK(r.end(1, {})->empty());
}

TEST_CASE("Unsubscribing refuses the requests that ask for the same") {
  rig r;
  const auto q = r.ask(1, {"a", "b"});
  CHECK(r.end(1, {"a"}));
  CHECK(r.refused.at(q).why == cause::cancelled);
  CHECK(r.book.channels() == 0);
  r.listening();
  CHECK_FALSE(r.done.contains(q));
}

TEST_CASE("At the end everybody is told") {
  rig r;
  r.ask(1, {"a"});
  r.listening();
  const auto q = r.ask(2, {"b"});
  failure why;
  why.why = cause::shutting_down;
  why.message = "the service is shutting down";
  r.book.close(why, r.t);
  r.take();
  CHECK(r.refused.at(q).why == cause::shutting_down);
  REQUIRE(r.gaps.size() == 1);
  CHECK_FALSE(r.gaps[0].over);
  CHECK(r.gaps[0].why == "the service is shutting down");
  CHECK(r.book.subscribers() == 0);
  CHECK(r.book.wanted()->empty());
}
