// A map by number: as a rule a message is opened in the turn in which it was sent, and the map is empty.
#include "tripool/core/routing/handover_book.hpp"

#include "tripool/core/retry/retry_policy.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tripool {

namespace {

constexpr std::size_t forget_at_least = 64;

/// An answer that was lost on the way here stays in doubt.
failure verdict(const request& r, const failure& brought, cause why, std::string message) {
  failure f;
  f.kind = brought.kind == outcome::in_doubt ? outcome::in_doubt : outcome::not_executed;
  f.why = why;
  f.sqlstate = brought.sqlstate;
  f.pool = brought.pool;
  f.server = brought.server;
  f.message = std::move(message);
  if (!brought.message.empty()) f.message += "; last: " + brought.message;
  f.hint = "send it again in a moment; the log says what became of the monitor";
  return settle(r, std::move(f));
}

} // namespace

bool handover_book::handed(const moved_request& x, time_point now) {
  if (!x.what || x.what->answered()) return false;
  if (all_.size() >= std::max(forget_at_, forget_at_least)) forget_lost();
  const auto before = next_wake();
  const auto until = x.what->deadline() - move_margin;
  if (all_.empty()) oldest_ = now;
  all_.insert_or_assign(x.what->id(), entry{x.what, x.why, now, until});
  first_ = std::min(first_.value_or(until), until);
  return !before || *next_wake() < *before;
}

void handover_book::opened(const request& r) noexcept {
  suspected_.reset();
  all_.erase(r.id());
  if (all_.empty()) first_.reset();
}

std::vector<moved_request> handover_book::take_cancelled() {
  std::vector<moved_request> out;
  std::erase_if(all_, [&](const auto& x) {
    auto r = x.second.what.lock();
    if (!r || r->answered() || !r->cancel_wanted() || x.second.why.kind == outcome::in_doubt) return false;
    auto why =
      verdict(*r, x.second.why, cause::cancelled, "its caller cancelled it while it was on its way to the monitor");
    out.push_back({std::move(r), std::move(why)});
    return true;
  });
  if (all_.empty()) first_.reset();
  return out;
}

std::optional<time_point> handover_book::next_wake() const noexcept {
  if (!first_) return std::nullopt;
  const auto behind = std::max(oldest_, suspected_.value_or(oldest_)); // It may have been suspected for others.
  return (is_full() ? std::min(behind, *first_) : *first_) + late_;
}

std::vector<moved_request> handover_book::expire(time_point now) {
  std::vector<moved_request> out;
  const auto due = next_wake();
  if (!due || now < *due) return out;
  first_.reset();
  oldest_ = now;
  std::erase_if(all_, [&](const auto& x) {
    const auto& e = x.second;
    auto r = e.what.lock();
    if (!r || r->answered()) return true;
    if (now >= e.until + late_) {
      auto why = verdict(*r, e.why, cause::deadline,
                         "the deadline passed while the request was on its way to the monitor, which is silent");
      out.push_back({std::move(r), std::move(why)});
      return true;
    }
    first_ = std::min(first_.value_or(e.until), e.until);
    oldest_ = std::min(oldest_, e.since);
    return false;
  });
  if (!is_full() || now < oldest_ + late_) return out;
  if (!suspected_) suspected_ = now;
  if (now >= *suspected_ + late_) shed(out);
  return out;
}

/// Those that are too many. What is left may have the first of them for its own: it is looked at once more, in vain.
void handover_book::shed(std::vector<moved_request>& out) {
  std::vector<request_ptr> by_urgency;
  for (const auto& [id, e] : all_) by_urgency.push_back(e.what.lock());
  std::ranges::sort(by_urgency, [](const auto& x, const auto& y) {
    return x->priority() != y->priority() ? x->priority() > y->priority() : x->id() < y->id();
  });
  const auto limit = std::to_string(size_max_);
  for (auto i = size_max_; i < by_urgency.size(); ++i) {
    auto& r = by_urgency[i];
    const auto found = all_.find(r->id());
    auto why = verdict(*r, found->second.why, cause::queue_full,
                       "the monitor is silent, and " + limit + " requests wait for it already (parked-max)");
    all_.erase(found);
    out.push_back({std::move(r), std::move(why)});
  }
  if (all_.empty()) first_.reset();
}

/// Of those whose message was lost, and which are on another way by now.
void handover_book::forget_lost() {
  std::erase_if(all_, [](const auto& x) { return x.second.what.expired(); });
  forget_at_ = 2 * all_.size();
}

} // namespace tripool
