// What a proxy asks the node for that carries its subscriptions, by a node that is only played: for how long, and what
// becomes of the next order when one is never answered.
#include "tests/remote/nodes.hpp"

#include "tripool/actors/remote/envelope.hpp"

#include <caf/actor_cast.hpp>
#include <caf/default_attachable.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <mutex>
#include <variant>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// What a played node was asked for.
class order_book {
public:
  void add(const remote_call_body& x) {
    const std::lock_guard guard{mutex_};
    if (const auto* s = std::get_if<subscribe>(&x)) begun_.push_back(*s);
    if (const auto* u = std::get_if<unsubscribe>(&x)) ended_.push_back(u->channels);
  }
  std::vector<subscribe> begun() const {
    const std::lock_guard guard{mutex_};
    return begun_;
  }
  std::size_t ended() const {
    const std::lock_guard guard{mutex_};
    return ended_.size();
  }

private:
  mutable std::mutex mutex_;
  std::vector<subscribe> begun_;
  std::vector<std::vector<std::string>> ended_;
};

/// Welcomes a proxy, gives signs of life, takes every subscription, and never says that one has ended.
caf::behavior played_node(caf::event_based_actor* self, std::shared_ptr<order_book> asked) {
  return {[self, asked](const remote_envelope& x) {
    const auto to = caf::actor_cast<caf::actor>(self->current_sender());
    const auto say = [&](envelope_kind kind, std::string data) {
      self->send(to, remote_envelope{kind, x.id, 0, std::move(data), caf::actor_cast<caf::actor>(self)});
    };
    if (x.kind == envelope_kind::hello) return say(envelope_kind::welcome, {});
    if (x.kind == envelope_kind::ping) return say(envelope_kind::pong, {});
    if (x.kind != envelope_kind::call) return;
    const auto body = decode_call(x.data);
    if (!body) return;
    asked->add(*body);
    const auto* s = std::get_if<subscribe>(&*body);
    if (s == nullptr) return;
    if (s->channels.front() == "odd") return say(envelope_kind::answer, encode_answer(remote_done{}));
    say(envelope_kind::answer, encode_answer(subscribed{s->channels}));
    if (s->channels.front() == "damaged") say(envelope_kind::notification, "no notification");
  }};
}

/// A proxy and the played node that it calls, each in an actor system of its own.
class order_rig {
public:
  explicit order_rig(std::chrono::milliseconds deadline) : asked(std::make_shared<order_book>()) {
    for (auto* c : {&there_, &here_}) REQUIRE(configure_remote(*c).empty());
    far_ = std::make_unique<caf::actor_system>(there_);
    near_ = std::make_unique<caf::actor_system>(here_);
    node_ = far_->spawn(played_node, asked);
    const auto port = far_->middleman().publish(node_, 0, "127.0.0.1");
    REQUIRE(port);
    remote_options how;
    how.nodes = {{"127.0.0.1", *port}};
    how.deadline = deadline;
    proxy = spawn_remote_delegate(*near_, how);
  }
  ~order_rig() {
    for (const auto& x : {proxy, node_}) caf::anon_send_exit(x, caf::exit_reason::kill);
    proxy = node_ = nullptr;
    near_.reset();
    far_.reset();
  }
  order_rig(const order_rig&) = delete;
  order_rig& operator=(const order_rig&) = delete;

  caf::actor_system& system() noexcept { return *near_; }

  std::shared_ptr<order_book> asked;
  caf::actor proxy;

private:
  service::system_config there_;
  service::system_config here_;
  std::unique_ptr<caf::actor_system> far_;
  std::unique_ptr<caf::actor_system> near_;
  caf::actor node_;
};

bool subscribes(caf::scoped_actor& self, const caf::actor& proxy, const std::string& channel,
                const caf::actor& who = {}, std::chrono::milliseconds timeout = 30s) {
  bool out = false;
  self->request(proxy, 60s, subscribe{{channel}, timeout, who})
    .receive([&](const subscribed&) { out = true; }, [](const caf::error&) {});
  return out;
}

/// Counts who is told of its end.
class watched_actor final : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    set_default_handler(caf::drop);
    return {[](const notification_gap&) {}};
  }
  std::size_t watched_by(const caf::actor& who) const {
    const caf::default_attachable::observe_token is{who.address(), caf::default_attachable::monitor};
    const std::lock_guard guard{mtx_};
    std::size_t out = 0;
    for (auto* x = attachables_head_.get(); x != nullptr; x = x->next.get()) out += x->matches(is) ? 1 : 0;
    return out;
  }
};

} // namespace

TEST_CASE("a node is given time to listen, however short the deadline of calls is", "[remote][listen]") {
  order_rig x{100ms};
  caf::scoped_actor self{x.system()};
  REQUIRE(subscribes(self, x.proxy, "a"));
  const auto all = x.asked->begun();
  REQUIRE_FALSE(all.empty());
  CHECK(all[0].timeout > 1s);
  CHECK(all[0].timeout <= 5s);
}

TEST_CASE("an end that a node never confirms does not keep new subscriptions waiting until the deadline of calls",
          "[remote][listen]") {
  order_rig x{10min};
  caf::scoped_actor self{x.system()};
  REQUIRE(subscribes(self, x.proxy, "a"));
  self->send(x.proxy, unsubscribe{{"a"}, {}});
  REQUIRE(cluster::wait_until(10s, [&] { return x.asked->ended() == 1; }));
  CHECK(subscribes(self, x.proxy, "b"));
}

TEST_CASE("an answer of the wrong kind is no subscription", "[remote][listen]") {
  order_rig x{10s};
  caf::scoped_actor self{x.system()};
  CHECK_FALSE(subscribes(self, x.proxy, "odd", {}, 500ms));
}

TEST_CASE("a notification that cannot be read is a gap", "[remote][listen]") {
  order_rig x{10s};
  caf::scoped_actor self{x.system()};
  REQUIRE(subscribes(self, x.proxy, "damaged"));
  std::string why;
  self->receive([&](const notification_gap& g) { why = g.over ? "over" : g.why; },
                caf::after(10s) >> [] { FAIL("no gap was told"); });
  CHECK(why.find("it sends what cannot be read") != std::string::npos);
}

TEST_CASE("a subscriber that has left is not watched any more, nor is anybody when the proxy has ended",
          "[remote][listen]") {
  order_rig x{30s};
  caf::scoped_actor self{x.system()};
  std::vector<caf::actor> who;
  for (int i = 0; i < 2; ++i) who.push_back(x.system().spawn<watched_actor>());
  const auto watches = [&](const caf::actor& a) {
    const auto* all = static_cast<watched_actor*>(caf::actor_cast<caf::abstract_actor*>(a));
    return all->watched_by(x.proxy);
  };
  for (int i = 0; i < 3; ++i) {
    for (const auto& a : who) REQUIRE(subscribes(self, x.proxy, "a", a));
    CHECK(watches(who[0]) == 1);
    self->request(x.proxy, 60s, unsubscribe{{}, who[0]})
      .receive([](const unsubscribed&) {}, [](const caf::error&) { FAIL("it had subscribed"); });
    CHECK(watches(who[0]) == 0);
    CHECK(watches(who[1]) == 1);
  }
  caf::anon_send_exit(x.proxy, caf::exit_reason::kill);
  CHECK(cluster::wait_until(20s, [&] { return watches(who[0]) + watches(who[1]) == 0; }));
  for (const auto& a : who) caf::anon_send_exit(a, caf::exit_reason::kill);
}
