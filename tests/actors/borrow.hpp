// A borrower in the actor tests: orders a session of the world's delegate and writes down what it hears. It is an actor
// of its own, so that it can die.
// Used by the tests of leases and transactions.
#pragma once

#include "tests/actors/actor_world.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_session.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tripool::test {

/// What a command ended in. `answers` other than 1 is a broken promise.
struct heard {
  int answers = 0;
  std::optional<result> rows;
  std::optional<reply> all;
  std::optional<failure> failed;
  bool done = false;
  bool is(outcome x) const noexcept { return x == outcome::done ? done : failed && failed->kind == x; }
  std::string text() const { return answers == 0 ? "no answer" : done ? "done" : to_string(*failed); }
};

using heard_ptr = std::shared_ptr<heard>;

/// What was borrowed, as the borrower has it: drop `handle`, and nobody has it any more.
template <class Handle>
struct borrowed {
  std::shared_ptr<std::optional<Handle>> handle = std::make_shared<std::optional<Handle>>();
  heard_ptr order = std::make_shared<heard>();
  bool has() const noexcept { return handle->has_value(); }
  const Handle& operator*() const { return **handle; }
  const Handle* operator->() const { return &**handle; }
};

/// The actor.
class borrower_actor final : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
  const char* name() const override { return "test.borrower"; }

private:
  caf::behavior make_behavior() override {
    return {[this](const call_msg& x) { x.what(*this); }};
  }
};

/// A borrower. Ends with its object, unless it was struck before.
class borrower {
public:
  explicit borrower(actor_world& w) : world_(w), self_(w.spawn<borrower_actor>()) {}
  borrower(const borrower&) = delete;
  borrower& operator=(const borrower&) = delete;
  ~borrower() {
    caf::anon_send_exit(self_, caf::exit_reason::kill);
    self_ = nullptr;
  }

  const caf::actor& self() const noexcept { return self_; }
  void die() { caf::anon_send_exit(self_, caf::exit_reason::kill); }

  borrowed<transaction_handle> order(begin x) { return order<transaction_handle>(std::move(x)); }
  borrowed<lease_handle> order(acquire x) { return order<lease_handle>(std::move(x)); }
  /// The same, at once: the world runs until it rests.
  template <class Order>
  auto get(Order x) {
    auto out = order(std::move(x));
    world_.run();
    return out;
  }

  /// Sends a message to a borrowed session.
  template <class Message>
  heard_ptr send(const caf::actor& to, Message x) {
    auto out = std::make_shared<heard>();
    caf::anon_send(self_, call_msg{[out, to, x = std::move(x)](caf::event_based_actor& self) {
                     self.request(to, caf::infinite, x)
                       .then(
                         [out](result& r) {
                           note(*out);
                           out->rows = std::move(r);
                         },
                         [out](const caf::error& e) {
                           ++out->answers;
                           out->failed = failure_of(e);
                         });
                   }});
    return out;
  }
  /// For messages that are answered with nothing but that they are done.
  template <class Message>
  heard_ptr tell(const caf::actor& to, Message x) {
    auto out = std::make_shared<heard>();
    caf::anon_send(self_, call_msg{[out, to, x = std::move(x)](caf::event_based_actor& self) {
                     self.request(to, caf::infinite, x)
                       .then([out] { note(*out); },
                             [out](const caf::error& e) {
                               ++out->answers;
                               out->failed = failure_of(e);
                             });
                   }});
    return out;
  }
  heard_ptr send(const caf::actor& to, batch x);
  heard_ptr run(const caf::actor& to, std::string text, std::chrono::milliseconds timeout = {}) {
    statement s;
    s.text = std::move(text);
    s.timeout = timeout;
    return send(to, std::move(s));
  }

private:
  static void note(heard& x) {
    ++x.answers;
    x.done = true;
  }

  template <class Handle, class Order>
  borrowed<Handle> order(Order x) {
    borrowed<Handle> out;
    caf::anon_send(self_, call_msg{[out, to = world_.delegate, x = std::move(x)](caf::event_based_actor& self) {
                     self.request(to, caf::infinite, x)
                       .then(
                         [out](const Handle& h) {
                           note(*out.order);
                           *out.handle = h;
                         },
                         [out](const caf::error& e) {
                           ++out.order->answers;
                           out.order->failed = failure_of(e);
                         });
                   }});
    return out;
  }

  actor_world& world_;
  caf::actor self_;
};

inline heard_ptr borrower::send(const caf::actor& to, batch x) {
  auto out = std::make_shared<heard>();
  caf::anon_send(self_, call_msg{[out, to, x = std::move(x)](caf::event_based_actor& self) {
                   self.request(to, caf::infinite, x)
                     .then(
                       [out](reply& r) {
                         note(*out);
                         out->all = std::move(r);
                       },
                       [out](const caf::error& e) {
                         ++out->answers;
                         out->failed = failure_of(e);
                       });
                 }});
  return out;
}

} // namespace tripool::test
