// Three ordered maps, and the nodes that are left over.
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

request_ptr request_queue::take(lane& from, lane::iterator at) {
  auto node = from.extract(at);
  --size_;
  auto out = std::exchange(node.mapped(), nullptr);
  if (spare_.size() < spare_max) spare_.push_back(std::move(node));
  return out;
}

request_ptr request_queue::pop_front() {
  assert(!empty());
  auto* from = most_urgent(lanes_);
  return take(*from, from->begin());
}

request_ptr request_queue::pop_least() {
  assert(!empty());
  auto* from = least_urgent(lanes_);
  return take(*from, from->begin());
}

request_ptr request_queue::pop_expired(time_point now) {
  lane* soonest = nullptr;
  for (auto& x : lanes_)
    if (!x.empty() && (soonest == nullptr || x.begin()->first < soonest->begin()->first)) soonest = &x;
  if (soonest == nullptr || soonest->begin()->first.expires > now) return nullptr;
  if (mutated(mutation::no_queue_expiry)) return nullptr;
  return take(*soonest, soonest->begin());
}

request_ptr request_queue::displace(urgency by) {
  auto* from = least_urgent(lanes_);
  if (from == nullptr || from - lanes_.data() >= static_cast<std::ptrdiff_t>(by)) return nullptr;
  return take(*from, std::prev(from->end()));
}

std::vector<request_ptr> request_queue::take_cancelled() {
  std::vector<request_ptr> out;
  for (auto from = lanes_.rbegin(); from != lanes_.rend(); ++from) {
    for (auto i = from->begin(); i != from->end();) {
      const auto at = i++;
      if (at->second->cancel_wanted()) out.push_back(take(*from, at));
    }
  }
  return out;
}

std::optional<time_point> request_queue::next_expiry() const noexcept {
  if (mutated(mutation::no_queue_expiry)) return std::nullopt;
  std::optional<time_point> out;
  for (const auto& x : lanes_)
    if (!x.empty() && (!out || x.begin()->first.expires < *out)) out = x.begin()->first.expires;
  return out;
}

const request& request_queue::front() const noexcept {
  assert(!empty());
  return *most_urgent(lanes_)->begin()->second;
}

const request& request_queue::least() const noexcept {
  assert(!empty());
  return *least_urgent(lanes_)->begin()->second;
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
