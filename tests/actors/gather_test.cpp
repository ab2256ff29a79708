// Snapshots that are put together from several actors: whoever asked for one is answered, whichever of them ends.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/gather.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <utility>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Answers at once, or owes its answer for ever.
class source : public caf::event_based_actor {
public:
  source(caf::actor_config& cfg, bool answers) : caf::event_based_actor(cfg), answers_(answers) {}
  caf::behavior make_behavior() override {
    return {[this](int x) {
      auto to = make_response_promise();
      if (answers_)
        to.deliver(x + 1);
      else
        owed_.push_back(to);
    }};
  }
  void on_exit() override { owed_.clear(); } // They hold who asked, who holds this actor.

private:
  bool answers_;
  std::vector<caf::response_promise> owed_;
};

class collector : public caf::event_based_actor {
public:
  collector(caf::actor_config& cfg, std::vector<caf::actor> all) : caf::event_based_actor(cfg), all_(std::move(all)) {}
  caf::behavior make_behavior() override {
    return {[this](int x) {
      auto to = make_response_promise();
      gather<int>(*this, all_, x, [to](std::vector<int> found) mutable { to.deliver(std::move(found)); });
    }};
  }

private:
  std::vector<caf::actor> all_;
};

/// Asks for a snapshot and keeps what comes.
class asker : public caf::event_based_actor {
public:
  using answers = std::vector<std::vector<int>>;
  asker(caf::actor_config& cfg, const caf::actor& of, std::shared_ptr<answers> to)
    : caf::event_based_actor(cfg), of_(of), to_(std::move(to)) {}
  caf::behavior make_behavior() override {
    request(of_, caf::infinite, 1)
      .then([this](std::vector<int>& x) { to_->push_back(std::move(x)); }, [](const caf::error&) {});
    return {};
  }

private:
  caf::actor of_;
  std::shared_ptr<answers> to_;
};

/// A collector that asks a quick source twice and a silent one once, and what it says.
struct scene {
  actor_world w;
  caf::actor quick = w.spawn<source>(true);
  caf::actor silent = w.spawn<source>(false);
  caf::actor all = w.spawn<collector>(std::vector<caf::actor>{quick, silent, quick});
  std::shared_ptr<asker::answers> heard = std::make_shared<asker::answers>();

  scene() {
    w.spawn<asker>(all, heard);
    w.run();
  }
  ~scene() {
    for (const auto& x : std::vector<caf::actor>{quick, silent, all}) {
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    }
    w.run();
  }
};

} // namespace

TEST_CASE("A snapshot holds the answers that came, without those who did not answer in time") {
  scene s;
  CHECK(s.heard->empty());
  s.w.advance(2s);
  REQUIRE(s.heard->size() == 1);
  CHECK(s.heard->front() == std::vector<int>{2, 2});
}

TEST_CASE("Whoever asked for a snapshot is answered when the actor that gathers it ends") {
  scene s;
  caf::anon_send_exit(s.all, GENERATE(caf::exit_reason::user_shutdown, caf::exit_reason::kill));
  s.w.run();
  REQUIRE(s.heard->size() == 1);
  CHECK(s.heard->front() == std::vector<int>{2, 2});
}
