// Who subscribes to which channel, since when that is certain, and what each subscriber has to be told.
//
//   asked --every channel of the request is listened to--> subscribed --session lost--> in a gap
//     | deadline, unsubscribed: refused                        ^--listened to again: gap over--'
//
// The truth of all subscriptions: it outlives sessions and listeners, which only learn the set of channels that are
// wanted, with a generation that grows with each change.
// Knows subscribers and requests by numbers only: no actors, no sockets, no clock. Used by the delegate, and by
// carried_subscriptions for callers on other nodes.
#pragma once

#include "tripool/core/listen/listen_machine.hpp"
#include "tripool/core/listen/subscription_limits.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"
#include "tripool/core/util/expected.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tripool {

/// A subscriber, as whoever keeps the book numbers them.
using subscriber_id = std::uint64_t;
/// A request for a subscription.
using subscription_request = std::uint64_t;

/// Answer: it is subscribed to these channels.
struct subscribed_effect {
  subscription_request request = 0;
  std::vector<std::string> channels;
};

/// Answer: it is not, and will not be.
struct refused_effect {
  subscription_request request = 0;
  failure why;
};

/// Tell a subscriber that a gap has begun or is over.
struct gap_effect {
  subscriber_id subscriber = 0;
  std::vector<std::string> channels;
  std::string why;
  bool over = false;
  duration lasted{0}; ///< Since the session was last certain to be alive.
};

/// A subscriber without any subscription and request: its number is free.
struct forget_effect {
  subscriber_id subscriber = 0;
};

using subscription_effect = std::variant<subscribed_effect, refused_effect, gap_effect, forget_effect>;

/// The book. A plain value; not thread-safe. What follows from a call waits in `take_effects`.
class subscription_book {
public:
  explicit subscription_book(const subscription_limits& limits) : limits_(limits) {}

  /// Asks for subscriptions: all of them or none. Answered by an effect: at once if all channels are listened to, else
  /// when they are, or by the deadline. Channels that it subscribes to already are kept.
  void subscribe(subscription_request r, subscriber_id who, std::vector<std::string> channels, time_point deadline);
  /// Ends subscriptions, and refuses the requests that asked for them; no channels: all of them. Returns the channels,
  /// or a failure if one of them is not subscribed to: then nothing has changed.
  expected<std::vector<std::string>, failure> unsubscribe(subscriber_id who, std::vector<std::string> channels);
  /// A subscriber has ended.
  void ended(subscriber_id who);
  /// Everything of this generation is listened to now.
  void listening(std::uint64_t generation, time_point now);
  /// Nothing is listened to any more. `silent`: how long ago that was last certain not to be so.
  void not_listening(const std::string& why, const std::string& sqlstate, duration silent, time_point now);
  /// Refuses the requests that wait and ask for one of these channels: whoever listens will not take them.
  void refuse_waiting(const channel_set& channels, const failure& why);
  /// Why what is asked for is not listened to at present: told to those whose deadline passes.
  void trouble(const std::string& why, const std::string& sqlstate);
  /// Whether a reason is known.
  bool troubled() const noexcept { return !problem_.empty(); }
  /// Refuses the requests whose deadline has passed.
  void tick(time_point now);
  /// Refuses every request and tells every subscriber that a gap has begun: the end.
  void close(const failure& why, time_point now);

  /// Who is to get a notification on a channel, each once, in the order of their subscriptions.
  void collect(std::string_view channel, std::vector<subscriber_id>& out) const;
  /// When `tick` must be called next.
  std::optional<time_point> next_wake() const;
  std::vector<subscription_effect> take_effects() { return std::exchange(effects_, {}); }

  /// Grows when the wanted channels change.
  std::uint64_t generation() const noexcept { return generation_; }
  /// The channels that somebody wants at present. Shared until they change.
  std::shared_ptr<const channel_set> wanted() const;

  std::size_t channels() const noexcept { return channels_.size(); }
  std::size_t subscribers() const noexcept { return subscribers_.size(); }
  std::size_t subscriptions() const noexcept { return subscriptions_; }
  std::size_t waiting() const noexcept { return requests_.size(); }
  std::uint64_t gaps() const noexcept { return gaps_; }

private:
  /// One subscriber's part in a channel.
  struct part {
    subscriber_id who = 0;
    bool promised = false; ///< It has been told that it is subscribed.
  };
  struct entry {
    std::uint64_t since = 0; ///< The first generation that holds it.
    bool listening = false;
    std::optional<time_point> gap_from; ///< It was listened to until about then, and is not yet again.
    std::vector<part> parts;
  };
  struct request {
    subscriber_id who = 0;
    std::vector<std::string> channels;
    time_point deadline;
  };
  using channels_map = std::map<std::string, entry, std::less<>>;
  using requests_map = std::map<subscription_request, request>;

  std::optional<failure> objection(subscriber_id who, std::span<const std::string> channels) const;
  bool has(subscriber_id who, std::string_view name) const;
  part* find_part(entry& c, subscriber_id who);
  void add(subscriber_id who, const std::string& name);
  void remove(subscriber_id who, const std::string& name);
  void remove_unless_promised(const request& r);
  bool asked_for(subscriber_id who, std::string_view name) const;
  bool all_listening(const request& r) const;
  void answer(requests_map::iterator r);
  void refuse(subscription_request r, failure why);
  void drop_requests(subscriber_id who, const channel_set* only, const failure& why);
  void changed();
  void forget_if_idle(subscriber_id who);

  subscription_limits limits_;
  channels_map channels_;
  std::map<subscriber_id, channel_set> subscribers_;
  requests_map requests_;
  std::set<std::pair<time_point, subscription_request>> deadlines_;
  std::uint64_t generation_ = 0;
  mutable std::shared_ptr<const channel_set> wanted_; ///< Null: to be made anew.
  std::size_t subscriptions_ = 0;
  std::uint64_t gaps_ = 0;
  std::string problem_; ///< Why nothing is listened to, as far as known.
  std::string problem_sqlstate_;
  std::vector<subscription_effect> effects_;
};

} // namespace tripool
