// The default configuration: three pools.
#include "tripool/core/config/options.hpp"

#include <utility>

namespace tripool {

options default_options() {
  options out;
  const auto add = [&](const char* name, std::size_t min, std::size_t max) {
    pool_options p;
    p.name = name;
    p.connections_min = min;
    p.connections_max = max;
    out.pools.push_back(std::move(p));
  };
  add("primary", 2, 10);
  add("backup", 1, 5);
  add("failover", 1, 5);
  return out;
}

} // namespace tripool
