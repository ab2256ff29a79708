// Subscribers to doubts and events.
#include "tripool/actors/event_desk.hpp"

#include "tripool/actors/error.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

/// Null: there is no room for another one, which `to` has been told.
event_desk::subscriber* event_desk::find_or_add(const caf::actor& who, caf::response_promise& to) {
  const auto known =
    std::find_if(subscribers_.begin(), subscribers_.end(), [&](const auto& x) { return x.who == who; });
  if (known != subscribers_.end()) return &*known;
  if (subscribers_.size() >= subscribers_max) {
    failure f;
    f.why = cause::queue_full;
    f.message = "there are " + std::to_string(subscribers_max) + " subscribers to events already";
    f.hint = "let one actor subscribe, and tell the others";
    to.deliver(make_error(std::move(f)));
    return nullptr;
  }
  if (watched_.insert(who.address()).second) watch_(who.address());
  return &subscribers_.emplace_back(subscriber{who, false, 0});
}

void event_desk::accept(const subscribe_events&, caf::response_promise to, const caf::actor& who) {
  if (!who) return;
  auto* x = find_or_add(who, to);
  if (!x) return;
  x->doubts = true;
  to.deliver(events_subscribed{});
}

void event_desk::accept(const watch_events& how, caf::response_promise to, const caf::actor& who) {
  if (!who) return;
  auto* x = find_or_add(who, to);
  if (!x) return;
  x->kinds = how.kinds;
  to.deliver(events_subscribed{});
}

void event_desk::accept(const unsubscribe_events&, const caf::actor_addr& who) {
  forget(who);
}

void event_desk::ended(const caf::actor_addr& who) {
  watched_.erase(who);
  forget(who);
}

void event_desk::forget(const caf::actor_addr& who) {
  std::erase_if(subscribers_, [&](const subscriber& x) { return x.who.address() == who; });
}

void event_desk::tell(const doubt_event& x) {
  ++doubts_;
  for (const auto& to : subscribers_)
    if (to.doubts) self_.send(to.who, x);
}

void event_desk::tell(const doubt_settled_event& x) {
  ++settled_;
  for (const auto& to : subscribers_)
    if (to.doubts) self_.send(to.who, x);
}

void event_desk::tell(const event_msg& x) {
  for (const auto& to : subscribers_)
    if ((to.kinds & mask_of(x.what.kind)) != 0) self_.send(to.who, x);
}

void event_desk::tell(const fallback_event& x) {
  for (const auto& to : subscribers_)
    if (to.doubts) self_.send(to.who, x);
}

} // namespace tripool
