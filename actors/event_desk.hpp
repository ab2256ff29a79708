// The delegate's part that tells subscribers of events and doubts. Bounded in subscribers; holds nothing of what it has
// told. Knows no pool. Used by the delegate only, on its thread.
#pragma once

#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace tripool {

/// The desk.
class event_desk {
public:
  static constexpr std::size_t subscribers_max = 64;

  /// Has `ended` called when this actor ends. Not by a monitor: whoever takes his own back takes the desk's, too.
  using watch_function = std::function<void(const caf::actor_addr&)>;

  /// `self` must outlive the desk.
  event_desk(caf::event_based_actor& self, watch_function watch) : self_(self), watch_(std::move(watch)) {}

  /// Answers `to`.
  void accept(const subscribe_events&, caf::response_promise to, const caf::actor& who);
  void accept(const watch_events&, caf::response_promise to, const caf::actor& who);
  void accept(const unsubscribe_events&, const caf::actor_addr& who);
  /// A subscriber has ended, perhaps.
  void ended(const caf::actor_addr& who);
  void tell(const doubt_event& x);
  void tell(const doubt_settled_event& x);
  void tell(const fallback_event& x);
  void tell(const event_msg& x);
  void end() { subscribers_.clear(); }

  std::size_t subscribers() const noexcept { return subscribers_.size(); }
  std::uint64_t doubts() const noexcept { return doubts_; }
  std::uint64_t settled() const noexcept { return settled_; }

private:
  /// What one subscriber hears.
  struct subscriber {
    caf::actor who;
    bool doubts = false;
    std::uint32_t kinds = 0;
  };

  void forget(const caf::actor_addr& who);
  subscriber* find_or_add(const caf::actor& who, caf::response_promise& to);

  caf::event_based_actor& self_;
  watch_function watch_;
  std::set<caf::actor_addr> watched_; ///< Once each, also when they come and go.
  std::vector<subscriber> subscribers_;
  std::uint64_t doubts_ = 0;
  std::uint64_t settled_ = 0;
};

} // namespace tripool
