// Who hears of the events of a proxy's nodes.
#include "tripool/actors/remote/remote_watchers.hpp"

#include "tripool/actors/error.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace tripool {

namespace {

/// Before a node that did not agree is asked again.
constexpr duration watch_pause = std::chrono::seconds{1};

} // namespace

remote_watchers::remote_watchers(loop_actor& self, std::size_t nodes, std::size_t watchers_max,
                                 std::chrono::milliseconds deadline, watch_function watch)
  : self_(self), watchers_max_(watchers_max), deadline_(deadline), watch_(std::move(watch)), nodes_(nodes) {
  // nop
}

void remote_watchers::accept(std::optional<std::uint32_t> kinds, caf::response_promise to, const caf::actor& who) {
  if (!who) return;
  auto i = std::find_if(watchers_.begin(), watchers_.end(), [&](const auto& x) { return x.who == who; });
  // One actor has two requests open at most, so that those are bounded, too.
  const auto open = std::count_if(waiting_.begin(), waiting_.end(), [&](const auto& x) { return x.who == who; });
  if ((i == watchers_.end() && watchers_.size() >= watchers_max_) || open >= 2) {
    failure f;
    f.why = cause::queue_full;
    f.message = "there are " + std::to_string(watchers_.size()) + " subscribers to events already";
    f.hint = "let one actor subscribe, and tell the others, or raise watchers_max";
    return to.deliver(make_error(std::move(f)));
  }
  if (i == watchers_.end()) {
    watch_(who);
    i = watchers_.insert(i, watcher{who, false, 0});
  }
  wanted what;
  if (kinds) {
    i->kinds = what.kinds = *kinds;
  } else {
    i->doubts = what.doubts = true;
  }
  waiting_.push_back({std::move(to), who.address(), what, self_.now() + deadline_});
  answer();
}

void remote_watchers::leave(const caf::actor_addr& who) {
  std::erase_if(watchers_, [&](const auto& x) { return x.who.address() == who; });
  for (auto& x : waiting_) {
    if (x.who != who) continue;
    failure f;
    f.why = cause::cancelled;
    f.message = "the subscription was ended before it had begun";
    x.to.deliver(make_error(std::move(f)));
  }
  std::erase_if(waiting_, [&](const auto& x) { return x.who == who; });
}

bool remote_watchers::has(const caf::actor_addr& who) const {
  return std::any_of(watchers_.begin(), watchers_.end(), [&](const auto& x) { return x.who.address() == who; });
}

bool remote_watchers::idle() const {
  const auto tells = [](const auto& x) { return x.told.doubts || x.told.kinds != 0 || x.order != 0 || x.due; };
  return watchers_.empty() && waiting_.empty() && std::none_of(nodes_.begin(), nodes_.end(), tells);
}

void remote_watchers::tell(const remote_event_body& x) {
  std::visit(
    [this](const auto& y) {
      for (const auto& to : watchers_) {
        if constexpr (std::is_same_v<std::decay_t<decltype(y)>, event_msg>) {
          if ((to.kinds & mask_of(y.what.kind)) != 0) self_.send(to.who, y);
        } else {
          if (to.doubts) self_.send(to.who, y);
        }
      }
    },
    x);
}

void remote_watchers::lost(node_index node) {
  nodes_[node] = node_part{};
}

void remote_watchers::done(std::uint64_t order) {
  auto* x = part_of(order);
  if (!x) return;
  x->order = 0;
  x->told = x->asked;
  answer();
}

/// Whoever waits hears of it, unless another node has agreed.
void remote_watchers::failed(std::uint64_t order, const failure& why) {
  auto* x = part_of(order);
  if (!x) return;
  x->order = 0;
  x->due = self_.now() + watch_pause;
  problem_ = why;
  const bool others = std::any_of(nodes_.begin(), nodes_.end(),
                                  [](const auto& n) { return n.order != 0 || n.told.doubts || n.told.kinds; });
  if (others) return;
  auto f = why;
  f.kind = outcome::not_executed;
  refuse(f, time_point::max());
}

std::vector<watch_order> remote_watchers::advance(const std::vector<node_index>& up) {
  std::vector<watch_order> out;
  for (auto& x : nodes_)
    if (x.due && self_.now() >= *x.due) x.due.reset();
  expire();
  const auto want = all();
  for (const auto i : up) {
    auto& x = nodes_[i];
    if (x.order != 0 || x.due) continue;
    auto body = missing(x, want);
    if (!body) continue;
    x.order = ++last_order_;
    out.push_back({x.order, i, std::move(*body)});
  }
  return out;
}

std::optional<time_point> remote_watchers::next_wake() const {
  std::optional<time_point> out;
  for (const auto& x : waiting_)
    if (!out || x.deadline < *out) out = x.deadline;
  for (const auto& x : nodes_)
    if (x.due && (!out || *x.due < *out)) out = x.due;
  return out;
}

void remote_watchers::end() {
  for (const auto& x : std::exchange(watchers_, {})) leave(x.who.address());
}

remote_watchers::wanted remote_watchers::all() const {
  wanted out;
  for (const auto& x : watchers_) {
    out.doubts = out.doubts || x.doubts;
    out.kinds |= x.kinds;
  }
  return out;
}

/// Those that wait for what some node tells.
void remote_watchers::answer() {
  std::erase_if(waiting_, [&](waiting& x) {
    if (std::none_of(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.told.covers(x.what); })) return false;
    x.to.deliver(events_subscribed{});
    return true;
  });
}

/// Those whose time is over, with the reason of the last node that did not agree.
void remote_watchers::expire() {
  failure f;
  f.why = cause::deadline;
  f.message = "no node that is up has agreed to tell of events";
  if (problem_) f.detail = problem_->message;
  refuse(f, self_.now());
}

/// Refuses those whose deadline is not after `until`, and takes back what they had asked for.
void remote_watchers::refuse(const failure& why, time_point until) {
  for (auto& x : waiting_) {
    if (x.deadline > until) continue;
    x.to.deliver(make_error(failure{why}));
    for (auto& w : watchers_) {
      if (w.who.address() != x.who) continue;
      if (x.what.doubts) w.doubts = false;
      w.kinds &= ~x.what.kinds;
    }
  }
  std::erase_if(waiting_, [&](const auto& x) { return x.deadline <= until; });
  std::erase_if(watchers_, [](const auto& x) { return !x.doubts && x.kinds == 0; });
}

/// What a node is to be asked for next, if anything.
std::optional<remote_call_body> remote_watchers::missing(node_part& x, const wanted& want) const {
  x.asked = x.told;
  if (want.doubts && !x.told.doubts) {
    x.asked.doubts = true;
    return subscribe_events{};
  }
  if (!want.doubts && want.kinds == 0) {
    if (!x.told.doubts && x.told.kinds == 0) return std::nullopt;
    x.asked = wanted{};
    return unsubscribe_events{};
  }
  if (want.kinds == x.told.kinds) return std::nullopt;
  x.asked.kinds = want.kinds;
  return watch_events{want.kinds};
}

remote_watchers::node_part* remote_watchers::part_of(std::uint64_t order) {
  const auto i = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& x) { return x.order == order; });
  return order == 0 || i == nodes_.end() ? nullptr : &*i;
}

} // namespace tripool
