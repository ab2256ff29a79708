// A subscriber in the actor world that writes down all it hears, in its order.
// Knows no actor's inside. Used by the tests of listening beside it.
#pragma once

#include "tests/actors/actor_world.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_listen.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// What a subscriber heard: "subscribed a b", "unsubscribed a", "a: payload", "gap a b", "over a b", "failed: ...".
struct hearing {
  std::vector<std::string> log;
  std::vector<notification> notifications;
  std::vector<notification_gap> gaps;
  std::vector<failure> failures;
  int answers = 0;
};

/// The subscriber's actor.
class subscriber_actor final : public caf::event_based_actor {
public:
  subscriber_actor(caf::actor_config& cfg, std::shared_ptr<hearing> to)
    : caf::event_based_actor(cfg), to_(std::move(to)) {}

private:
  static std::string joined(const std::string& what, const std::vector<std::string>& names) {
    auto out = what;
    for (const auto& x : names) out += ' ' + x;
    return out;
  }

  template <class Answer, class Question>
  void ask(const caf::actor& whom, Question& x, const std::string& what) {
    request(whom, caf::infinite, std::move(x))
      .then(
        [this, what](const Answer& a) {
          ++to_->answers;
          to_->log.push_back(joined(what, a.channels));
        },
        [this](const caf::error& e) {
          ++to_->answers;
          to_->failures.push_back(failure_of(e));
          to_->log.push_back("failed: " + to_->failures.back().message);
        });
  }

  caf::behavior make_behavior() override {
    return {
      [this](const caf::actor& delegate, subscribe& x) { ask<subscribed>(delegate, x, "subscribed"); },
      [this](const caf::actor& delegate, unsubscribe& x) { ask<unsubscribed>(delegate, x, "unsubscribed"); },
      [this](notification& x) {
        to_->log.push_back(x.channel + ": " + x.payload);
        to_->notifications.push_back(std::move(x));
      },
      [this](notification_gap& x) {
        to_->log.push_back(joined(x.over ? "over" : "gap", x.channels));
        to_->gaps.push_back(std::move(x));
      },
    };
  }

  std::shared_ptr<hearing> to_;
};

/// A subscriber in a world. Its actor ends with it.
class subscriber {
public:
  explicit subscriber(actor_world& w) : world_(w), who_(w.spawn<subscriber_actor>(heard_)) {}
  subscriber(const subscriber&) = delete;
  subscriber& operator=(const subscriber&) = delete;
  ~subscriber() { caf::anon_send_exit(who_, caf::exit_reason::kill); }

  const hearing& heard() const noexcept { return *heard_; }
  const std::vector<std::string>& log() const noexcept { return heard_->log; }
  const caf::actor& actor() const noexcept { return who_; }

  /// Asks, and lets the actors run.
  void subscribe(std::vector<std::string> channels, std::chrono::milliseconds timeout = {}) {
    send(tripool::subscribe{std::move(channels), timeout, {}});
  }
  void unsubscribe(std::vector<std::string> channels) { send(tripool::unsubscribe{std::move(channels), {}}); }
  template <class Message>
  void send(Message x) {
    caf::anon_send(who_, world_.delegate, std::move(x));
    world_.run();
  }
  void forget() { *heard_ = {}; }

private:
  std::shared_ptr<hearing> heard_ = std::make_shared<hearing>();
  actor_world& world_;
  caf::actor who_;
};

} // namespace tripool::test
