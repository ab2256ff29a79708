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

} // namespace

void plan_dispatch(std::span<const connection_load> loads, std::size_t waiting, std::size_t depth,
                   std::vector<std::uint32_t>& order, const std::vector<bool>& unproven, std::size_t width) {
  order.clear();
  if (waiting == 0) return;
  std::vector<offer> offers;
  offers.reserve(loads.size());
  std::size_t busy = 0; // Full and stuck ones count: they are being kept busy.
  for (std::uint32_t i = 0; i < loads.size(); ++i) {
    if (!loads[i].stuck && loads[i].outstanding < depth)
      offers.push_back({loads[i].outstanding, loads[i].used, i, false});
    else if (!loads[i].stuck)
      ++busy;
  }
  spare_others(offers, width - std::min(width, busy));
  std::make_heap(offers.begin(), offers.end(), worse);
  while (order.size() < waiting && !offers.empty()) {
    const bool last = order.size() < unproven.size() && unproven[order.size()];
    if (last) {
      const auto best = least_loaded(offers);
      order.push_back(best->index);
      offers.erase(best);
      std::make_heap(offers.begin(), offers.end(), worse);
      continue;
    }
    std::pop_heap(offers.begin(), offers.end(), worse);
    auto& best = offers.back();
    order.push_back(best.index);
    ++best.outstanding;
    if (best.outstanding < depth)
      std::push_heap(offers.begin(), offers.end(), worse);
    else
      offers.pop_back();
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
