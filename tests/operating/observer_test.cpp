// The observer and a delegate that does not answer: who waits with others waits no longer than alone.
#include "tests/operating/endpoint_fixture.hpp"

#include "tripool/actors/loop_actor.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Holds up the loop that it lives on until it is let go.
class blocker final : public loop_actor {
public:
  blocker(caf::actor_config& cfg, reactor* loop, std::shared_future<void> go)
    : loop_actor(cfg, loop), go_(std::move(go)) {}
  caf::behavior make_behavior() override {
    return {[this](int) { go_.wait_for(40s); }};
  }

private:
  std::shared_future<void> go_;
};

} // namespace

TEST_CASE("all who wait for a delegate that hangs are told so together", "[endpoint]") {
  endpoint_scene s;
  std::promise<void> go;
  caf::anon_send(s.x.db().spawn_on_loop<blocker>(go.get_future().share()), 1);
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (s.eyes.look(0ms)) REQUIRE(std::chrono::steady_clock::now() < limit);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::future<bool>> all;
  for (int i = 0; i < 12; ++i)
    all.push_back(std::async(std::launch::async, [&] { return s.eyes.look(0ms) != nullptr; }));
  for (auto& x : all) CHECK_FALSE(x.get());
  CHECK(std::chrono::steady_clock::now() - begin < 3 * service::observer::answer_limit);
  go.set_value();
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!s.eyes.look(0ms)) REQUIRE(std::chrono::steady_clock::now() < until);
}
