// One node, one order at a time.
#include "tripool/core/remote/carried_subscriptions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tripool {

namespace {

std::vector<std::string> without(const channel_set& all, const channel_set& those) {
  std::vector<std::string> out;
  std::set_difference(all.begin(), all.end(), those.begin(), those.end(), std::back_inserter(out));
  return out;
}

/// Of a gap that a node tells: what comes from elsewhere may be any number.
constexpr duration lasted_max = std::chrono::hours{24};

/// Whether asking again is of no use: a bound, or what the node does not take at all.
bool is_refusal(const failure& x) {
  return x.kind == outcome::rejected || x.why == cause::overload || x.why == cause::queue_full;
}

/// Whether it takes nothing new for good: it ends, or what it needs has ended.
bool is_draining(const failure& x) {
  return x.why == cause::shutting_down || x.why == cause::actor_down;
}

} // namespace

carried_subscriptions::carried_subscriptions(const remote_limits& limits, std::uint64_t seed)
  : book_(limits.subscriptions), pauses_(limits.backoff_min, limits.backoff_max), random_(seed) {
  // nop
}

void carried_subscriptions::lost(node_index node, const std::string& why, duration silent, time_point now) {
  if (left_ == node) left_.reset();
  if (node_ != node) return;
  if (have_.empty()) {
    book_.trouble(why, {});
  } else {
    book_.not_listening(why, {}, silent, now);
  }
  forget_node();
  due_.reset();
}

void carried_subscriptions::done(std::uint64_t number, time_point now) {
  if (!order_ || order_->what.number != number) return;
  const auto x = *std::exchange(order_, std::nullopt);
  settled_.reset();
  if (x.what.begin) {
    pauses_.reset();
    draining_.reset();
    have_.insert(x.what.channels.begin(), x.what.channels.end());
    for (const auto& c : x.what.channels) doubted_.erase(c);
    told_ = x.generation;
  } else {
    for (const auto& c : x.what.channels) have_.erase(c), gapped_.erase(c), doubted_.erase(c);
  }
  listening(now);
}

void carried_subscriptions::failed(std::uint64_t number, const failure& why, time_point now) {
  if (!order_ || order_->what.number != number) return;
  const auto x = *std::exchange(order_, std::nullopt);
  settled_.reset();
  due_ = now + pauses_.next(random_.next());
  if (x.what.begin) return begin_failed(x, why, now);
  end_failed(x, why, now);
}

/// Nobody knows what the node still listens to: whoever wants it again has it asked for again.
void carried_subscriptions::end_failed(const open_order& x, const failure& why, time_point now) {
  const bool doubted = doubted_.contains(x.what.channels.front());
  if (why.kind != outcome::rejected) {
    for (const auto& c : x.what.channels) have_.erase(c), gapped_.erase(c), doubted_.insert(c);
  } else if (doubted) {
    doubted_.erase(x.what.channels.front()); // An earlier order was carried out after all.
    due_.reset();
  } else {
    return leave("the node does not know the subscription: " + why.message, now);
  }
  listening(now);
}

void carried_subscriptions::begin_failed(const open_order& x, const failure& why, time_point now) {
  const channel_set those{x.what.channels.begin(), x.what.channels.end()};
  if (is_refusal(why)) {
    book_.refuse_waiting(those, why);
    const auto wanted = book_.wanted();
    const bool again = std::any_of(those.begin(), those.end(), [&](const auto& c) { return wanted->contains(c); });
    if (!again) due_.reset(); // Nothing of it is left: the next one need not wait.
  } else if (!have_.empty() && gapped_.empty()) {
    book_.trouble(why.message, why.sqlstate);
    if (why.kind == outcome::in_doubt) doubted_.insert(those.begin(), those.end());
    if (is_draining(why)) draining_ = why.message;
    return; // The others are heard here.
  }
  if (have_.empty() || !gapped_.empty()) leave(why.message, now);
}

void carried_subscriptions::gap(node_index node, const gap_effect& x, time_point now) {
  if (node_ != node) return;
  for (const auto& c : x.channels) {
    if (x.over) {
      gapped_.erase(c);
    } else if (have_.contains(c)) {
      gapped_.insert(c);
    }
  }
  if (gapped_.empty()) {
    patience_.reset();
    return listening(now);
  }
  if (!patience_) patience_ = now + carrier_patience;
  if (!x.over) book_.not_listening(x.why, {}, std::clamp(x.lasted, duration::zero(), lasted_max), now);
}

bool carried_subscriptions::carries(node_index node, std::string_view channel) const {
  return node_ == node && have_.contains(channel);
}

std::vector<subscription_order> carried_subscriptions::advance(const std::vector<node_index>& up, time_point now) {
  if (book_.wanted()->empty()) {
    book_.trouble({}, {}); // What was once wrong is nothing to those who come later.
  } else if (up.empty() && !book_.troubled()) {
    book_.trouble("no node is up", {});
  }
  book_.tick(now);
  if (patience_ && now >= *patience_) {
    patience_.reset();
    if (gapped_.empty()) {
      // It hears again what is still wanted.
    } else if (others_up(up)) {
      leave("the node has heard nothing for a while", now);
    } else {
      patience_ = now + carrier_patience; // Until there is another one to go to.
    }
  }
  if (draining_ && others_up(up)) {
    leave(std::string{*draining_}, now);
    due_.reset(); // Those that were heard until now wait for it.
  }
  if (due_ && now >= *due_) due_.reset();
  if (!due_) {
    if (!node_ && !book_.wanted()->empty()) choose(up);
    if (node_ && !order_ && settled_ != book_.generation()) ask(now);
  }
  return std::exchange(out_, {});
}

bool carried_subscriptions::others_up(const std::vector<node_index>& up) const {
  return std::any_of(up.begin(), up.end(), [&](node_index i) { return node_ != i; });
}

/// One of those that are up, at random; not the one that was left, if there is another.
void carried_subscriptions::choose(const std::vector<node_index>& up) {
  auto all = up;
  if (all.size() > 1) std::erase_if(all, [&](node_index i) { return left_ == i; });
  if (all.empty()) return;
  node_ = all[random_up_to(random_.next(), all.size() - 1)];
}

/// What is missing first, then what nobody wants any more.
void carried_subscriptions::ask(time_point now) {
  const auto wanted = book_.wanted();
  if (auto missing = without(*wanted, have_); !missing.empty()) return order(true, std::move(missing));
  settled_ = told_ = book_.generation();
  draining_.reset(); // It need not take anything new.
  listening(now);
  if (auto extra = without(have_, *wanted); !extra.empty()) return order(false, std::move(extra));
  // One by one: a node that does not know one of them refuses all.
  if (const auto doubted = without(doubted_, *wanted); !doubted.empty()) return order(false, {doubted.front()});
  if (wanted->empty()) forget_node();
}

void carried_subscriptions::order(bool begin, std::vector<std::string> channels) {
  order_ = open_order{{++last_order_, *node_, begin, std::move(channels)}, book_.generation()};
  out_.push_back(order_->what);
}

/// Gives up a node whose link lives. Whatever it has or may have got is taken back.
void carried_subscriptions::leave(const std::string& why, time_point now) {
  if (have_.empty()) {
    book_.trouble(why, {});
  } else {
    book_.not_listening(why, {}, duration::zero(), now);
  }
  out_.push_back({++last_order_, *node_, false, {}});
  left_ = node_;
  forget_node();
}

void carried_subscriptions::forget_node() {
  node_.reset();
  order_.reset();
  have_.clear();
  gapped_.clear();
  doubted_.clear();
  told_ = 0;
  settled_.reset();
  patience_.reset();
  draining_.reset();
}

void carried_subscriptions::listening(time_point now) {
  if (gapped_.empty() && !have_.empty()) book_.listening(told_, now);
}

std::optional<time_point> carried_subscriptions::next_wake() const {
  auto out = book_.next_wake();
  for (const auto& x : {due_, patience_})
    if (x && (!out || *x < *out)) out = x;
  return out;
}

} // namespace tripool
