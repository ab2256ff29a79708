// Idle first, most recently used first; then the least loaded; few before many; nobody behind a slow statement.
#include "tripool/core/pool/dispatch.hpp"

#include <algorithm>

namespace tripool {

namespace {

struct offer {
  std::uint32_t outstanding;
  std::uint64_t used;
  std::uint32_t index;
  bool spare; ///< Beyond those that are to be kept busy.
};

/// Heap order: the better offer is the greater one.
bool worse(const offer& x, const offer& y) noexcept {
  if (x.spare != y.spare) return x.spare;
  return x.outstanding != y.outstanding ? x.outstanding > y.outstanding : x.used < y.used;
}

/// Marks all but the first `width`: those that are busy already, then those used most recently.
void spare_others(std::vector<offer>& offers, std::size_t width) {
  if (offers.size() <= width) return;
  const auto first = [](const offer& x, const offer& y) {
    return x.outstanding != y.outstanding ? x.outstanding > y.outstanding : x.used > y.used;
  };
  const auto end_of_kept = offers.begin() + static_cast<std::ptrdiff_t>(width);
  std::nth_element(offers.begin(), end_of_kept, offers.end(), first);
  for (auto i = end_of_kept; i != offers.end(); ++i) i->spare = true;
}

/// What has not proved to be quick gets the least loaded of all: nothing is to wait behind it.
std::vector<offer>::iterator least_loaded(std::vector<offer>& offers) noexcept {
  return std::min_element(offers.begin(), offers.end(), [](const offer& x, const offer& y) {
    return x.outstanding != y.outstanding ? x.outstanding < y.outstanding : x.used > y.used;
  });
}

/// The best offer that has less than `depth` in hand.
std::vector<offer>::iterator best_below(std::vector<offer>& offers, std::size_t depth) noexcept {
  auto best = offers.end();
  for (auto i = offers.begin(); i != offers.end(); ++i)
    if (i->outstanding < depth && (best == offers.end() || worse(*best, *i))) best = i;
  return best;
}

/// How much one connection may have in hand after this plan. Reads go deeper when there are that many, and evenly: one
/// deep pipeline beside an empty one leaves a core of the server without work.
std::size_t deepest_for(std::span<const connection_load> loads, std::span<const dispatch_kind> waiting,
                        dispatch_depth depth, std::size_t width) noexcept {
  if (std::ranges::find(waiting, dispatch_kind::read) == waiting.end()) return depth.all;
  std::size_t all = waiting.size();
  std::size_t open = 0;
  for (const auto& x : loads) {
    if (x.stuck) continue;
    all += x.outstanding;
    ++open;
  }
  const auto kept = std::max<std::size_t>(std::min(width, open), 1);
  return std::clamp((all + kept - 1) / kept, depth.all, depth.reads);
}

} // namespace

void plan_dispatch(std::span<const connection_load> loads, std::span<const dispatch_kind> waiting, dispatch_depth depth,
                   std::vector<std::uint32_t>& order, std::size_t width) {
  order.clear();
  if (waiting.empty()) return;
  const auto deepest = deepest_for(loads, waiting, depth, width);
  std::vector<offer> offers;
  offers.reserve(loads.size());
  std::size_t busy = 0; // Full and stuck ones count: they are being kept busy.
  for (std::uint32_t i = 0; i < loads.size(); ++i) {
    if (!loads[i].stuck && loads[i].outstanding < deepest)
      offers.push_back({loads[i].outstanding, loads[i].used, i, false});
    else if (!loads[i].stuck)
      ++busy;
  }
  spare_others(offers, width - std::min(width, busy));
  std::make_heap(offers.begin(), offers.end(), worse);
  for (const auto kind : waiting) {
    if (offers.empty()) return;
    const auto limit = kind == dispatch_kind::read ? deepest : depth.all;
    const bool last = kind == dispatch_kind::unproven;
    if (!last && offers.front().outstanding < limit) { // As a rule.
      std::pop_heap(offers.begin(), offers.end(), worse);
      auto& best = offers.back();
      order.push_back(best.index);
      ++best.outstanding;
      if (best.outstanding < deepest)
        std::push_heap(offers.begin(), offers.end(), worse);
      else
        offers.pop_back();
      continue;
    }
    const auto best = last ? least_loaded(offers) : best_below(offers, limit);
    if (best == offers.end() || best->outstanding >= limit) return; // Nobody overtakes it.
    order.push_back(best->index);
    if (last || ++best->outstanding >= deepest) offers.erase(best);
    std::make_heap(offers.begin(), offers.end(), worse);
  }
}

bool wants_growth(std::span<const connection_load> loads, std::size_t waiting, std::size_t depth) noexcept {
  if (loads.empty()) return waiting > 0;
  std::size_t room = 0;
  bool idle = false;
  for (const auto& x : loads) {
    idle = idle || x.outstanding == 0;
    if (!x.stuck && x.outstanding < depth) room += depth - x.outstanding;
  }
  return !idle || waiting > room;
}

} // namespace tripool
