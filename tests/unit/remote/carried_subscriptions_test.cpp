// Which node is asked for which channels, and what subscribers are told while nodes come and go.
#include "tests/support/catch.hpp"

#include "tripool/core/remote/carried_subscriptions.hpp"

#include <map>
#include <utility>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

struct carrier_rig {
  carried_subscriptions all{remote_limits{}, 1};
  time_point t{1h};
  std::vector<node_index> up{0, 1};
  subscription_request last = 0;
  std::vector<subscription_order> orders;
  std::map<subscription_request, std::vector<std::string>> done;
  std::map<subscription_request, failure> refused;
  std::vector<gap_effect> gaps;

  void advance() {
    for (auto& x : all.advance(up, t)) orders.push_back(std::move(x));
    take();
  }
  void take() {
    for (auto& e : all.book().take_effects()) {
      if (auto* x = std::get_if<subscribed_effect>(&e)) done.emplace(x->request, x->channels);
      if (auto* x = std::get_if<refused_effect>(&e)) refused.emplace(x->request, x->why);
      if (auto* x = std::get_if<gap_effect>(&e)) gaps.push_back(*x);
    }
  }
  subscription_request ask(subscriber_id who, std::vector<std::string> channels, duration within = 30s) {
    all.book().subscribe(++last, who, std::move(channels), t + within);
    advance();
    return last;
  }
  /// The one order that has been given since.
  subscription_order only_order() {
    REQUIRE(orders.size() == 1);
    auto out = std::move(orders.back());
    orders.clear();
    return out;
  }
  node_index begun() {
    const auto x = only_order();
    CHECK(x.begin);
    all.done(x.number, t);
    advance();
    return x.node;
  }
  void lost(node_index node) {
    std::erase(up, node);
    all.lost(node, "lost", 1s, t);
    advance();
  }
};

failure failed_as(outcome kind, cause why) {
  failure f;
  f.kind = kind;
  f.why = why;
  f.message = "as tested";
  return f;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("carried subscriptions: a node is asked once, and for what is new only", "[remote][listen]") {
  carrier_rig x;
  const auto r = x.ask(1, {"b", "a"});
  const auto first = x.only_order();
  CHECK(first.channels == names{"a", "b"});
  CHECK(x.done.empty());
  const auto s = x.ask(2, {"b", "c"});
  CHECK(x.orders.empty()); // One at a time.
  x.all.done(first.number, x.t);
  x.advance();
  CHECK(x.done.contains(r));
  CHECK_FALSE(x.done.contains(s));
  CHECK(x.all.carries(first.node, "a"));
  CHECK_FALSE(x.all.carries(1 - first.node, "a"));
  CHECK_FALSE(x.all.carries(first.node, "c"));
  const auto second = x.only_order();
  CHECK(second.node == first.node);
  CHECK(second.channels == names{"c"});
  x.all.done(second.number, x.t);
  x.advance();
  CHECK(x.done.contains(s));

  x.all.book().ended(2);
  x.advance();
  const auto third = x.only_order();
  CHECK_FALSE(third.begin);
  CHECK(third.channels == names{"c"});
  x.all.done(third.number, x.t);
  x.all.book().ended(1);
  x.advance();
  x.all.done(x.only_order().number, x.t);
  x.advance();
  CHECK_FALSE(x.all.node());
  CHECK_FALSE(x.all.next_wake());
}

TEST_CASE("carried subscriptions: a lost node is a gap for everybody, until another one listens", "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a"});
  const auto first = x.begun();
  x.ask(2, {"b"});
  x.begun();
  x.lost(first);
  REQUIRE(x.gaps.size() == 2);
  CHECK_FALSE(x.gaps[0].over);
  CHECK(x.gaps[0].lasted == 1s);
  x.t += 2s;
  CHECK(x.begun() == 1 - first);
  REQUIRE(x.gaps.size() == 4);
  CHECK(x.gaps[2].over);
  CHECK(x.gaps[3].over);
  CHECK(x.gaps[3].lasted == 3s);
  // The end of a node that carries nothing is nobody's affair, nor is what it still answers.
  x.all.lost(first, "again", 0s, x.t);
  x.all.gap(first, {0, {"a"}, "old", false, 0s}, x.t);
  x.all.done(1, x.t);
  x.advance();
  CHECK(x.gaps.size() == 4);
  // With no node at all it waits for one.
  x.lost(1 - first);
  CHECK(x.gaps.size() == 6);
  CHECK(x.orders.empty());
  x.up = {first};
  x.advance();
  CHECK(x.begun() == first);
  CHECK(x.gaps.size() == 8);
}

TEST_CASE("carried subscriptions: what a node refuses is refused, and what it has stays", "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a"});
  const auto node = x.begun();
  const auto r = x.ask(2, {"b"});
  x.all.failed(x.only_order().number, failed_as(outcome::not_executed, cause::overload), x.t);
  x.advance();
  REQUIRE(x.refused.contains(r));
  CHECK(x.refused.at(r).message == "as tested");
  CHECK(x.all.node() == node);
  CHECK(x.all.carries(node, "a"));
  CHECK(x.gaps.empty());
  CHECK(x.orders.empty());
  x.ask(3, {"c"});
  CHECK(x.only_order().channels == names{"c"});
}

TEST_CASE("carried subscriptions: a node that cannot is left for another after a pause", "[remote][listen]") {
  carrier_rig x;
  const auto r = x.ask(1, {"a"}, 20s);
  const auto first = x.only_order();
  x.all.failed(first.number, failed_as(outcome::in_doubt, cause::deadline), x.t);
  x.advance();
  REQUIRE_FALSE(x.orders.empty()); // Whatever it may have begun is ended.
  CHECK_FALSE(x.orders[0].begin);
  CHECK(x.orders[0].node == first.node);
  CHECK(x.orders[0].channels.empty());
  x.t += remote_limits{}.backoff_max;
  x.advance();
  REQUIRE(x.orders.size() == 2);
  CHECK(x.orders[1].begin);
  CHECK(x.orders[1].node == 1 - first.node);
  x.t += 20s;
  x.advance();
  REQUIRE(x.refused.contains(r));
  CHECK(x.refused.at(r).why == cause::deadline);
  CHECK(x.refused.at(r).detail == "as tested");
}

TEST_CASE("carried subscriptions: a node's own gap is told, and a node that stays deaf is left", "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a", "b"});
  const auto node = x.begun();
  x.all.gap(node, {0, {"a", "b", "unknown"}, "why", false, 2s}, x.t);
  x.advance();
  REQUIRE(x.gaps.size() == 1);
  CHECK(x.gaps[0].why == "why");
  CHECK(x.gaps[0].lasted == 2s);
  x.all.gap(node, {0, {"a", "b"}, "listening again", true, 2s}, x.t);
  x.advance();
  REQUIRE(x.gaps.size() == 2);
  CHECK(x.gaps[1].over);
  CHECK(x.orders.empty());

  x.all.gap(node, {0, {"a", "b"}, "why", false, 0s}, x.t);
  x.t += carrier_patience;
  CHECK(x.all.next_wake() <= x.t);
  x.advance();
  REQUIRE(x.orders.size() == 2);
  CHECK_FALSE(x.orders[0].begin);
  CHECK(x.orders[1].node == 1 - node);
  x.all.done(x.orders[1].number, x.t);
  x.advance();
  REQUIRE(x.gaps.size() == 4);
  CHECK(x.gaps[3].over);
}

TEST_CASE("carried subscriptions: what was perhaps ended is asked for again before it is promised",
          "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a"});
  const auto node = x.begun();
  x.ask(2, {"c"});
  x.begun();
  x.all.book().ended(2);
  x.advance();
  const auto end = x.only_order();
  CHECK(end.channels == names{"c"});
  const auto again = x.ask(3, {"c"});
  CHECK(x.orders.empty());
  x.all.failed(end.number, failed_as(outcome::in_doubt, cause::deadline), x.t);
  x.advance();
  CHECK_FALSE(x.all.carries(node, "c"));
  x.t += remote_limits{}.backoff_max;
  x.advance();
  CHECK_FALSE(x.done.contains(again));
  const auto order = x.only_order();
  CHECK((order.begin && order.channels == names{"c"}));
  x.all.done(order.number, x.t);
  x.advance();
  CHECK(x.done.contains(again));
  CHECK(x.all.carries(node, "c"));
  CHECK(x.orders.empty());
  CHECK(x.gaps.empty());
}

TEST_CASE("carried subscriptions: what was perhaps ended is ended again, which a node may refuse", "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a", "b"});
  const auto node = x.begun();
  x.ask(2, {"c"});
  x.begun();
  const auto fail = [&](const subscription_order& o, outcome kind) {
    x.all.failed(o.number, failed_as(kind, cause::deadline), x.t);
    x.t += remote_limits{}.backoff_max;
    x.advance();
  };
  x.all.book().ended(1);
  x.advance();
  fail(x.only_order(), outcome::in_doubt);
  auto again = x.only_order();
  CHECK_FALSE(again.begin);
  CHECK(again.channels == names{"a"});
  fail(again, outcome::rejected); // The first one had been carried out.
  again = x.only_order();
  CHECK(again.channels == names{"b"});
  fail(again, outcome::not_executed);
  again = x.only_order();
  CHECK(again.channels == names{"b"});
  x.all.done(again.number, x.t);
  x.advance();
  CHECK(x.orders.empty());
  CHECK(x.gaps.empty());
  CHECK(x.all.node() == node);

  // It is kept in mind until the last one, too; a node that does not know what is certain is left.
  x.all.book().ended(2);
  x.advance();
  fail(x.only_order(), outcome::in_doubt);
  CHECK(x.all.node() == node);
  x.all.done(x.only_order().number, x.t);
  x.advance();
  CHECK_FALSE(x.all.node());
}

TEST_CASE("carried subscriptions: a node that stays deaf is left as soon as there is another", "[remote][listen]") {
  carrier_rig x;
  x.up = {1};
  x.ask(1, {"a"});
  CHECK(x.begun() == 1);
  x.all.gap(1, {0, {"a"}, "why", false, 0s}, x.t);
  for (int i = 0; i < 3; ++i) {
    x.t += carrier_patience;
    x.advance();
    CHECK(x.orders.empty());
    REQUIRE(x.all.next_wake());
    CHECK(*x.all.next_wake() > x.t);
  }
  x.up = {0, 1};
  x.t = *x.all.next_wake();
  x.advance();
  REQUIRE(x.orders.size() == 2);
  CHECK((x.orders[0].node == 1 && x.orders[1].node == 0));
  x.all.done(x.orders[1].number, x.t);
  x.advance();
  REQUIRE(x.gaps.size() == 2);
  CHECK(x.gaps[1].over);
}

TEST_CASE("carried subscriptions: a node whose deaf channels nobody wants any more is kept", "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a"});
  const auto node = x.begun();
  x.ask(2, {"b"});
  x.begun();
  x.all.gap(node, {0, {"b"}, "why", false, 0s}, x.t);
  x.all.book().ended(2);
  x.advance();
  x.all.done(x.only_order().number, x.t);
  x.t += carrier_patience;
  x.advance();
  CHECK(x.orders.empty());
  CHECK(x.all.node() == node);
}

TEST_CASE("carried subscriptions: a node that drains is left for another one, with what it has", "[remote][listen]") {
  const auto why = GENERATE(cause::shutting_down, cause::actor_down);
  carrier_rig x;
  x.up = {0};
  x.ask(1, {"a"});
  x.begun();
  const auto r = x.ask(2, {"b"});
  x.all.failed(x.only_order().number, failed_as(outcome::not_executed, why), x.t);
  x.advance();
  // Alone it is kept, and asked again.
  x.t += remote_limits{}.backoff_max;
  x.advance();
  x.all.failed(x.only_order().number, failed_as(outcome::not_executed, why), x.t);
  x.advance();
  CHECK(x.gaps.empty());
  CHECK(x.all.carries(0, "a"));
  x.up = {0, 1};
  x.advance();
  REQUIRE(x.orders.size() == 2);
  CHECK((x.orders[0].node == 0 && !x.orders[0].begin));
  CHECK((x.orders[1].node == 1 && x.orders[1].channels == names{"a", "b"}));
  REQUIRE(x.gaps.size() == 1);
  CHECK(x.gaps[0].why == "as tested");
  CHECK_FALSE(x.done.contains(r));
  x.all.done(x.orders[1].number, x.t);
  x.advance();
  CHECK(x.done.contains(r));
  REQUIRE(x.gaps.size() == 2);
  CHECK(x.gaps[1].over);
}

TEST_CASE("carried subscriptions: a node that takes new channels again is not left", "[remote][listen]") {
  carrier_rig x;
  x.up = {0};
  x.ask(1, {"a"});
  x.begun();
  x.ask(2, {"b"});
  x.all.failed(x.only_order().number, failed_as(outcome::not_executed, cause::actor_down), x.t);
  x.t += remote_limits{}.backoff_max;
  x.advance();
  x.begun();
  x.up = {0, 1};
  x.advance();
  CHECK(x.orders.empty());
  CHECK(x.gaps.empty());
  CHECK(x.all.node() == node_index{0});
}

TEST_CASE("carried subscriptions: how long a node's gap has lasted is bounded, whatever it says", "[remote][listen]") {
  const auto said = GENERATE(duration::max(), duration::min(), duration{25h});
  carrier_rig x;
  x.ask(1, {"a"});
  const auto node = x.begun();
  x.all.gap(node, {0, {"a"}, "why", false, said}, x.t);
  x.advance();
  const duration told = said > 0s ? duration{24h} : duration{0s};
  REQUIRE(x.gaps.size() == 1);
  CHECK(x.gaps[0].lasted == told);
  x.t += 1s;
  x.all.gap(node, {0, {"a"}, "listening again", true, said}, x.t);
  x.advance();
  REQUIRE(x.gaps.size() == 2);
  CHECK(x.gaps[1].lasted == told + 1s);
}

TEST_CASE("carried subscriptions: who is refused hears why the node was lost, or else that none is up",
          "[remote][listen]") {
  carrier_rig x;
  x.ask(1, {"a"});
  x.lost(x.begun());
  x.up.clear();
  x.advance();
  const auto waits = [&](subscriber_id who) {
    const auto r = x.ask(who, {"b"}, 2s);
    x.t += 2s;
    x.advance();
    REQUIRE(x.refused.contains(r));
    return x.refused.at(r).detail;
  };
  CHECK(waits(2) == "lost");
  x.all.book().ended(1);
  x.advance();
  CHECK(waits(3) == "no node is up");
}
