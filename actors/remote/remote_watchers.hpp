// The proxy's part that tells actors of the doubts and events of its nodes, as the delegate's event_desk does at home.
// Every node that is up is asked for what somebody wants, anew after each loss of its link; what happened in between is
// not repeated. Bounded in actors; holds nothing of what it has told.
// Owned by remote_delegate, and used on its thread only.
#pragma once

#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/remote/envelope.hpp"
#include "tripool/core/remote/remote_machine.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace tripool {

/// What a node is to be asked for: subscribe_events, watch_events or unsubscribe_events.
struct watch_order {
  std::uint64_t number = 0;
  node_index node = 0;
  remote_call_body body;
};

/// The desk. `self` outlives it.
class remote_watchers {
public:
  /// Has `down` called when this actor ends.
  using watch_function = std::function<void(const caf::actor&)>;

  /// `deadline`: until a node must have agreed, in milliseconds; else the failure is `not_executed`.
  remote_watchers(loop_actor& self, std::size_t nodes, std::size_t watchers_max, std::chrono::milliseconds deadline,
                  watch_function watch);

  /// Answered when a node tells from now on. `kinds`: see watch_events; nothing: doubts.
  void accept(std::optional<std::uint32_t> kinds, caf::response_promise to, const caf::actor& who);
  void leave(const caf::actor_addr& who);
  bool has(const caf::actor_addr& who) const;

  void tell(const remote_event_body& x);
  void lost(node_index node);
  void done(std::uint64_t order);
  void failed(std::uint64_t order, const failure& why);

  /// Does what is due. Returns what the nodes are to be asked for.
  std::vector<watch_order> advance(const std::vector<node_index>& up);
  std::optional<time_point> next_wake() const;
  /// Nobody wants events, and no node tells any.
  bool idle() const;
  void end();

private:
  /// What an actor hears.
  struct watcher {
    caf::actor who;
    bool doubts = false;
    std::uint32_t kinds = 0;
  };
  /// What a node tells.
  struct wanted {
    bool doubts = false;
    std::uint32_t kinds = 0;
    bool covers(const wanted& x) const { return (doubts || !x.doubts) && (x.kinds & ~kinds) == 0; }
  };
  struct node_part {
    wanted told;
    wanted asked;            ///< With the order that is open.
    std::uint64_t order = 0; ///< Open; 0: none.
    std::optional<time_point> due;
  };
  struct waiting {
    caf::response_promise to;
    caf::actor_addr who;
    wanted what;
    time_point deadline{};
  };

  wanted all() const;
  void answer();
  void expire();
  void refuse(const failure& why, time_point until);
  std::optional<remote_call_body> missing(node_part& x, const wanted& want) const;
  node_part* part_of(std::uint64_t order);

  loop_actor& self_;
  std::size_t watchers_max_;
  std::chrono::milliseconds deadline_;
  watch_function watch_;
  std::vector<watcher> watchers_;
  std::vector<waiting> waiting_;
  std::vector<node_part> nodes_;
  std::uint64_t last_order_ = 0;
  std::optional<failure> problem_; ///< Why a node did not agree.
};

} // namespace tripool
