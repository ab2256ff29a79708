// One pool's settings with another size.
#include "tripool/core/config/simple_pool.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace tripool {

std::optional<std::size_t> find_pool(const options& all, std::string_view name) noexcept {
  for (std::size_t i = 0; i < all.pools.size(); ++i)
    if (all.pools[i].name == name) return i;
  return std::nullopt;
}

std::vector<std::string_view> names_of(const options& all) {
  std::vector<std::string_view> out;
  for (const auto& p : all.pools) out.push_back(p.name);
  return out;
}

std::size_t simple_pool_server(const options& all, std::optional<std::size_t> last_writer) noexcept {
  assert(!all.pools.empty());
  if (const auto named = find_pool(all, all.simple.pool)) return *named;
  if (last_writer && *last_writer < all.pools.size()) return *last_writer;
  for (std::size_t i = 0; i < all.pools.size(); ++i)
    if (all.pools[i].enabled) return i;
  return 0;
}

pool_options simple_pool_settings(const options& all, std::size_t of) {
  assert(of < all.pools.size());
  auto out = all.pools[of];
  out.name = std::string{simple_pool_name};
  out.enabled = true;
  out.connections_min = std::min(all.simple.connections_min, all.simple.connections_max);
  out.connections_max = all.simple.connections_max;
  out.leases_max = 0; // All but one, whatever the size of the pool that it is made of allowed.
  out.queue_max = all.simple.queue_max;
  out.queue_wait_max = all.simple.queue_wait_max;
  return out;
}

} // namespace tripool
