// The two rings.
#include "tripool/core/record/flight_recorder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tripool {

namespace {

/// Cuts a text without cutting a character of UTF-8.
void shorten(std::string& x, std::size_t most) {
  if (x.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(x[most]) & 0xC0U) == 0x80U) --most;
  x.resize(most);
}

/// Changes of state are told each for itself; what repeats while a state lasts is counted.
bool merges(event_kind x) noexcept {
  return x == event_kind::trouble || x == event_kind::connection_lost || x == event_kind::dial_failed
         || x == event_kind::in_doubt || x == event_kind::settled || x == event_kind::gap || x == event_kind::credential
         || x == event_kind::eviction;
}

bool same(const service_event& x, const service_event& y) noexcept {
  return x.kind == y.kind && x.pool == y.pool && x.sqlstate == y.sqlstate && x.request == y.request
         && x.weight == y.weight && x.text == y.text;
}

} // namespace

const service_event& flight_recorder::add(service_event x) {
  shorten(x.text, text_max);
  x.last_at = x.at;
  if (merges(x.kind)) {
    std::size_t looked = 0;
    for (auto i = events_.rbegin(); i != events_.rend() && looked < merge_depth; ++i, ++looked) {
      if (!same(*i, x) || x.at - i->last_at > merge_within) continue;
      ++i->count;
      i->last_at = x.at;
      return *i;
    }
  }
  x.serial = ++serial_;
  events_.push_back(std::move(x));
  if (events_.size() > events_max_) events_.pop_front();
  return events_.back();
}

void flight_recorder::note(request_note x) {
  shorten(x.what.message, text_max);
  shorten(x.what.detail, text_max);
  requests_.push_back(std::move(x));
  if (requests_.size() > requests_max_) requests_.pop_front();
}

std::vector<service_event> flight_recorder::events(const event_filter& f) const {
  std::vector<service_event> out;
  for (auto i = events_.rbegin(); i != events_.rend() && out.size() < f.limit && i->serial > f.after; ++i) {
    const bool fits = (f.kinds & mask_of(i->kind)) != 0 && (f.pool.empty() || i->pool == f.pool)
                      && (f.request == 0 || i->request == f.request);
    if (fits) out.push_back(*i);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<service_event> flight_recorder::why(std::string_view pool) const {
  std::vector<service_event> out;
  for (auto i = events_.rbegin(); i != events_.rend() && out.size() <= causes_max; ++i) {
    if (i->pool != pool) continue;
    if (out.empty() && i->kind != event_kind::health) continue;
    if (!out.empty() && out.front().at - i->last_at > cause_within) break;
    out.push_back(*i);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<request_note> flight_recorder::requests(std::uint64_t request) const {
  std::vector<request_note> out;
  std::ranges::copy_if(requests_, std::back_inserter(out), [&](const auto& x) { return x.request == request; });
  return out;
}

std::vector<request_note> flight_recorder::last_requests(std::size_t limit) const {
  const auto n = std::min(limit, requests_.size());
  return {requests_.end() - static_cast<std::ptrdiff_t>(n), requests_.end()};
}

} // namespace tripool
