// The subscriptions of a caller's actors, and the one of several nodes that carries them: it listens in their place.
//
//   no node --somebody wants a channel, a node is up--> at a node --its link is lost--> no node: a gap for everybody
//                                                        | order <-> answer, one at a time; gaps of its own
//
// The subscription book says who wants what and who is told what; this says what the carrying node is asked for, and
// what the book may take for listened to. A node that refuses has its reason told to those who wait; one that cannot is
// asked again after a pause, or left for another.
// Knows neither actors nor messages; randomness and time are arguments. Used by remote_subscribers.
#pragma once

#include "tripool/core/listen/subscription_book.hpp"
#include "tripool/core/remote/remote_machine.hpp"
#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/util/random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// What a node is to be asked for.
struct subscription_order {
  std::uint64_t number = 0;
  node_index node = 0;
  bool begin = true;                   ///< To listen; false: to listen no more.
  std::vector<std::string> channels{}; ///< To listen no more: none means to any.
};

/// How long a node may be in a gap of its own before another one is tried.
inline constexpr duration carrier_patience = std::chrono::seconds{5};

/// The machine. A plain value; not thread-safe. What subscribers are to be told waits in the book. Moments must not go
/// backwards.
class carried_subscriptions {
public:
  /// `limits`: for the bounds of subscriptions and the pauses before a node is asked again.
  carried_subscriptions(const remote_limits& limits, std::uint64_t seed);

  subscription_book& book() noexcept { return book_; }
  const subscription_book& book() const noexcept { return book_; }

  /// A node's link is gone. `silent`: how long ago it last gave a sign of life.
  void lost(node_index node, const std::string& why, duration silent, time_point now);
  /// An order was carried out.
  void done(std::uint64_t number, time_point now);
  /// It was not, or that is not known.
  void failed(std::uint64_t number, const failure& why, time_point now);
  /// A node tells of a gap of its own.
  void gap(node_index node, const gap_effect& x, time_point now);
  /// Whether what that node notifies on this channel is for the book's subscribers.
  bool carries(node_index node, std::string_view channel) const;

  /// Does what is due. Returns what the nodes are to be asked for, in this order. `up`: the nodes that can be asked.
  std::vector<subscription_order> advance(const std::vector<node_index>& up, time_point now);
  /// When `advance` must be called next, if nothing happens before.
  std::optional<time_point> next_wake() const;
  /// The node that carries them at present.
  std::optional<node_index> node() const noexcept { return node_; }

private:
  struct open_order {
    subscription_order what;
    std::uint64_t generation = 0; ///< Of the channels that are listened to when it is done.
  };

  bool others_up(const std::vector<node_index>& up) const;
  void choose(const std::vector<node_index>& up);
  void ask(time_point now);
  void order(bool begin, std::vector<std::string> channels);
  void begin_failed(const open_order& x, const failure& why, time_point now);
  void end_failed(const open_order& x, const failure& why, time_point now);
  void leave(const std::string& why, time_point now);
  void forget_node();
  void listening(time_point now);

  subscription_book book_;
  backoff pauses_;
  splitmix64 random_;
  std::optional<node_index> node_;
  std::optional<node_index> left_;  ///< The node that was left last: another one is tried first.
  channel_set have_;                ///< What the node has confirmed.
  channel_set gapped_;              ///< Of these, what it does not hear at present.
  channel_set doubted_;             ///< What it may listen to, as an order for it has no certain end. None of `have_`.
  std::optional<open_order> order_; ///< What it has not answered.
  std::uint64_t told_ = 0;          ///< The generation that it listens to as a whole.
  std::uint64_t last_order_ = 0;
  std::optional<time_point> due_;        ///< Nothing is asked for before.
  std::optional<time_point> patience_;   ///< Until when the node may be in a gap if there are others.
  std::optional<std::string> draining_;  ///< Why the node takes nothing new: it is left when there is another.
  std::optional<std::uint64_t> settled_; ///< The generation of the book for which nothing is left to do.
  std::vector<subscription_order> out_;
};

} // namespace tripool
