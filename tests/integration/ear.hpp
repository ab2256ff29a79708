// A subscriber for integration tests: a blocking actor that subscribes, and says line by line what it hears.
// Used by the listen_*_test.cpp beside it.
#pragma once

#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/core/listen/channel.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// The subscriber. Its actor ends with it.
class ear {
public:
  explicit ear(running_instance& x) : db_(x), self_(x.system()) {}

  using names = std::vector<std::string>;

  /// Subscribes; returns the failure, or nothing.
  std::optional<failure> subscribe(names channels, std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    return ask<subscribed>(tripool::subscribe{std::move(channels), limit, {}});
  }
  std::optional<failure> unsubscribe(names channels) {
    return ask<unsubscribed>(tripool::unsubscribe{std::move(channels), {}});
  }

  /// The next that it hears: "channel: payload", "gap a b", "over a b"; nothing when `limit` passes without any.
  std::optional<std::string> next(std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    std::optional<std::string> out;
    self_->receive([&](const notification& x) { out = x.channel + ": " + x.payload; },
                   [&](const notification_gap& x) {
                     out = x.over ? "over" : "gap";
                     for (const auto& c : x.channels) *out += ' ' + c;
                     last_gap = x;
                   },
                   caf::after(limit) >> [] {});
    return out;
  }

  /// Fails the test unless these lines come next, in this order.
  void require(const std::vector<std::string>& lines) {
    for (const auto& x : lines) {
      const auto heard = next();
      INFO("waiting for " << x.substr(0, 100));
      REQUIRE(heard);
      REQUIRE(*heard == x);
    }
  }

  /// Whether nothing has arrived. To be asked when whatever might come would have come before.
  bool quiet() { return !next(std::chrono::milliseconds{0}); }

  notification_gap last_gap;

private:
  template <class Answer, class Question>
  std::optional<failure> ask(Question x) {
    std::optional<failure> out;
    self_->request(db_.delegate(), std::chrono::seconds{30}, std::move(x))
      .receive([](const Answer&) {}, [&](const caf::error& e) { out = failure_of(e); });
    return out;
  }

  running_instance& db_;
  caf::scoped_actor self_;
};

} // namespace tripool::test
