// Slots in a sorted vector: a pool has few connections, and ids only grow.
#include "tripool/core/pool/connection_table.hpp"

#include <algorithm>
#include <cassert>

namespace tripool {

connection_id connection_table::add(time_point now) {
  auto& s = slots_.emplace_back();
  s.id = ++last_id_;
  s.since = now;
  return s.id;
}

connection_slot* connection_table::find(connection_id id) noexcept {
  const auto i = std::lower_bound(slots_.begin(), slots_.end(), id, [](const auto& s, auto x) { return s.id < x; });
  return i != slots_.end() && i->id == id ? &*i : nullptr;
}

void connection_table::erase(connection_id id) noexcept {
  const auto* s = find(id);
  assert(s != nullptr);
  slots_.erase(slots_.begin() + (s - slots_.data()));
}

connection_counts connection_table::counts() const noexcept {
  connection_counts n;
  for (const auto& s : slots_) {
    if (s.state == slot_state::dialling)
      ++n.dialling;
    else if (s.state == slot_state::closing)
      ++n.closing;
    else if (s.lent)
      ++n.lent;
    else if (s.retiring)
      ++n.retiring;
    else if (s.idle())
      ++n.idle;
    else
      ++n.busy;
  }
  return n;
}

bool connection_table::any_open() const noexcept {
  return std::ranges::any_of(slots_, [](const connection_slot& s) { return s.state == slot_state::open; });
}

std::size_t connection_table::usable() const noexcept {
  std::size_t n = 0;
  for (const auto& s : slots_) n += s.usable() ? 1 : 0;
  return n;
}

std::size_t connection_table::outstanding() const noexcept {
  std::size_t n = 0;
  for (const auto& s : slots_) n += s.outstanding;
  return n;
}

} // namespace tripool
