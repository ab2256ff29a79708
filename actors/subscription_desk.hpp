// The delegate's part that serves subscribers: it keeps the listener informed of what is wanted, and the subscription
// book of what is listened to; the roll speaks with the subscribers.
// Holds no policy: subscription_book decides. Owned by the delegate, and used on its thread only.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/actors/subscriber_roll.hpp"
#include "tripool/core/listen/subscription_book.hpp"

#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tripool {

/// The subscribers' desk. `self` outlives it.
class subscription_desk {
public:
  subscription_desk(loop_actor& self, environment_ptr env);

  /// `sender`: who is meant when the message names no subscriber; may be invalid.
  void accept(subscribe& x, caf::response_promise to, const caf::actor& sender, bool draining);
  void accept(unsubscribe& x, caf::response_promise to, const caf::actor& sender);

  /// From the listener; messages of a listener that is not the present one are ignored.
  void accept(const listening_msg& x, const caf::actor& sender);
  void accept(const not_listening_msg& x, const caf::actor& sender);
  /// What it heard before it confirmed is behind the gap: another listener may have brought it.
  void accept(notifications_msg& x, const caf::actor& sender);

  /// Where the listener is now; invalid while there is none.
  void use(const caf::actor& listener);
  /// The listener needs the routing, too.
  void use(const std::shared_ptr<const routing_table>& table);
  /// An actor has ended; not only subscribers and listeners.
  void down(const caf::actor_addr& who);
  /// Does what is due and tells the listener what has changed. Returns when it must be called next.
  std::optional<time_point> flush();
  /// Refuses what waits, and tells the subscribers that nothing comes any more.
  void end();

  subscriptions_status status() const;

private:
  void lost_listener(const std::string& why);

  loop_actor& self_;
  environment_ptr env_;
  subscription_book book_;
  subscriber_roll roll_;
  caf::actor listener_;
  std::uint64_t told_ = 0; ///< The generation that the present listener knows.
  std::uint64_t term_ = 0; ///< Counts the listeners that were taken up.
  bool confirmed_ = false; ///< The present one has listened in this term: what it hears is new.
  time_point last_news_{}; ///< The listener last said that it listens, or brought a notification.
  std::shared_ptr<const routing_table> table_;
  std::uint64_t delivered_ = 0;
};

} // namespace tripool
