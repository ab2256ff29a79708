// The last safety net of a request: whoever drops it, its caller gets an answer, and what may have run is never run
// again.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/responder.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// How a request is when it is dropped, and how often it came back.
struct drop {
  stage progress = stage::queued;
  bool repeatable = false;
  std::uint32_t attempts = 0;
  int rescued = 0;
};

/// Stands for a delegate: drops each statement as a holder that died would, in the given state.
class dropper : public caf::event_based_actor {
public:
  dropper(caf::actor_config& cfg, drop* what) : caf::event_based_actor(cfg), what_(what) {}

  caf::behavior make_behavior() override {
    return {
      [this](statement& x) -> caf::delegated<result> {
        x.repeatable = what_->repeatable;
        const auto now = clock().now();
        auto to = std::make_unique<promise_responder>(make_response_promise(), home_, answer_form::single);
        tripool::request r{std::move(x), std::move(to), now, now + 1s};
        r.progress = what_->progress;
        r.attempts = what_->attempts;
        return {};
      },
      [this](rescue_msg&) { ++what_->rescued; },
    };
  }

private:
  drop* what_;
  answer_home_ptr home_ = std::make_shared<const answer_home>(answer_home{address(), address()});
};

told_ptr tell(drop& d) {
  actor_world w;
  const auto who = w.spawn<dropper>(&d);
  const auto real = std::exchange(w.delegate, who);
  const auto out = w.write("insert k v");
  w.run();
  w.delegate = real;
  w.strike(who, death::kill);
  w.run();
  return out;
}

} // namespace

TEST_CASE("A request that is dropped before it was sent comes back a bounded number of times, then is not executed") {
  drop d;
  const auto x = tell(d);
  CHECK(d.rescued == 2);
  REQUIRE(x->answers == 1);
  CHECK(x->is(outcome::not_executed));
}

TEST_CASE("A write that is dropped after it was sent is in doubt at once: it never comes back") {
  drop d;
  d.progress = stage::sent;
  const auto x = tell(d);
  CHECK(d.rescued == 0);
  REQUIRE(x->answers == 1);
  CHECK(x->is(outcome::in_doubt));
}

TEST_CASE("What is dropped after it was sent comes back if repeating it is harmless") {
  drop d;
  d.progress = stage::sent;
  d.repeatable = true;
  const auto x = tell(d);
  CHECK(d.rescued == 2);
  CHECK(x->answers == 1);
}

TEST_CASE("A request that has used up its attempts is answered when it is dropped") {
  drop d;
  d.attempts = 3;
  const auto x = tell(d);
  CHECK(d.rescued == 0);
  CHECK(x->answers == 1);
}
