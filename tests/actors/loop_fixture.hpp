// A real loop on its thread, and a hand that does on it whatever a test says.
// Every wait is for an event and has a bound.
#pragma once

#include "tests/support/catch.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/reactor/reactor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace tripool::test {

using job = std::function<void(reactor&)>;

} // namespace tripool::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<tripool::test::job>)

namespace tripool::test {

/// Runs jobs on the loop's thread.
class hand final : public loop_actor {
public:
  using loop_actor::loop_actor;

private:
  caf::behavior make_behavior() override {
    return {[this](const std::shared_ptr<job>& what) {
      (*what)(*loop());
      return true;
    }};
  }
};

/// The loop. Its other actors must have ended, or end by themselves, before it does.
struct loop_fixture {
  loop_fixture() { who = sys.spawn<hand>(&loop); }
  ~loop_fixture() {
    caf::anon_send_exit(who, caf::exit_reason::kill);
    who = nullptr;
  }

  void on_loop(job what) {
    caf::scoped_actor self{sys};
    bool done = false;
    self->request(who, std::chrono::seconds{10}, std::make_shared<job>(std::move(what)))
      .receive([&](bool x) { done = x; }, [](const caf::error&) {});
    REQUIRE(done);
  }
  /// Waits for `what`, asking the loop again and again, so that it has turned meanwhile.
  bool comes_true(const std::function<bool()>& what) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!what() && std::chrono::steady_clock::now() < until) on_loop([](reactor&) {});
    return what();
  }
  /// The same for what only the loop's thread may look at.
  bool comes_true_there(const std::function<bool()>& what) {
    return comes_true([&] {
      bool out = false;
      on_loop([&](reactor&) { out = what(); });
      return out;
    });
  }

  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  reactor loop{sys};
  caf::actor who;
};

} // namespace tripool::test
