// Which requests can still be cancelled, by whom, and under which key. Bounded; entries of requests that have been
// answered are swept out as new ones come, at a constant cost for each.
// Knows no actor: a caller is any hashable value. Used by the delegate, with CAF's actor addresses.
#pragma once

#include "tripool/core/request/cancellation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tripool {

/// The index. Not thread-safe. `Caller` has `==`.
template <class Caller, class Hash = std::hash<Caller>>
class cancel_index {
public:
  /// What became of an attempt to note a request.
  enum class noted : std::uint8_t {
    yes,
    yes_watch_caller, ///< And the caller's end must be watched for from now on.
    key_in_use,       ///< The caller has an unanswered request under that key.
    full,             ///< So many cancellable requests are unanswered as the bound allows.
  };

  explicit cancel_index(std::size_t size_max) : size_max_(size_max) {}

  /// Notes a request. `key` 0: it is only cancelled by its caller's end. `with_caller`: that it is. Precondition: one
  /// of both.
  noted add(const Caller& who, std::uint64_t key, bool with_caller, const std::shared_ptr<cancel_ticket>& what) {
    if (key != 0 && find(who, key)) return noted::key_in_use;
    if (size_ >= sweep_at_ || size_ >= size_max_) sweep();
    if (size_ >= size_max_) return noted::full;
    auto& mine = callers_[who];
    if (key == 0) {
      mine.without_key.push_back(what);
      ++size_;
    } else if (mine.by_key.insert_or_assign(key, entry{what, with_caller}).second) {
      ++size_;
    }
    return with_caller && !std::exchange(mine.watched, true) ? noted::yes_watch_caller : noted::yes;
  }

  /// The ticket of the caller's unanswered request with that key, or null.
  std::shared_ptr<cancel_ticket> find(const Caller& who, std::uint64_t key) const {
    const auto i = callers_.find(who);
    if (i == callers_.end()) return nullptr;
    const auto j = i->second.by_key.find(key);
    return j == i->second.by_key.end() ? nullptr : j->second.what.lock();
  }

  /// The caller has ended: forgets it, and returns the tickets of its requests that are to be cancelled with it.
  std::vector<std::shared_ptr<cancel_ticket>> caller_ended(const Caller& who) {
    std::vector<std::shared_ptr<cancel_ticket>> out;
    const auto i = callers_.find(who);
    if (i == callers_.end()) return out;
    for (const auto& [key, x] : i->second.by_key)
      if (auto ticket = x.with_caller ? x.what.lock() : nullptr) out.push_back(std::move(ticket));
    for (const auto& x : i->second.without_key)
      if (auto ticket = x.lock()) out.push_back(std::move(ticket));
    size_ -= i->second.size();
    callers_.erase(i);
    return out;
  }

  /// Entries, those of answered requests that were not swept yet included.
  std::size_t size() const noexcept { return size_; }

private:
  using weak_ticket = std::weak_ptr<cancel_ticket>; ///< The request holds the ticket until it is answered.
  struct entry {
    weak_ticket what;
    bool with_caller;
  };
  struct of_caller {
    std::unordered_map<std::uint64_t, entry> by_key;
    std::vector<weak_ticket> without_key; ///< Cancelled by the caller's end only.
    bool watched = false;
    std::size_t size() const noexcept { return by_key.size() + without_key.size(); }
  };
  static constexpr std::size_t sweep_min = 64;

  void sweep() {
    for (auto i = callers_.begin(); i != callers_.end();) {
      size_ -= std::erase_if(i->second.by_key, [](const auto& x) { return x.second.what.expired(); });
      size_ -= std::erase_if(i->second.without_key, [](const auto& x) { return x.expired(); });
      const bool forget = i->second.size() == 0 && !i->second.watched; // A watched one stays until its end.
      i = forget ? callers_.erase(i) : std::next(i);
    }
    sweep_at_ = std::max(sweep_min, 2 * size_); // Each sweep is paid for by as many new entries as it looks at.
  }

  std::size_t size_max_;
  std::size_t size_ = 0;
  std::size_t sweep_at_ = sweep_min;
  std::unordered_map<Caller, of_caller, Hash> callers_;
};

} // namespace tripool
