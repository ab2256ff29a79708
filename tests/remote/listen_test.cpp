// Notifications for actors whose delegate is on other nodes: in order, with every gap told, bounded, and ended with who
// asked for them.
#include "tests/remote/processes.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/remote/envelope.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A subscriber of a proxy: says line by line what it hears. Its actor ends with it.
class far_ear {
public:
  explicit far_ear(remote_caller& x) : caller_(x), self_(x.system()) {}

  std::optional<failure> listen(std::vector<std::string> channels, std::chrono::milliseconds limit = 20s) {
    return ask<subscribed>(subscribe{std::move(channels), limit, {}});
  }
  std::optional<failure> leave(std::vector<std::string> channels) {
    return ask<unsubscribed>(unsubscribe{std::move(channels), {}});
  }
  /// "channel: payload", "gap a b", "over a b", or "nothing".
  std::string next(std::chrono::milliseconds limit = 20s) {
    std::string out = "nothing";
    self_->receive([&](const notification& x) { out = x.channel + ": " + x.payload; },
                   [&](const notification_gap& x) {
                     out = x.over ? "over" : "gap";
                     for (const auto& c : x.channels) out += ' ' + c;
                   },
                   caf::after(limit) >> [] {});
    return out;
  }

private:
  template <class Answer, class Question>
  std::optional<failure> ask(Question x) {
    std::optional<failure> out;
    self_->request(caller_.proxy(), 60s, std::move(x))
      .receive([](const Answer&) {}, [&](const caf::error& e) { out = failure_of(e); });
    return out;
  }

  remote_caller& caller_;
  caf::scoped_actor self_;
};

subscriptions_status heard_at(local_node& node) {
  return node.status().delegate.subscriptions;
}

void notify_many(test_database& home, const std::string& channel, int first, int last) {
  home.sql("select pg_notify('" + channel + "', n::text) from generate_series(" + std::to_string(first) + ", "
           + std::to_string(last) + ") n");
}

std::string place_of(const remote_node& x) {
  return x.host + ':' + std::to_string(x.port);
}

} // namespace

TEST_CASE("notifications arrive in order at subscribers on another node, until they unsubscribe", "[remote][listen]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  far_ear one{caller};
  far_ear two{caller};
  REQUIRE_FALSE(one.listen({"a", "b"}));
  REQUIRE_FALSE(two.listen({"b"}));
  notify_many(home, "a", 1, 500);
  home.sql("notify b, 'both'");
  for (int i = 1; i <= 500; ++i) REQUIRE(one.next() == "a: " + std::to_string(i));
  CHECK(one.next() == "b: both");
  CHECK(two.next() == "b: both");
  CHECK(heard_at(node).subscribers == 1); // The caller's guest, for all of its actors.
  CHECK(heard_at(node).channels == 2);
  CHECK(caller.status().subscriptions.subscribers == 2);
  CHECK(caller.status().subscriptions.node == place_of(node.at()));

  REQUIRE_FALSE(one.leave({"b"}));
  home.sql("notify b, 'not for one'");
  home.sql("notify a, 'end'");
  CHECK(one.next() == "a: end");
  CHECK(two.next() == "b: not for one");
  const auto not_mine = two.leave({"a"});
  REQUIRE(not_mine);
  CHECK(not_mine->kind == outcome::rejected);
  // What nobody wants any more is ended at the node.
  REQUIRE_FALSE(one.leave({}));
  CHECK(cluster::wait_until(10s, [&] { return heard_at(node).channels == 1; }));
  REQUIRE_FALSE(one.listen({"a"}));
  home.sql("notify a, 'again'");
  CHECK(one.next() == "a: again");
}

TEST_CASE("when the node that carries a subscription is killed the gap is told, and another one carries it",
          "[remote][listen]") {
  test_database home;
  service_group all{home, 2};
  auto& nodes = all.nodes;
  remote_caller caller{all.places};
  REQUIRE(caller.wait_for_nodes(2));
  far_ear ear{caller};
  REQUIRE_FALSE(ear.listen({"a"}));
  notify_many(home, "a", 1, 50);
  for (int i = 1; i <= 50; ++i) REQUIRE(ear.next() == "a: " + std::to_string(i));

  const auto carrier = [&] { return caller.status().subscriptions.node == place_of(all.places[0]) ? 0U : 1U; };
  const auto first = carrier();
  nodes[first]->kill();
  // Whatever is missing is missing within a gap; what comes is in order.
  int sent = 50;
  int last = 50;
  bool open = false;
  bool over = false;
  const auto until = std::chrono::steady_clock::now() + 40s;
  while (!over || last < sent) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    if (!over) ++sent, notify_many(home, "a", sent, sent);
    for (auto line = ear.next(over ? 20s : 20ms); line != "nothing"; line = ear.next(20ms)) {
      if (line == "gap a") {
        open = true;
      } else if (line == "over a") {
        CHECK(open);
        over = true;
      } else {
        const auto n = std::stoi(line.substr(3));
        CHECK(n > last);
        CHECK((n == last + 1 || open));
        open = open && !over;
        last = n;
      }
      if (over && last == sent) break;
    }
    if (over && last < sent) ++sent, notify_many(home, "a", sent, sent); // What came before it was over is lost.
  }
  CHECK(carrier() != first);
  notify_many(home, "a", sent + 1, sent + 50);
  for (int i = 1; i <= 50; ++i) REQUIRE(ear.next() == "a: " + std::to_string(sent + i));

  // The one that is back does not take them over; an orderly end of the other one is a gap, too.
  nodes[first]->start();
  REQUIRE(caller.wait_for_nodes(2));
  REQUIRE(nodes[1 - first]->stop() == 0);
  CHECK(ear.next() == "gap a");
  CHECK(ear.next() == "over a");
  home.sql("notify a, 'at the first'");
  CHECK(ear.next() == "a: at the first");
  CHECK(carrier() == first);
  CHECK(caller.status().subscriptions.gaps == 2);
}

TEST_CASE("a gap of the node's own session is told to subscribers elsewhere", "[remote][listen]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  far_ear ear{caller};
  REQUIRE_FALSE(ear.listen({"a", "b"}));
  home.sql("select pg_terminate_backend(" + std::to_string(node.status().listener.backend_pid) + ")");
  CHECK(ear.next() == "gap a b");
  CHECK(ear.next() == "over a b");
  home.sql("notify b, 'after'");
  CHECK(ear.next() == "b: after");
}

TEST_CASE("a subscription from elsewhere ends with its subscriber, and with the link", "[remote][listen]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  far_ear stays{caller};
  {
    far_ear goes{caller};
    REQUIRE_FALSE(goes.listen({"a", "b"}));
    REQUIRE_FALSE(stays.listen({"b"}));
    CHECK(heard_at(node).channels == 2);
  }
  CHECK(cluster::wait_until(10s, [&] { return heard_at(node).channels == 1; }));
  CHECK(caller.status().subscriptions.subscribers == 1);
  REQUIRE_FALSE(stays.leave({}));
  CHECK(cluster::wait_until(10s, [&] { return heard_at(node).subscribers == 0; }));
  REQUIRE_FALSE(stays.listen({"c"}));
  CHECK(heard_at(node).subscribers == 1);
  caf::anon_send_exit(caller.proxy(), caf::exit_reason::kill);
  CHECK(cluster::wait_until(20s, [&] { return heard_at(node).subscribers == 0; }));
}

TEST_CASE("a subscription that cannot be is refused with its reason, and harms no other", "[remote][listen]") {
  test_database home;
  gate_limits at_node;
  at_node.channels_max = 3;
  local_node node{home, "127.0.0.1", at_node};
  remote_limits at_proxy;
  at_proxy.subscriptions.channels_max = 5;
  remote_caller caller{{node.at()}, {}, at_proxy};
  far_ear good{caller};
  far_ear bad{caller};
  REQUIRE_FALSE(good.listen({"a"}));
  const auto refused = [&](std::vector<std::string> channels, outcome kind, const std::string& why) {
    const auto f = bad.listen(std::move(channels));
    REQUIRE(f);
    INFO(to_string(*f));
    CHECK(f->kind == kind);
    CHECK((f->sqlstate == why || f->message.find(why) != std::string::npos));
  };
  refused({}, outcome::rejected, "22023");
  refused({"fine", ""}, outcome::rejected, "42602");
  refused({std::string(64, 'x')}, outcome::rejected, "42622");
  refused({std::string("\xff")}, outcome::rejected, "22021");
  refused({"1", "2", "3", "4", "5"}, outcome::rejected, "54000");
  refused({"1", "2", "3"}, outcome::not_executed, "channels_max");
  const auto negative = bad.listen({"1"}, -1ms);
  REQUIRE(negative);
  CHECK(negative->kind == outcome::rejected);
  CHECK(heard_at(node).channels == 1);
  REQUIRE_FALSE(bad.listen({"1", "2"}));
  home.sql("notify a, 'still'");
  CHECK(good.next() == "a: still");
  CHECK(caller.status().nodes.at(0).losses == 0);
}

TEST_CASE("a subscription is refused at its deadline when no node is up", "[remote][listen]") {
  const auto port = must(cluster::find_free_ports(1))[0];
  remote_caller caller{{{"127.0.0.1", port}}};
  far_ear ear{caller};
  const auto began = std::chrono::steady_clock::now();
  const auto f = ear.listen({"a"}, 500ms);
  REQUIRE(f);
  CHECK(f->kind == outcome::not_executed);
  CHECK(f->why == cause::deadline);
  CHECK(f->detail.find("no node") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
  CHECK(caller.status().subscriptions.channels == 0);
}

TEST_CASE("what is said of subscriptions and events is read as it was written, and nothing else is",
          "[remote][listen]") {
  const std::vector<remote_call_body> calls{subscribe{{"a", "b"}, 5ms, {}}, unsubscribe{{"a"}, {}}, subscribe_events{},
                                            unsubscribe_events{}, watch_events{7}};
  for (const auto& x : calls) {
    const auto bytes = encode_call(x);
    const auto back = decode_call(bytes);
    REQUIRE(back);
    CHECK(back->index() == x.index());
    CHECK(encode_call(*back) == bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) CHECK_FALSE(decode_call(std::string_view{bytes}.substr(0, i)));
    CHECK_FALSE(decode_call(bytes + 'x'));
  }
  doubt_settled_event settled;
  settled.token = "t";
  settled.how = "applied";
  const time_point now{1h};
  const std::vector<remote_event_body> events{doubt_event{}, settled, fallback_event{}, event_msg{}};
  for (const auto& x : events) {
    const auto bytes = encode(x, now);
    const auto back = decode_event(bytes, now);
    REQUIRE(back);
    CHECK(back->index() == x.index());
    CHECK(encode(*back, now) == bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) CHECK_FALSE(decode_event(std::string_view{bytes}.substr(0, i), now));
  }
}
