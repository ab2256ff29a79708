// Who subscribes to notifications: turns actors and promises into the numbers of a subscription book, and what the book
// decides into messages. Holds no policy. Used by the delegate's subscription_desk and the proxy's remote_subscribers,
// each on its actor's thread.
#pragma once

#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/core/listen/subscription_book.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace tripool {

/// The roll. `self` and `book` outlive it.
class subscriber_roll {
public:
  using watch_function = std::function<void(const caf::actor&)>;

  /// `watch`: have `down` called when this actor ends. `forget`: its end is of no interest to the roll any more.
  subscriber_roll(loop_actor& self, subscription_book& book, watch_function watch, watch_function forget);

  /// `sender`: who is meant when the message names no subscriber; may be invalid. `normal`: the time of a request that
  /// names none; `longest`: of any.
  void accept(subscribe& x, caf::response_promise to, const caf::actor& sender, duration normal, duration longest);
  void accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender);
  /// Hands it to all who subscribe to its channel. Returns how many those are.
  std::size_t hand_on(notification& x);
  /// An actor has ended; not only subscribers.
  void down(const caf::actor_addr& who);
  /// Tells what the book has decided.
  void carry_out();

  bool has(const caf::actor_addr& who) const { return numbers_.contains(who); }

private:
  subscriber_id number_of(const caf::actor& who);
  void carry_out(subscribed_effect& x);
  void carry_out(refused_effect& x);
  void carry_out(gap_effect& x);
  void carry_out(const forget_effect& x);

  loop_actor& self_;
  subscription_book& book_;
  watch_function watch_;
  watch_function forget_;
  std::map<subscriber_id, caf::actor> subscribers_;
  std::map<caf::actor_addr, subscriber_id> numbers_;
  std::map<subscription_request, caf::response_promise> promises_;
  std::uint64_t last_number_ = 0;
  std::vector<subscriber_id> hearers_; ///< Kept for its memory.
};

} // namespace tripool
