// Doubts and events of nodes, for actors elsewhere: what is told at home is told there, and again after a lost link.
#include "tests/remote/processes.hpp"

#include "tripool/actors/error.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <functional>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// An actor of a caller that hears of doubts and events. It ends with this.
class far_watcher {
public:
  explicit far_watcher(remote_caller& x) : caller_(x), self_(x.system()) {}

  template <class Question>
  std::optional<failure> ask(Question x) {
    std::optional<failure> out;
    self_->request(caller_.proxy(), 60s, x)
      .receive([](const events_subscribed&) {}, [&](const caf::error& e) { out = failure_of(e); });
    return out;
  }
  void leave() { self_->send(caller_.proxy(), unsubscribe_events{}); }
  /// Takes what comes until there is a doubt; false after 20 s.
  bool wait_for_doubt() {
    const auto before = doubts.size();
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (doubts.size() == before && std::chrono::steady_clock::now() < until) take(1s);
    return doubts.size() > before;
  }
  bool wait_for_event(const std::function<bool(const service_event&)>& which) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    for (std::size_t i = 0;; ++i) {
      while (i >= events.size() && std::chrono::steady_clock::now() < until) take(1s);
      if (i >= events.size()) return false;
      if (which(events[i])) return true;
    }
  }
  /// Takes one message, if any comes.
  bool take(std::chrono::milliseconds limit) {
    bool any = true;
    self_->receive([&](const doubt_event& x) { doubts.push_back(x.what); },
                   [&](const event_msg& x) { events.push_back(x.what); }, [](const doubt_settled_event&) {},
                   [](const fallback_event&) {}, caf::after(limit) >> [&] { any = false; });
    return any;
  }

  std::vector<failure> doubts;
  std::vector<service_event> events;

private:
  remote_caller& caller_;
  caf::scoped_actor self_;
};

} // namespace

TEST_CASE("doubts and events of a node are told to actors elsewhere, until they ask for no more", "[remote][watch]") {
  test_database home;
  local_node node{home};
  remote_limits limits;
  limits.watchers_max = 2;
  remote_caller caller{{node.at()}, {}, limits};
  far_watcher doubts{caller};
  far_watcher events{caller};
  REQUIRE_FALSE(doubts.ask(subscribe_events{}));
  REQUIRE_FALSE(events.ask(watch_events{mask_of(event_kind::in_doubt)}));
  far_watcher third{caller};
  const auto refused = third.ask(subscribe_events{});
  REQUIRE(refused);
  CHECK(refused->why == cause::queue_full);

  const auto told = doubtful_write(home, caller);
  REQUIRE(told.kind == outcome::in_doubt);
  REQUIRE(doubts.wait_for_doubt());
  CHECK(doubts.doubts[0].request == told.request);
  CHECK(doubts.doubts[0].server == told.server);
  CHECK(doubts.events.empty());
  REQUIRE(events.wait_for_event([&](const auto& e) { return e.request == told.request; }));
  CHECK(events.doubts.empty());
  const auto at = events.events.back().at;
  CHECK(std::chrono::steady_clock::now() - at < 60s); // On the caller's clock.

  events.leave();
  REQUIRE_FALSE(third.ask(watch_events{}));
  const auto again = doubtful_write(home, caller);
  REQUIRE(third.wait_for_event([&](const auto& e) { return e.request == again.request; }));
  CHECK(doubts.wait_for_doubt());
  const auto before = events.events.size();
  while (events.take(0ms)) {}
  CHECK(events.events.size() == before);
}

TEST_CASE("after a lost link the events of a node are told again by themselves", "[remote][watch]") {
  test_database home;
  remote_folder folder;
  service_process node{config_for(home, folder), {"127.0.0.2", must(cluster::find_free_ports(1))[0]}};
  remote_caller caller{{node.at()}};
  far_watcher watcher{caller};
  REQUIRE_FALSE(watcher.ask(subscribe_events{}));
  REQUIRE_FALSE(watcher.ask(watch_events{}));
  const auto first = doubtful_write(home, caller);
  REQUIRE(watcher.wait_for_doubt());
  CHECK(watcher.doubts.back().request == first.request);
  node.kill();
  node.start();
  REQUIRE(caller.wait_for_nodes(1));
  // It was asked when it was welcomed, before this call.
  const auto second = doubtful_write(home, caller);
  REQUIRE(watcher.wait_for_doubt());
  CHECK(watcher.doubts.back().request == second.request);
  CHECK(watcher.wait_for_event([&](const auto& e) {
    return e.kind == event_kind::in_doubt && e.request == second.request && !watcher.events.empty();
  }));
  CHECK(node.stop() == 0);
}

TEST_CASE("without a node the events are refused at the deadline, not promised", "[remote][watch]") {
  service::system_config config;
  REQUIRE(configure_remote(config).empty());
  caf::actor_system system{config};
  remote_options how;
  how.nodes = {{"127.0.0.1", must(cluster::find_free_ports(1))[0]}};
  how.deadline = 500ms;
  const auto proxy = spawn_remote_delegate(system, how);
  caf::scoped_actor self{system};
  std::optional<failure> why;
  self->request(proxy, 60s, watch_events{})
    .receive([](const events_subscribed&) {}, [&](const caf::error& e) { why = failure_of(e); });
  REQUIRE(why);
  CHECK(why->kind == outcome::not_executed);
  CHECK(why->why == cause::deadline);
  caf::anon_send_exit(proxy, caf::exit_reason::kill);
}
