// The hidden actor behind the callback client: asks for code that is no actor, and owes each of its callbacks one call.
// Knows nothing of what the callbacks do. Used by callback_client.cpp only.
#pragma once

#include "tripool/actors/client/answer.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace tripool {

/// A callback that is owed: called once, at the latest when the last holder lets go of it.
template <class T>
class owed_callback {
public:
  explicit owed_callback(std::function<void(answer<T>)> then) : then_(std::move(then)) {}
  owed_callback(const owed_callback&) = delete;
  owed_callback& operator=(const owed_callback&) = delete;
  ~owed_callback() {
    failure f;
    f.kind = asked ? outcome::in_doubt : outcome::not_executed;
    f.why = cause::actor_down;
    f.message = "the actor system ended before the answer came";
    if (asked) f.hint = "look whether it took effect before sending it again";
    call(unexpected{std::move(f)});
  }

  void call(answer<T> x) noexcept {
    if (auto then = std::exchange(then_, nullptr)) {
      try {
        then(std::move(x));
      } catch (...) {
        // The callback's own affair: nobody here could do anything about it.
      }
    }
  }

  bool asked = false; ///< The delegate may have the request.

private:
  std::function<void(answer<T>)> then_;
};

template <class T>
using owed_ptr = std::shared_ptr<owed_callback<T>>;

struct ask_statement {
  statement what;
  owed_ptr<result> then;
};

struct ask_batch {
  batch what;
  owed_ptr<std::vector<result>> then;
};

/// The last copy of the client is gone.
struct release_msg {};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::ask_statement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::ask_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::release_msg)

namespace tripool {

/// The actor. It ends when it was released and the last answer has come.
class callback_agent final : public caf::event_based_actor {
public:
  callback_agent(caf::actor_config& cfg, caf::actor delegate)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}
  const char* name() const override { return "tripool.callback_client"; }

  caf::behavior make_behavior() override {
    return {
      [this](ask_statement& x) {
        ask<result>(std::move(x.what), x.then, [](result& rows) { return std::move(rows); });
      },
      [this](ask_batch& x) {
        ask<reply>(std::move(x.what), x.then, [](reply& all) { return std::move(all.results); });
      },
      [this](release_msg) {
        released_ = true;
        end_if_done();
      },
    };
  }

private:
  template <class Reply, class Question, class T, class Convert>
  void ask(Question what, owed_ptr<T> then, Convert convert) {
    ++asked_;
    then->asked = true;
    request(delegate_, caf::infinite, std::move(what))
      .then(
        [this, then, convert](Reply& x) {
          then->call(convert(x));
          answered();
        },
        [this, then](const caf::error& e) {
          then->call(unexpected{failure_of(e)});
          answered();
        });
  }

  void answered() {
    --asked_;
    end_if_done();
  }
  void end_if_done() {
    if (released_ && asked_ == 0) quit();
  }

  caf::actor delegate_;
  std::size_t asked_ = 0;
  bool released_ = false;
};

} // namespace tripool
