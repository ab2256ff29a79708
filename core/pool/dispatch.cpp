// Idle first, most recently used first; then the least loaded; nobody behind a slow statement.
#include "tripool/core/pool/dispatch.hpp"

#include <algorithm>

namespace tripool {

namespace {

struct offer {
  std::uint32_t outstanding;
  std::uint64_t used;
  std::uint32_t index;
};

/// Heap order: the better offer is the greater one.
bool worse(const offer& x, const offer& y) noexcept {
  return x.outstanding != y.outstanding ? x.outstanding > y.outstanding : x.used < y.used;
}

} // namespace

void plan_dispatch(std::span<const connection_load> loads, std::size_t waiting, std::size_t depth,
                   std::vector<std::uint32_t>& order, const std::vector<bool>& unproven) {
  order.clear();
  if (waiting == 0) return;
  std::vector<offer> offers;
  offers.reserve(loads.size());
  for (std::uint32_t i = 0; i < loads.size(); ++i)
    if (!loads[i].stuck && loads[i].outstanding < depth) offers.push_back({loads[i].outstanding, loads[i].used, i});
  std::make_heap(offers.begin(), offers.end(), worse);
  while (order.size() < waiting && !offers.empty()) {
    std::pop_heap(offers.begin(), offers.end(), worse);
    auto& best = offers.back();
    const bool last = order.size() < unproven.size() && unproven[order.size()];
    order.push_back(best.index);
    ++best.outstanding;
    if (best.outstanding < depth && !last)
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
