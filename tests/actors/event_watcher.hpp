// An actor that subscribes to events of the service and writes down what it is told. Used by the actor tests beside it.
#pragma once

#include "tests/actors/actor_world.hpp"

#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tripool::test {

/// Hears the events of these kinds. The test ends it.
class watcher final : public caf::event_based_actor {
public:
  watcher(caf::actor_config& cfg, caf::actor delegate, std::uint32_t kinds,
          std::shared_ptr<std::vector<service_event>> to)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), kinds_(kinds), to_(std::move(to)) {}

private:
  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, watch_events{kinds_}).then([](events_subscribed) {}, [](const caf::error&) {});
    delegate_ = nullptr;
    return {[this](const event_msg& x) { to_->push_back(x.what); }};
  }

  caf::actor delegate_;
  std::uint32_t kinds_;
  std::shared_ptr<std::vector<service_event>> to_;
};

} // namespace tripool::test
