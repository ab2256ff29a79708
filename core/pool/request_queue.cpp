// Three lanes, each a line and a map, and the nodes that are left over.
#include "tripool/core/pool/request_queue.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

constexpr std::size_t spare_max = 1024;

template <class Lanes>
auto* most_urgent(Lanes& lanes) noexcept {
  const auto i = std::find_if(lanes.rbegin(), lanes.rend(), [](const auto& x) { return !x.empty(); });
  return i == lanes.rend() ? nullptr : &*i;
}

template <class Lanes>
auto* least_urgent(Lanes& lanes) noexcept {
  const auto i = std::find_if(lanes.begin(), lanes.end(), [](const auto& x) { return !x.empty(); });
  return i == lanes.end() ? nullptr : &*i;
}

} // namespace

void request_queue::push_back(request_ptr r) {
  push(std::move(r), ++last_);
}

void request_queue::push_front(request_ptr r) {
  push(std::move(r), --first_);
}

void request_queue::push(request_ptr r, std::int64_t serial) {
  assert(r != nullptr);
  place at{r->deadline(), serial};
  if (wait_max_ > duration::zero()) at.expires = std::min(at.expires, r->queued_at + wait_max_);
  const auto priority = mutated(mutation::ignore_priority) ? urgency::normal : r->priority();
  auto& to = lanes_[static_cast<std::size_t>(priority)];
  ++size_;
  if (to.line.empty() || to.line.back().at < at) return to.line.push_back({at, std::move(r)});
  if (at < to.line.front().at) return to.line.push_front({at, std::move(r)});
  push_aside(to.rest, at, std::move(r));
}

void request_queue::push_aside(others& to, place at, request_ptr r) {
  if (spare_.empty()) {
    to.emplace_hint(to.end(), at, std::move(r));
    return;
  }
  auto node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = at;
  node.mapped() = std::move(r);
  to.insert(to.end(), std::move(node));
}

request_ptr request_queue::take(others& from, others::iterator at) {
  auto node = from.extract(at);
  auto out = std::exchange(node.mapped(), nullptr);
  if (spare_.size() < spare_max) spare_.push_back(std::move(node));
  return out;
}

request_ptr request_queue::take_front(lane& from) {
  --size_;
  return from.line_is_next() ? from.line.pop_front().what : take(from.rest, from.rest.begin());
}

request_ptr request_queue::take_back(lane& from) {
  --size_;
  const bool from_line = from.rest.empty() || (!from.line.empty() && from.rest.rbegin()->first < from.line.back().at);
  return from_line ? from.line.pop_back().what : take(from.rest, std::prev(from.rest.end()));
}

request_ptr request_queue::pop_front() {
  assert(!empty());
  return take_front(*most_urgent(lanes_));
}

request_ptr request_queue::pop_least() {
  assert(!empty());
  return take_front(*least_urgent(lanes_));
}

request_ptr request_queue::pop_expired(time_point now) {
  lane* soonest = nullptr;
  for (auto& x : lanes_)
    if (!x.empty() && (soonest == nullptr || x.next() < soonest->next())) soonest = &x;
  if (soonest == nullptr || soonest->next().expires > now) return nullptr;
  if (mutated(mutation::no_queue_expiry)) return nullptr;
  return take_front(*soonest);
}

request_ptr request_queue::displace(urgency by) {
  auto* from = least_urgent(lanes_);
  if (from == nullptr || from - lanes_.data() >= static_cast<std::ptrdiff_t>(by)) return nullptr;
  return take_back(*from);
}

std::optional<time_point> request_queue::next_expiry() const noexcept {
  if (mutated(mutation::no_queue_expiry)) return std::nullopt;
  std::optional<time_point> out;
  for (const auto& x : lanes_)
    if (!x.empty() && (!out || x.next().expires < *out)) out = x.next().expires;
  return out;
}

const request& request_queue::front() const noexcept {
  assert(!empty());
  return most_urgent(lanes_)->front();
}

const request& request_queue::least() const noexcept {
  assert(!empty());
  return least_urgent(lanes_)->front();
}

time_point request_queue::oldest() const noexcept {
  auto out = time_point::max();
  visit([&](const request& r) {
    out = std::min(out, r.queued_at);
    return true;
  });
  return out;
}

} // namespace tripool
